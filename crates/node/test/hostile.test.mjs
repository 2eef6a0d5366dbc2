// Values that no careful caller passes: each raises a clear error or is refused, and nothing ends the process.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Authorizer, Config, KeySet, Revocations, RootKey, attenuate, isNavigation } from '../lib/index.js'
import { authorizer, cookie } from './service.mjs'

const fine = { method: 'GET', host: 'app.example.com', path: '/reports', headers: [['Cookie', cookie()]] }
const wrongType = { name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' }
const wrongValue = { name: 'TypeError', code: 'ERR_INVALID_ARG_VALUE' }

/** Asks in every way there is. */
async function everyWay(request, expected) {
  for (const ask of ['decide', 'require', 'explain']) assert.throws(() => authorizer[ask](request), expected, ask)
  await assert.rejects(authorizer.decideAsync(request), expected)
  assert.throws(() => isNavigation(request), expected)
}

test('a request that is none is a TypeError', async () => {
  for (const request of [undefined, null, 'GET /', 5, Symbol('x'), () => {}, true]) await everyWay(request, wrongType)
})

test('a part of another type is a TypeError that names it', async () => {
  for (const part of ['method', 'host', 'path', 'client', 'scheme']) {
    for (const value of [5, Buffer.from('/'), ['/'], {}, Symbol('x'), new String('/')]) {
      await everyWay({ ...fine, [part]: value }, { ...wrongType, message: new RegExp(`^${part} must be `) })
    }
  }
  for (const part of ['method', 'host', 'path']) for (const value of [null, undefined]) await everyWay({ ...fine, [part]: value }, wrongType)
})

test('headers of another type are a TypeError', async () => {
  const wrong = ['Cookie: a', 5, Buffer.from('a'), [['Cookie']], [['Cookie', 5]], [['Cookie', null]], [[5, 'a']], ['Cookie', 5]]
  wrong.push({ cookie: 5 }, { cookie: ['a', null] }, { cookie: [['a']] }, { cookie: Buffer.from('a') }, [['Cookie', ['a', 'b']]], [null, 'a'])
  for (const headers of wrong) await everyWay({ ...fine, headers }, wrongType)
  await everyWay({ ...fine, headers: ['Cookie'] }, wrongValue)
})

test('a list in a record is several fields', () => {
  const twice = authorizer.decide({ ...fine, headers: { cookie: [cookie(), cookie({ subject: 'bob' })] } })
  assert.equal(twice.code, 'credential_ambiguous')
  assert.equal(authorizer.decide({ ...fine, headers: { COOKIE: [cookie()], 'x-none': undefined } }).code, 'allowed')
})

test('a character beyond U+00FF is an error and never cut', async () => {
  for (const text of ['/\u0100', '/\u{1f600}', '/\ud800', '/\udfff\n', '/\u012f..']) {
    await everyWay({ ...fine, path: text }, { ...wrongValue, message: /^path has a character beyond U\+00FF/ })
    await everyWay({ ...fine, headers: [['Cookie', text]] }, wrongValue)
    await everyWay({ ...fine, host: text, method: text }, wrongValue)
  }
})

test('a character up to U+00FF is one byte', () => {
  const { decision, explanation } = authorizer.explain({ ...fine, path: '/\xe9' })
  assert.deepEqual([decision.code, authorizer.decide({ ...fine, path: '/\xe9' }).code], ['request_malformed', 'request_malformed'])
  assert.ok(explanation.text.length > 0)
})

test('what parts the question is data like any other', () => {
  const control = Array.from({ length: 32 }, (_, at) => String.fromCharCode(at))
  for (const character of control) {
    assert.equal(authorizer.decide({ ...fine, path: `/healthz${character}` }).code, 'request_malformed')
    assert.equal(authorizer.decide({ ...fine, headers: [['Cookie', `a=1${character}x=y`]] }).code, 'credential_missing')
    assert.equal(authorizer.decide({ ...fine, method: `GET${character}https${character}b${character}/healthz` }).code, 'request_malformed')
  }
  assert.throws(() => authorizer.decide({ ...fine, path: `/${control.join('')}` }), wrongValue)
})

test('huge strings are refused', () => {
  const huge = 'a'.repeat(20_000_000)
  assert.equal(authorizer.decide({ ...fine, path: `/${huge}` }).code, 'request_malformed')
  assert.equal(authorizer.decide({ ...fine, headers: [['Cookie', `__Host-gatewright=${huge}`]] }).status, 401)
  assert.equal(authorizer.decide({ ...fine, method: huge }).code, 'request_malformed')
})

test('getters and proxies that throw raise what they throw', async () => {
  const own = new Error('a getter of their own')
  const throwing = (part) => Object.defineProperty({ ...fine }, part, { get: () => { throw own } })
  for (const part of ['method', 'path', 'headers', 'client', 'forwarded']) await everyWay(throwing(part), own)
  await everyWay(new Proxy(fine, { get: () => { throw own } }), own)
  await everyWay({ ...fine, headers: new Proxy({}, { ownKeys: () => { throw own } }) }, own)
  assert.equal(authorizer.decide(fine).code, 'allowed')
})

test('a proxy and a getter that ask in between are asked as any other', () => {
  const inner = { ...fine, headers: undefined }
  const request = { ...fine, get headers() { return authorizer.decide(inner).code === 'credential_missing' ? fine.headers : [] } }
  assert.equal(authorizer.decide(request).code, 'allowed')
  assert.equal(authorizer.decide(new Proxy(fine, {})).permit.identity.subject, 'alice')
  const nested = { ...fine, headers: { get cookie() { return authorizer.decide(inner).code === 'credential_missing' ? cookie() : '' } } }
  assert.equal(authorizer.decide(nested).code, 'allowed')
})

test('what a prototype holds is no header', () => {
  assert.equal(authorizer.decide({ ...fine, headers: Object.create({ cookie: cookie() }) }).code, 'credential_missing')
})

test('what a prototype holds is no part of a request', async (t) => {
  await everyWay(Object.create(fine), wrongType)
  const office = { ...fine, path: '/office/', headers: [] }
  const polluted = { client: '192.0.2.7', forwarded: true, headers: fine.headers, portlessHost: 5, proxySets: 5, scheme: 5 }
  t.after(() => Object.keys(polluted).forEach((part) => delete Object.prototype[part]))
  Object.assign(Object.prototype, polluted)
  assert.equal(authorizer.decide(office).code, 'client_address_unknown')
  assert.equal((await authorizer.decideAsync(office)).code, 'client_address_unknown')
  assert.equal(authorizer.explain({ ...office, path: '/reports', headers: undefined }).decision.code, 'credential_missing')
})

test('each part is read once, be it a getter', () => {
  const read = []
  const request = {}
  for (const [part, value] of Object.entries({ ...fine, client: '192.0.2.7', scheme: undefined })) {
    Object.defineProperty(request, part, { get: () => read.push(part) && value })
  }
  authorizer.decide(fine) // the names of the headers that count are known from here on
  assert.equal(authorizer.decide(request).code, 'allowed')
  assert.deepEqual(read.sort(), ['client', 'headers', 'host', 'method', 'path', 'scheme'])
})

test('a name that is a header only in lower case is an error', async () => {
  for (const name of ['coo\u212aie', 'Cook\u0130e', 'cooki\xe9']) {
    await everyWay({ ...fine, headers: [[name, cookie()]] }, { ...wrongValue, message: /no header name/ })
    await everyWay({ ...fine, headers: { [name]: '' } }, wrongValue)
  }
})

test('a name beyond ASCII that is like no header counts for nothing, and is an error where all headers count', () => {
  for (const name of ['x-\xe9', '\u0100', '\ud800']) {
    assert.equal(authorizer.decide({ ...fine, headers: { [name]: cookie() } }).code, 'credential_missing')
    assert.throws(() => authorizer.explain({ ...fine, headers: { [name]: '' } }), wrongValue)
  }
})

test('a time that is none is an error', async () => {
  for (const now of ['5', null, 5n, {}]) assert.throws(() => authorizer.decide(fine, { now }), wrongType)
  for (const now of [-1, 1.5, NaN, Infinity, 2 ** 53]) assert.throws(() => authorizer.decide(fine, { now }), wrongValue)
  for (const options of [null, 5, 'now']) await assert.rejects(authorizer.decideAsync(fine, options), wrongType)
})

test('a client that is no address is an error', () => {
  for (const client of ['', 'localhost', '192.0.2.7:80', '192.0.2.7/32', '::1%lo', '01.2.3.4']) {
    assert.throws(() => authorizer.decide({ ...fine, client }), wrongValue, client)
  }
  assert.equal(authorizer.decide({ ...fine, client: '::ffff:192.0.2.7' }).code, 'allowed')
})

test('policies, keys and lists of another type are errors', () => {
  for (const value of [undefined, null, 5, Buffer.from('version = 1'), ['version = 1']]) {
    assert.throws(() => Config.fromToml(value), wrongType)
    assert.throws(() => Config.fromObject(value), wrongType)
    assert.throws(() => KeySet.fromJson(value), wrongType)
    assert.throws(() => Revocations.fromJson(value), wrongType)
    assert.throws(() => new Authorizer(value), wrongType)
  }
  const cycle = {}
  cycle.cycle = cycle
  for (const value of [cycle, { version: 1n }]) assert.throws(() => Config.fromObject(value), wrongValue)
  assert.throws(() => Config.fromToml('\ud800'), wrongValue)
})

test('an object with the look of ours is not ours', () => {
  for (const fake of [{}, Object.create(Config.prototype), Object.create(KeySet.prototype)]) {
    assert.throws(() => new Authorizer(fake), wrongType)
    assert.throws(() => authorizer.withKeys('https://login.example.com', fake), wrongType)
    assert.throws(() => authorizer.withRevocations(fake), wrongType)
  }
  assert.throws(() => Object.create(Authorizer.prototype).decide(fine), TypeError)
})

test('claims of a session that are wrong are errors', () => {
  for (const claims of [undefined, null, 'alice', []]) assert.throws(() => authorizer.sealSession(claims), { name: 'TypeError' })
  for (const claims of [{}, { subject: 5 }, { subject: 'a', groups: 'staff' }, { subject: 'a', admin: true }, { subject: '\ud800' }]) {
    assert.throws(() => authorizer.sealSession(claims), { name: 'TypeError' })
  }
  assert.throws(() => authorizer.sealSession({ subject: 'a', name: 'n'.repeat(3000) }), { code: 'ERR_GATEWRIGHT_SEAL', name: 'SealError' })
})

test('raw addresses and tokens of any kind raise or are refused', () => {
  for (const value of [undefined, null, 5, {}]) {
    assert.throws(() => authorizer.returnAddress(value), wrongType)
    assert.throws(() => authorizer.inspectBiscuit(value), wrongType)
    assert.throws(() => attenuate(value), wrongType)
    assert.throws(() => RootKey.parse(value), wrongType)
  }
  assert.equal(authorizer.returnAddress('https://app.example.com/\ud800'), null)
  assert.throws(() => attenuate('none'), { code: 'ERR_GATEWRIGHT_BISCUIT' })
})

test('decisions cannot be changed', () => {
  const decision = authorizer.decide(fine)
  for (const value of [decision, decision.permit, decision.permit.identity, decision.permit.headers, decision.audit, decision.permit.identity.groups]) {
    assert.ok(Object.isFrozen(value))
  }
  assert.throws(() => { decision.outcome = 'forbid' }, TypeError)
  assert.throws(() => { decision.permit.identity.subject = 'root' }, TypeError)
})
