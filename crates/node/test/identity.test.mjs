// Sessions, biscuits and identities.
import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import { Authorizer, Config, RootKey, attenuate } from '../lib/index.js'
import { authorizer, cookie } from './service.mjs'

const request = { method: 'GET', host: 'app.example.com', path: '/reports' }
const now = 1767225600

test('a sealed session comes back as it was', () => {
  const claims = { subject: 'alice', email: 'a@example.com', name: 'Älice', groups: ['staff', 'b'], scopes: ['read'], acr: 'high', amr: ['otp'], authTime: now - 5, issuer: 'https://login.example.com' }
  const value = authorizer.sealSession(claims, { now })
  const { identity, renewedSession } = authorizer.require({ ...request, headers: { cookie: `${authorizer.sessionCookie}=${value}` } }, { now })
  assert.deepEqual({ ...identity.toJSON() }, { ...claims, credential: 'session' })
  assert.equal(renewedSession, null)
})

test('two sessions have two ids', () => {
  assert.notEqual(authorizer.sealSession({ subject: 'alice' }, { now }), authorizer.sealSession({ subject: 'alice' }, { now }))
})

test('cookies are set and cleared with the attributes of the policy', () => {
  assert.equal(authorizer.setCookie('v'), '__Host-gatewright=v; Path=/; Secure; HttpOnly; SameSite=Lax')
  assert.match(authorizer.clearCookie, /^__Host-gatewright=; .*Max-Age=0/)
  assert.deepEqual([authorizer.identityHeaders, authorizer.assertionKeys], [['X-Groups', 'X-User'], null])
})

test('decisions about different people are never shown as one another', () => {
  for (let at = 0; at < 300; at += 1) {
    const permit = authorizer.require({ ...request, headers: { cookie: cookie({ subject: `user-${at % 7}` }) } })
    assert.equal(permit.headers.find(([name]) => name === 'X-User')[1], permit.identity.subject)
    assert.equal(permit.identity.subject, `user-${at % 7}`)
  }
})

test('decisions that are kept for long stay what they were', () => {
  const ask = (at) => authorizer.decide({ ...request, path: at % 3 === 0 ? '/admin' : '/reports', headers: { cookie: cookie({ subject: `user-${at}` }) } })
  const kept = Array.from({ length: 3000 }, (_, at) => ask(at))
  for (const [at, decision] of kept.entries()) {
    const { code, rule, permit, audit } = decision
    const expected = at % 3 === 0 ? ['identity_not_allowed', 'admin', undefined] : ['allowed', 'members', `user-${at}`]
    assert.deepEqual([code, rule, permit?.identity.subject, audit.subject], [...expected, `user-${at}`])
  }
})

test('a biscuit is minted, narrowed, decided on and inspected', () => {
  const key = RootKey.parse(RootKey.generate().privateText)
  const identity = { subject: 'data($u) <- user($u)', groups: 'data($g) <- group($g)' }
  const policy = { version: 1, biscuit: [{ public_keys: [key.publicText], identity }], rule: [{ id: 'members', allow: 'authenticated' }] }
  const biscuits = new Authorizer(Config.fromObject(policy))
  const token = attenuate(key.mint({ subject: 'alice', groups: ['staff'] }), { methods: ['GET'], until: now + 60 })
  const ask = (method, at) => biscuits.decide({ ...request, method, headers: { authorization: `Bearer ${token}` } }, { now: at }).code
  assert.deepEqual([ask('GET', now), ask('POST', now), ask('GET', now + 61)], ['allowed', 'caveat_failed', 'caveat_failed'])
  assert.deepEqual(biscuits.inspectBiscuit(token).groups, ['staff'])
  assert.throws(() => biscuits.inspectBiscuit('none'), { name: 'BiscuitError' })
})

test('a policy is resolved by a function, from a folder, and complains with line and column', () => {
  const text = 'version = 1\n[session]\nkeys = ["env:KEY"]\nlifetime = "1h"\n'
  const config = Config.fromToml(text)
  assert.deepEqual(config.references, ['env:KEY'])
  const resolved = config.resolve((reference) => `${reference} ${'x'.repeat(32)}`)
  assert.equal(new Authorizer(resolved).sessionCookie, '__Host-gatewright')
  const own = new Error('their own')
  assert.throws(() => config.resolve(() => { throw own }), own)
  assert.throws(() => config.resolve(() => 5), { code: 'ERR_INVALID_ARG_TYPE' })
  assert.throws(() => config.resolve({ folder: '/nonexistent' }), { name: 'ConfigError', message: /KEY/ })
  assert.throws(() => Config.fromToml('version = 1\nrul = 1'), { line: 2, column: 1, detail: /did you mean/ })
})

test('a permit with an assertion is never shown as another', () => {
  const { privateKey } = generateKeyPairSync('ed25519')
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' })
  const policy = { version: 1, assertion: { header: 'X-Assertion', keys: [pem], lifetime: '60s', audience: 'host' }, rule: [{ id: 'open', paths: ['/'], allow: 'anyone' }] }
  const signing = new Authorizer(Config.fromObject(policy))
  assert.deepEqual(JSON.parse(signing.assertionKeys).keys.length, 1)
  const { headers } = signing.require({ ...request, path: '/' }, { now })
  assert.deepEqual(headers, [['X-Assertion', '']])
})
