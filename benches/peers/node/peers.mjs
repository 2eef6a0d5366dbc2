// Measures decisions against what Node.js services use instead, side by side: `npm ci && node peers.mjs [ROUNDS]`.
// Each round measures both after one another, by the processor time they take; the ratio is the median of the rounds' ratios.
import { createHmac, generateKeyPairSync, randomBytes } from 'node:crypto'
import cookieSignature from 'cookie-signature'
import { createSigner, createVerifier } from 'fast-jwt'
import { sealData, unsealData } from 'iron-session'
import { Authorizer, Config } from '../../../crates/node/lib/index.js'

const ISSUER = 'https://login.example.com'
const ROUNDS = Number(process.argv[2] ?? 31)
const now = Math.floor(Date.now() / 1000)
const secret = randomBytes(32)

const kinds = {
  HS256: { mine: secret, theirs: secret },
  RS256: pair('rsa', { modulusLength: 2048 }),
  ES256: pair('ec', { namedCurve: 'P-256' }),
  EdDSA: pair('ed25519')
}

function pair(type, options) {
  const { privateKey, publicKey } = generateKeyPairSync(type, options)
  const pem = publicKey.export({ type: 'spki', format: 'pem' })
  return { key: privateKey.export({ type: 'pkcs8', format: 'pem' }), theirs: pem, jwk: publicKey.export({ format: 'jwk' }) }
}

function policy(algorithm, keys) {
  return Config.fromObject({
    version: 1,
    session: { keys: ['a key of the bench, which is 32 bytes or more'], lifetime: '12h' },
    issuer: [{ issuer: ISSUER, audiences: ['app'], algorithms: [algorithm], keys, claims: { groups: 'groups' } }],
    rule: [
      { id: 'health', paths: ['/healthz'], allow: 'anyone' },
      { id: 'members', hosts: ['app.example.com'], allow: 'authenticated' }
    ]
  })
}

function authorizer(algorithm) {
  const { jwk } = kinds[algorithm]
  if (jwk === undefined) return new Authorizer(policy(algorithm, { secret: `base64:${secret.toString('base64')}` }))
  return new Authorizer(policy(algorithm, { jwks: { keys: [{ ...jwk, alg: algorithm, use: 'sig' }] } }))
}

function tokens(algorithm, count) {
  const sign = createSigner({ algorithm, key: kinds[algorithm].key ?? secret, noTimestamp: true })
  const claims = { iss: ISSUER, aud: 'app', exp: now + 3600, iat: now, groups: ['staff', 'reports'], email: 'alice@example.com' }
  return Array.from({ length: count }, (_, at) => sign({ ...claims, sub: `user-${at}`, jti: `${at}-${Math.random()}` }))
}

/** A request as Node's server has it: what a service hands over. */
function request(headers) {
  const all = { Host: 'app.example.com', 'User-Agent': 'Mozilla/5.0 (X11; Linux x86_64)', Accept: '*/*', ...headers }
  return { method: 'GET', host: 'app.example.com', path: '/reports/7?x=1', headers: Object.entries(all).flat() }
}

function verifier(algorithm, cache) {
  return createVerifier({ key: kinds[algorithm].theirs, algorithms: [algorithm], allowedIss: ISSUER, allowedAud: 'app', cache })
}

async function compare(name, mine, theirs, times, target) {
  const [own, other] = [[], []]
  for (let round = -3; round < ROUNDS; round += 1) {
    const [a, b] = [await micros(mine, times, round), await micros(theirs, times, round)]
    if (round >= 0) {
      own.push(a)
      other.push(b)
    }
  }
  const ratios = own.map((each, at) => other[at] / each).sort((a, b) => a - b)
  const tenth = Math.floor(ratios.length / 10)
  const spread = `${ratios[tenth].toFixed(2)} to ${ratios.at(-1 - tenth).toFixed(2)}`
  const [what, against] = name.split(', ')
  const figures = [median(own), median(other), median(ratios)].map((figure) => figure.toFixed(2))
  console.log(`| ${[what, against, ...figures, spread, target].join(' | ')} |`)
}

