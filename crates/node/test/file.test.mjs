// An authorizer from a file: it reloads, takes keys and lists by hand, fetches keys, and lets the process end.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { generateKeyPairSync, sign } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { protect as protectRequest } from '../lib/fetch.js'
import { protect } from '../lib/http.js'
import { Authorizer, KeySet, Revocations } from '../lib/index.js'
import { listening, send } from './service.mjs'

const request = { method: 'GET', host: 'app.example.com', path: '/a', headers: [] }
const policy = (path) => `version = 1\n[[rule]]\nid = "open"\npaths = ["${path}"]\nallow = "anyone"\n`
const withIssuer = (issuer, keys) => `version = 1
[[issuer]]
issuer = "${issuer}"
audiences = ["app"]
algorithms = ["EdDSA"]
keys = ${keys}
[[rule]]
id = "members"
allow = "authenticated"
`
const pair = generateKeyPairSync('ed25519')
const jwks = { keys: [{ ...pair.publicKey.export({ format: 'jwk' }), alg: 'EdDSA', kid: 'one', use: 'sig' }] }

function token(issuer) {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const claims = { iss: issuer, aud: 'app', sub: 'alice', jti: 'j1', iat: 1767225600, exp: 1767229200 }
  const text = `${part({ alg: 'EdDSA', kid: 'one' })}.${part(claims)}`
  return `${text}.${sign(null, Buffer.from(text), pair.privateKey).toString('base64url')}`
}

/** Writes a policy to a folder of its own and opens it; `next(kind)` waits for the next event of a kind. */
function opened(t, text, options = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'gatewright-'))
  const file = join(folder, 'gatewright.toml')
  writeFileSync(file, text)
  const [seen, waiting] = [[], new Map()]
  const onEvent = (event) => {
    seen.push(event)
    waiting.get(event.kind)?.(event)
  }
  const authorizer = Authorizer.fromFile(file, { onEvent, ...options })
  t.after(() => {
    authorizer.close()
    rmSync(folder, { recursive: true })
  })
  const next = (kind) => {
    const alive = setTimeout(() => {}, 60_000) // events alone keep no process alive
    return new Promise((resolve) => waiting.set(kind, resolve)).finally(() => clearTimeout(alive))
  }
  return { authorizer, file, next, seen }
}

test('a changed file is put in force, and headers that count from then on are read', async (t) => {
  const { authorizer, file, next } = opened(t, policy('/a'))
  assert.equal(authorizer.decide({ ...request, headers: { 'X-Team': 'red' } }).code, 'allowed')
  const reloaded = next('reloaded')
  writeFileSync(file, policy('/a').replace('allow =', 'headers = { x-team = ["blue"] }\nallow ='))
  assert.deepEqual([(await reloaded).isWarning], [false])
  assert.equal(authorizer.decide({ ...request, headers: { 'X-Team': 'red' } }).code, 'no_rule')
  assert.equal(authorizer.decide({ ...request, headers: { 'X-Team': 'blue' } }).code, 'allowed')
})

test('a bad file keeps the old policy and says why', (t) => {
  const { authorizer, file } = opened(t, policy('/a'), { watch: false })
  writeFileSync(file, 'version = 1\nrul = 1\n')
  const error = { name: 'ConfigError', code: 'ERR_GATEWRIGHT_CONFIG', line: 2, column: 1, detail: /did you mean/ }
  assert.throws(() => authorizer.reload(), error)
  assert.equal(authorizer.decide(request).code, 'allowed')
})

test('reload puts the file in force at once and returns its warnings', (t) => {
  const { authorizer, file } = opened(t, policy('/a'), { watch: false })
  writeFileSync(file, policy('/b') + policy('/b').replace('version = 1', '').replace('open', 'never'))
  assert.match(authorizer.reload().join(), /never/)
  assert.deepEqual([authorizer.decide(request).code, authorizer.warnings.length > 0], ['no_rule', true])
})

test('keys and revocations are taken by hand', (t) => {
  const issuer = 'https://login.example.com'
  const { authorizer } = opened(t, withIssuer(issuer, '{ discovery = true }'), { fetch: false })
  const asked = { ...request, headers: { authorization: `Bearer ${token(issuer)}` } }
  const code = () => authorizer.decide(asked, { now: 1767225700 }).code
  assert.equal(code(), 'keys_unavailable')
  authorizer.updateKeys(issuer, KeySet.fromJson(jwks))
  assert.equal(code(), 'allowed')
  authorizer.updateRevocations(Revocations.fromJson({ tokens: ['j1'] }))
  assert.equal(code(), 'revoked')
  assert.throws(() => authorizer.updateKeys('https://other.example.com', KeySet.fromJson(jwks)), { code: 'ERR_GATEWRIGHT_UNKNOWN_ISSUER' })
  assert.throws(() => authorizer.withKeys(issuer, KeySet.fromJson(jwks)), /changes in place/)
})

