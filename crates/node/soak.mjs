// Eight threads decide while keys and policies change: every answer is checked, and memory must not grow.
// `node soak.mjs [seconds]`
import { generateKeyPairSync, sign } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads'
import { Authorizer, KeySet } from './lib/index.js'

const THREADS = 8
const ISSUER = 'https://login.example.com'
/** More than the allocator and the collector swing by; far less than seconds of leaked decisions. */
const MAX_GROWTH = 64 * 1024 * 1024

function policy(header) {
  return `version = 1
[session]
keys = ["a key of the soak, which is 32 bytes or more"]
lifetime = "12h"
[[issuer]]
issuer = "${ISSUER}"
audiences = ["app"]
algorithms = ["EdDSA"]
keys = { discovery = true }
[identity_headers]
X-${header} = "subject"
[[rule]]
id = "closed"
paths = ["/**"]
headers = { x-${header} = ["closed"] }
deny = "anyone"
[[rule]]
id = "open"
paths = ["/open"]
allow = "anyone"
[[rule]]
id = "members"
allow = "authenticated"
`
}

function pair() {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  return { privateKey, jwks: { keys: [{ ...publicKey.export({ format: 'jwk' }), alg: 'EdDSA', kid: 'k', use: 'sig' }] } }
}

function token(privateKey, subject) {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const exp = Math.floor(Date.now() / 1000) + 3600
  const text = `${part({ alg: 'EdDSA', kid: 'k' })}.${part({ iss: ISSUER, aud: 'app', sub: subject, iat: exp - 3600, exp })}`
  return `${text}.${sign(null, Buffer.from(text), privateKey).toString('base64url')}`
}

if (isMainThread) await main(Number(process.argv[2] ?? 10))
else await work(workerData)

async function main(seconds) {
  const folder = mkdtempSync(join(tmpdir(), 'gatewright-soak-'))
  try {
    const workers = Array.from({ length: THREADS }, (_, at) => new Worker(new URL(import.meta.url), { workerData: { folder, at, seconds } }))
    const done = Promise.all(workers.map(async (worker) => (await once(worker, 'message'))[0]))
    // Once when everything is warm, and once before the threads end and give theirs back.
    const [before, after] = [resident(seconds * 400), resident(seconds * 900)]
    const counts = await done
    report(counts, await before, await after)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

async function resident(milliseconds) {
  await new Promise((resolve) => setTimeout(resolve, milliseconds))
  return process.memoryUsage.rss()
}

function report(counts, before, after) {
  const sum = (member) => counts.reduce((total, count) => total + count[member], 0)
  const mebibytes = (bytes) => `${(bytes / 1024 / 1024).toFixed(1)} MiB`
  console.log(`${sum('decisions')} decisions, ${sum('changes')} changes, ${sum('wrong')} wrong; ${mebibytes(before)} then ${mebibytes(after)}`)
  if (sum('wrong') > 0 || sum('decisions') === 0 || sum('changes') === 0) throw new Error('wrong answers')
  if (after - before > MAX_GROWTH) throw new Error('memory grew')
}

async function work({ folder, at, seconds }) {
  const file = join(folder, `${at}.toml`)
  const keys = [pair(), pair()]
  const counts = { decisions: 0, changes: 0, wrong: 0 }
  const check = (decision, code, subject) => {
    counts.decisions += 1
    if (decision.code !== code || (decision.permit?.identity?.subject ?? null) !== subject) counts.wrong += 1
  }
  writeFileSync(file, policy('red'))
  const authorizer = Authorizer.fromFile(file, { watch: false, fetch: false, onEvent() {} })
  const cookie = `${authorizer.sessionCookie}=${authorizer.sealSession({ subject: 'carol' })}`
  const tokens = keys.map(({ privateKey }) => token(privateKey, 'alice'))
  const ask = (path, headers) => ({ method: 'GET', host: 'app.example.com', path, headers })
  for (const end = Date.now() + seconds * 1000; Date.now() < end; counts.changes += 2) {
    const turn = (counts.changes / 2) % 2
    const colour = ['red', 'blue'][turn]
    writeFileSync(file, policy(colour))
    authorizer.reload()
    authorizer.updateKeys(ISSUER, KeySet.fromJson(keys[turn].jwks))
    for (let round = 0; round < 50; round += 1) {
      check(authorizer.decide(ask('/open', [])), 'allowed', null)
      check(authorizer.decide(ask('/a', { cookie })), 'allowed', 'carol')
      check(authorizer.decide(ask('/a', ['Authorization', `Bearer ${tokens[turn]}`])), 'allowed', 'alice')
      check(await authorizer.decideAsync(ask('/a', { authorization: `Bearer ${tokens[1 - turn]}` })), 'signature_invalid', null)
      check(authorizer.decide(ask('/open', { [`X-${colour}`]: 'closed' })), 'rule_denied', null)
      check(authorizer.decide(ask('/open', { [`X-${colour === 'red' ? 'blue' : 'red'}`]: 'closed' })), 'allowed', null)
    }
    await setImmediate()
  }
  authorizer.close()
  parentPort.postMessage(counts)
}
