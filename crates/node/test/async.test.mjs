// What decideAsync does off the event loop, and that it answers as decide does.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Authorizer, Config, Denied } from '../lib/index.js'
import { authorizer, cookie } from './service.mjs'

// The password is `secret`.
const htpasswd = 'alice:$2b$04$xPcmM9vdqLbpoORXbhCHYOfyXMXawPau/s46rD3AI7zajaqSk28GS'
const users = new Authorizer(Config.fromObject({ version: 1, basic: [{ htpasswd }], rule: [{ id: 'members', allow: 'authenticated' }] }))
const basic = (text) => ({ method: 'GET', host: 'a', path: '/', headers: { Authorization: `Basic ${Buffer.from(text).toString('base64')}` } })

test('a password is hashed on another thread, and remembered', async () => {
  const decisions = await Promise.all([basic('alice:secret'), basic('alice:wrong'), basic('bob:secret')].map((asked) => users.decideAsync(asked)))
  assert.deepEqual(decisions.map(({ code }) => code), ['allowed', 'password_incorrect', 'password_incorrect'])
  const [once, again] = [await users.decideAsync(basic('alice:secret')), users.decide(basic('alice:secret'))]
  assert.deepEqual([once.permit.identity.subject, again.permit.identity.subject], ['alice', 'alice'])
})

test('a header beyond those that count does no harm to what is hashed', async () => {
  const odd = { ...basic('alice:other'), headers: [...Object.entries(basic('alice:other').headers), ['X-Odd', 'a\nb\0c']] }
  assert.equal((await users.decideAsync(odd)).code, 'password_incorrect')
})

test('require gives the permit or throws the refusal, and so does requireAsync', async () => {
  const asked = { method: 'GET', host: 'app.example.com', path: '/reports', headers: { cookie: cookie() } }
  assert.equal(authorizer.require(asked).identity.subject, 'alice')
  assert.equal((await authorizer.requireAsync(asked)).identity.subject, 'alice')
  const refused = { ...asked, path: '/admin' }
  const denied = (error) => error instanceof Denied && error.status === 403 && error.decision.code === 'identity_not_allowed'
  assert.throws(() => authorizer.require(refused), denied)
  await assert.rejects(authorizer.requireAsync(refused), denied)
})