async function micros(work, times, round) {
  const before = process.cpuUsage()
  const result = work(times, round)
  if (result instanceof Promise) await result
  const { user, system } = process.cpuUsage(before)
  return (user + system) / times
}

function median(list) {
  return list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)]
}

function allowed(decision) {
  if (decision.outcome !== 'allow' || decision.permit.identity === null) throw new Error(`refused: ${decision.code}`)
}

console.log('| what | against | gatewright µs | the other µs | times faster | 80 % of rounds | target |\n|---|---|---|---|---|---|---|')

{
  const [token] = tokens('ES256', 1)
  const [mine, theirs] = [authorizer('ES256'), verifier('ES256', true)]
  const flat = request({ Authorization: `Bearer ${token}` })
  const record = { ...flat, headers: { host: 'app.example.com', accept: '*/*', authorization: `Bearer ${token}` } }
  allowed(mine.decide(flat))
  for (const [name, asked] of [['rawHeaders', flat], ['a record', record]]) {
    const decide = (times) => {
      for (let at = 0; at < times; at += 1) if (mine.decide(asked).outcome !== 'allow') throw new Error('refused')
    }
    const verify = (times) => {
      for (let at = 0; at < times; at += 1) if (theirs(token).sub !== 'user-0') throw new Error('refused')
    }
    await compare(`remembered token as ${name}, fast-jwt with its cache`, decide, verify, 20000, '2, and 1.5 µs')
    const read = (times) => {
      for (let at = 0; at < times; at += 1) if (mine.decide(asked).permit.identity.subject !== 'user-0') throw new Error('refused')
    }
    await compare('the same and its subject, fast-jwt with its cache', read, verify, 20000, '')
  }
}

for (const [algorithm, times, target] of [['HS256', 2000, 3], ['RS256', 200, 1.4], ['ES256', 200, 1.2], ['EdDSA', 200, 2.2]]) {
  const [mine, theirs] = [authorizer(algorithm), verifier(algorithm, false)]
  // Every token is seen once.
  const all = tokens(algorithm, times * (ROUNDS + 3))
  const asked = all.map((token) => request({ Authorization: `Bearer ${token}` }))
  const slice = (list, round) => list.slice((round + 3) * times, (round + 4) * times)
  const decide = (_, round) => {
    for (const each of slice(asked, round)) if (mine.decide(each).outcome !== 'allow') throw new Error('refused')
  }
  const verify = (_, round) => {
    for (const token of slice(all, round)) if (!theirs(token).sub) throw new Error('refused')
  }
  await compare(`first ${algorithm}, fast-jwt`, decide, verify, times, target)
}

{
  const mine = authorizer('HS256')
  const cookie = `${mine.sessionCookie}=${mine.sealSession({ subject: 'alice', groups: ['staff'], email: 'alice@example.com' })}`
  const asked = request({ Cookie: cookie })
  allowed(mine.decide(asked))
  const decide = (times) => {
    for (let at = 0; at < times; at += 1) if (mine.decide(asked).outcome !== 'allow') throw new Error('refused')
  }
  const key = createHmac('sha256', secret).digest('hex')
  const signed = cookieSignature.sign(JSON.stringify({ sub: 'alice', groups: ['staff'], email: 'alice@example.com' }), key)
  const unsign = (times) => {
    for (let at = 0; at < times; at += 1) if (cookieSignature.unsign(signed, key) === false) throw new Error('refused')
  }
  await compare('session, cookie-signature', decide, unsign, 20000, 5)
  const sealed = await sealData({ sub: 'alice', groups: ['staff'], email: 'alice@example.com' }, { password: key })
  const unseal = async (times) => {
    for (let at = 0; at < times; at += 1) if ((await unsealData(sealed, { password: key })).sub !== 'alice') throw new Error('refused')
  }
  await compare('session, iron-session', decide, unseal, 200, 300)
}