test('decideAsync waits for keys that are being fetched, and blocks nothing', async (t) => {
  let asked = 0
  const answers = []
  const server = createServer((_, res) => {
    asked += 1
    answers.push(() => res.setHeader('content-type', 'application/json').end(JSON.stringify(jwks)))
  })
  const issuer = `http://127.0.0.1:${await listening(t, server)}`
  const text = withIssuer(issuer, `{ jwks_url = "${issuer}/jwks" }`).replace('keys =', 'danger_http = true\nkeys =')
  const { authorizer } = opened(t, text)
  const question = { ...request, headers: ['Authorization', `Bearer ${token(issuer)}`] }
  const decisions = Promise.all([1, 2, 3].map(() => authorizer.decideAsync(question, { now: 1767225700 })))
  while (answers.length === 0) await new Promise((resolve) => server.once('request', resolve))
  for (const answer of answers) answer()
  assert.deepEqual((await decisions).map(({ code }) => code), ['allowed', 'allowed', 'allowed'])
  assert.deepEqual([asked, authorizer.ready], [1, true])
})

test('what is closed refuses, and those who wait are answered', async (t) => {
  const server = createServer(() => {}) // never answers
  const issuer = `http://127.0.0.1:${await listening(t, server)}`
  const text = withIssuer(issuer, `{ jwks_url = "${issuer}/jwks" }`).replace('keys =', 'danger_http = true\nkeys =')
  const { authorizer } = opened(t, text)
  const waiting = authorizer.decideAsync({ ...request, headers: { authorization: `Bearer ${token(issuer)}` } }, { now: 1767225700 })
  authorizer.close()
  assert.deepEqual([(await waiting).code, authorizer.closed, authorizer.decide(request).code], ['internal', true, 'internal'])
  assert.throws(() => authorizer.reload(), { name: 'GatewrightError' })
  server.closeAllConnections()
})

test('an authorizer keeps no process alive, and a listener that throws ends none', (t) => {
  const { file } = opened(t, policy('/a'))
  const script = `
    const { Authorizer } = require(${JSON.stringify(new URL('../lib/index.js', import.meta.url).pathname)})
    const { writeFileSync } = require('node:fs')
    const authorizer = Authorizer.fromFile(process.argv[1], { watch: false, onEvent() { throw new Error('their own') } })
    writeFileSync(process.argv[1], 'version = 1')
    authorizer.reload()
    setImmediate(() => setImmediate(() => console.log(authorizer.decide({ method: 'GET', host: 'a', path: '/a' }).code)))`
  const { status, stdout, stderr } = spawnSync(process.execPath, ['-e', script, file], { encoding: 'utf8', timeout: 60_000 })
  assert.deepEqual([status, stdout], [0, 'no_rule\n'], stderr)
})

const handsOn = (header) => `${policy('/a')}[identity_headers]\n${header} = "subject"\n`

/** Opens a policy that hands on X-User, and puts another in force while a decision waits. */
function reloadingMeanwhile(t, next) {
  const { authorizer, file } = opened(t, handsOn('X-User'), { watch: false, onEvent() {} })
  const { decideAsync } = authorizer
  t.mock.method(authorizer, 'decideAsync', async (...args) => {
    const decision = await decideAsync.apply(authorizer, args)
    writeFileSync(file, next)
    authorizer.reload()
    return decision
  })
  return authorizer
}

for (const [next, left] of [[handsOn('X-Remote'), undefined], [policy('/a'), 'root']]) {
  test(`a reload while a decision waits lets no client write an identity header (${left ? 'none' : 'another'} is left)`, async (t) => {
    const shown = (req, res) => res.end(JSON.stringify([req.headers['x-user'], req.headers['x-remote'], req.rawHeaders.includes('X_User')]))
    const port = await listening(t, createServer(protect(reloadingMeanwhile(t, next), shown)))
    const answer = await send(port, '/a', ['X-User: root', 'X_User: root', 'X-Remote: root'])
    assert.deepEqual(JSON.parse(answer.body), ['', left ?? null, false])
    const asked = new Request('https://app.example.com/a', { headers: { 'x-user': 'root', x_user: 'root', 'x-remote': 'root' } })
    const { headers } = (await protectRequest(reloadingMeanwhile(t, next), asked)).request
    assert.deepEqual(['x-user', 'x_user', 'x-remote'].map((name) => headers.get(name)), ['', null, left ?? null])
  })
}
