// What decideAsync does off the event loop, and that it answers as decide does.
import assert from 'node:assert/strict'
import { stat } from 'node:fs/promises'
import { test } from 'node:test'
import { Authorizer, Config, Denied, Indeterminate } from '../lib/index.js'
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

test('of too many passwords at once the last are overloaded, the others right, and files do not wait for them', async () => {
  const passwords = Array.from({ length: 300 }, (_, at) => (at % 3 === 0 ? 'alice:secret' : `user-${at}:wrong`))
  const ended = []
  const asked = passwords.map((text, at) => users.decideAsync({ ...basic(text), client: `10.0.${at >> 8}.${at & 255}` }).finally(() => ended.push(at)))
  const read = stat('.').then(() => ended.length)
  const decisions = await Promise.all(asked)
  assert.ok((await read) < 300)
  const right = passwords.map((text) => (text === 'alice:secret' ? 'allowed' : 'password_incorrect'))
  const codes = decisions.map(({ code }) => code)
  assert.deepEqual(codes.map((code, at) => (code === 'overloaded' ? right[at] : code)), right)
  assert.ok(codes.includes('overloaded') && codes.slice(0, 130).every((code) => code !== 'overloaded'))
})

test('overloaded is a decision like any other', async () => {
  const asked = (at) => users.decideAsync({ ...basic(`other-${at}:wrong`), client: `10.1.${at >> 8}.${at & 255}` })
  const decision = (await Promise.all(Array.from({ length: 140 }, (_, at) => asked(at)))).at(-1)
  assert.ok(decision instanceof Indeterminate && Object.isFrozen(decision))
  assert.deepEqual(decision.toJSON(), { outcome: 'indeterminate', status: 503, code: 'overloaded', rule: null })
  assert.deepEqual(decision.answer({ navigation: true }), { status: 503, headers: [['Cache-Control', 'no-store']] })
  const closed = new Authorizer(Config.fromObject({ version: 1 }))
  closed.close()
  const internal = closed.decide({ method: 'GET', host: 'a', path: '/' })
  for (const part of ['audit', 'shadows', 'wantsKeys', 'rule', 'status']) assert.deepEqual(decision[part], internal[part])
  assert.equal((await asked(0)).code, 'password_incorrect')
})

test('a password that waits for its turn is that of the request as it was', async () => {
  const before = Array.from({ length: 20 }, (_, at) => users.decideAsync({ ...basic(`more-${at}:wrong`), client: `10.2.0.${at}` }))
  const request = { ...basic('carol:wrong'), client: '10.2.1.1' }
  const decision = users.decideAsync(request)
  Object.assign(request, basic('alice:secret'))
  assert.equal((await decision).code, 'password_incorrect')
  await Promise.all(before)
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
