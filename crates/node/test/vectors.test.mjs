// Every decision of vectors/, ordinary or an attack: the same files as the engine's own tests.
import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { test } from 'node:test'
import { Authorizer, Config, KeySet, Revocations } from '../lib/index.js'

const folder = new URL('../../../vectors/', import.meta.url)
/** What goes over the wire to the proxy's endpoint: it has no place where a request is handed over taken apart. */
const WIRE = ['raw_forward.json', 'raw_verify.json']
/** Those that ask for something other than a decision have tests of their own. */
const APART = ['forwarded_for.json', 'return_addresses.json', ...WIRE]

test('every decision is as its vector says', () => {
  assert.ok(decideAll('decisions') >= 1000)
})

test('every attack is refused or let pass as its vector says', () => {
  assert.ok(decideAll('attacks') >= 1200)
})

test('a client behind forwarded_for is who the vectors say', () => {
  const { cases } = read('attacks/forwarded_for.json')
  for (const { fields, trusted_hops: hops, client } of cases) {
    const text = (client ?? '192.0.2.255') + (client?.includes(':') ? '/128' : '/32')
    const authorizer = new Authorizer(
      Config.fromObject({
        version: 1,
        http: { trusted_hops: hops, proxy_sets: { middleware: ['X-Forwarded-For'] } },
        rule: [{ id: 'client', networks: [text], paths: ['/'], allow: 'anyone' }]
      })
    )
    const headers = fields.flatMap((field) => ['X-Forwarded-For', latin1(field)])
    const { code } = authorizer.decide({ method: 'GET', host: 'a', path: '/', headers, forwarded: true })
    assert.equal(code, client === null ? 'client_address_unknown' : 'allowed', JSON.stringify({ fields, hops, client }))
  }
  assert.ok(cases.length >= 100)
})

test('a login returns only where the vectors say', () => {
  const { config, cases } = read('attacks/return_addresses.json')
  const authorizer = new Authorizer(Config.fromToml(config))
  for (const { raw, address } of cases) assert.equal(authorizer.returnAddress(raw), address, raw)
  assert.ok(cases.length >= 400)
})

test('no file of vectors is left out', () => {
  const known = new Set([...APART, ...decided])
  for (const folder of ['decisions', 'attacks']) for (const file of files(folder)) assert.ok(known.has(file), file)
  for (const file of WIRE) assert.ok(read(`attacks/${file}`).cases.every(({ request }) => typeof request === 'string'))
})

const decided = new Set()

function decideAll(folder) {
  let count = 0
  const wrong = []
  for (const file of files(folder).filter((file) => !APART.includes(file))) {
    decided.add(file)
    const vectors = read(`${folder}/${file}`)
    for (const given of vectors.cases) {
      count += 1
      wrong.push(...differences(vectors, given).map((difference) => `${file}: ${given.name}: ${difference}`))
    }
  }
  console.log(`${count} vectors of ${folder}, ${wrong.length} differ`)
  assert.deepEqual(wrong, [])
  return count
}

function differences(vectors, given) {
  const authorizer = made(vectors, given)
  const options = { now: given.now ?? vectors.now }
  const request = asked(given.request)
  const first = seen(authorizer.decide(request, options))
  const others = {
    'decide once more': authorizer.decide(request, options),
    'decide a third time': authorizer.decide({ ...request, headers: request.headers.flat() }, options),
    explain: authorizer.explain(request, options).decision
  }
  const wrong = []
  for (const [name, decision] of Object.entries(others)) {
    if (JSON.stringify(seen(decision)) !== JSON.stringify(first)) wrong.push(`${name} says otherwise`)
  }
  for (const [member, expected] of Object.entries(given.expect)) {
    const got = first[member]
    if (JSON.stringify(sorted(got)) !== JSON.stringify(sorted(expected))) {
      wrong.push(`${member}: expected ${JSON.stringify(expected)}, came ${JSON.stringify(got)}`)
    }
  }
  return wrong
}

function made(vectors, given) {
  let authorizer = new Authorizer(Config.fromToml(vectors.config))
  const keys = given.keys ?? vectors.keys ?? {}
  for (const [issuer, jwks] of Object.entries(keys)) authorizer = authorizer.withKeys(issuer, KeySet.fromJson(jwks))
  const list = given.revocations ?? vectors.revocations
  return list === undefined ? authorizer : authorizer.withRevocations(Revocations.fromJson(list ?? 'null'))
}

function asked(request) {
  const headers = [
    ...(request.headers ?? []).map(([name, value]) => [latin1(name), latin1(value)]),
    ...(request.headers_base64 ?? []).map(([name, value]) => [latin1(name), Buffer.from(value, 'base64').toString('latin1')])
  ]
  const path = request.path_base64 === undefined ? latin1(request.path) : Buffer.from(request.path_base64, 'base64').toString('latin1')
  return {
    method: latin1(request.method ?? 'GET'),
    scheme: request.scheme,
    host: latin1(request.host ?? ''),
    path,
    headers,
    client: request.client,
    portlessHost: request.portless_host,
    proxySets: request.proxy_sets
  }
}

function seen(decision) {
  const { outcome, status, code, rule, permit, wantsKeys } = decision
  const identity = permit?.identity ?? null
  const { subject, email, name, groups, scopes, issuer, credential } = identity ?? {}
  return {
    outcome,
    status,
    code,
    rule,
    identity: identity && { subject, email, name, groups, scopes, issuer, credential },
    headers: permit?.headers ?? null,
    www_authenticate: decision.wwwAuthenticate ?? null,
    login_url: decision.loginUrl ?? null,
    renewed: (permit?.renewedSession ?? null) !== null,
    wants_keys: wantsKeys
  }
}

function sorted(value) {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
}

function latin1(text) {
  return Buffer.from(text, 'utf8').toString('latin1')
}

function files(name) {
  return readdirSync(new URL(name, folder)).sort()
}

function read(file) {
  return JSON.parse(readFileSync(new URL(file, folder), 'utf8'))
}
