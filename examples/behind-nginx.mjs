// A test that every example has: the same requests, put to the service directly and through a real nginx that asks
// `gatewright serve`, get the same answer; and what nginx refuses never reaches the service.
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { createPrivateKey, sign } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Authorizer } from 'gatewright'

const here = (path) => fileURLToPath(new URL(path, import.meta.url))
const policy = here('gatewright.toml')
const binary = process.env.GATEWRIGHT_BINARY ?? here('../target/debug/gatewright')
const nginx = process.env.NGINX_BINARY ?? '/usr/sbin/nginx'

/** The private half of the key in gatewright.toml: for tests, and public like it. */
const key = createPrivateKey(readFileSync(here('issuer-key.pem')))

function token(claims) {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const now = Math.floor(Date.now() / 1000)
  const all = { iss: 'https://login.example.com', aud: 'app', iat: now, exp: now + 600, ...claims }
  const text = `${part({ alg: 'ES256', kid: 'example' })}.${part(all)}`
  return `${text}.${sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
}

function cookie(claims) {
  const authorizer = Authorizer.fromFile(policy, { watch: false, fetch: false, onEvent() {} })
  const value = `${authorizer.sessionCookie}=${authorizer.sealSession(claims)}`
  authorizer.close()
  return value
}

/** What is asked, and the status it gets. */
const cases = [
  { path: '/healthz', status: 200 },
  { path: '/healthz', method: 'POST', status: 401 },
  { path: '/reports?x=1', status: 401 },
  { path: '/reports', headers: { Cookie: cookie({ subject: 'alice', groups: ['staff'] }) }, status: 200, user: 'alice' },
  { path: '/reports', headers: { Authorization: `Bearer ${token({ sub: 'bob' })}` }, status: 200, user: 'bob' },
  { path: '/reports', headers: { Authorization: `Bearer ${token({ sub: 'bob', exp: 1 })}` }, status: 401 },
  { path: '/reports', headers: { Authorization: `Bearer ${token({ sub: 'bob', aud: 'other' })}` }, status: 401 },
  { path: '/admin/', headers: { Cookie: cookie({ subject: 'alice', groups: ['staff'] }) }, status: 403 },
  { path: '/admin/', headers: { Authorization: `Bearer ${token({ sub: 'bob', groups: ['staff'] })}` }, status: 403 },
  { path: '/admin/', headers: { Authorization: `Bearer ${token({ sub: 'root', groups: ['admins'] })}` }, status: 200 },
  { path: '/healthz/%2e%2e/admin/', headers: { Cookie: cookie({ subject: 'alice' }) }, status: 403 },
  { path: '/admin;x=1/', headers: { Cookie: cookie({ subject: 'alice' }) }, status: 403 },
  { path: '/reports', headers: { 'X-User': 'root', x_user: 'root', Cookie: cookie({ subject: 'alice' }) }, status: 200, user: 'alice' }
]

/** Tests a server that is not listening yet. */
export function decidesAlikeBehindNginx(server) {
  const folder = mkdtempSync(join(tmpdir(), 'gatewright-example-'))
  const [front, gate, back] = ['nginx', 'gate', 'service'].map((name) => join(folder, `${name}.sock`))
  const stops = []
  let reached = 0

  before(async () => {
    assert.ok(existsSync(nginx), `${nginx} is missing: install nginx`)
    assert.ok(existsSync(binary), `${binary} is missing: cargo build -p gatewright-http`)
    server.on('request', () => (reached += 1))
    server.listen(back)
    await once(server, 'listening')
    await startGate(gate, stops)
    startNginx(folder, { front, gate, back }, stops)
  })

  after(() => {
    for (const stop of stops.reverse()) stop()
    server.close()
    server.closeAllConnections()
    rmSync(folder, { recursive: true, force: true })
  })

  for (const asked of cases) {
    const { method = 'GET', path, status, user } = asked
    test(`${method} ${path} is ${status} in the service and behind nginx`, async () => {
      const direct = await send(back, asked)
      const before = reached
      const proxied = await send(front, asked)
      assert.deepEqual([direct.status, proxied.status], [status, status])
      assert.equal(reached - before, status === 200 ? 1 : 0, 'the service hears of what passes, and of nothing else')
      if (user !== undefined) for (const { body } of [direct, proxied]) assert.deepEqual(JSON.parse(body), { user, header: user })
    })
  }
}

async function startGate(socket, stops) {
  const gate = spawn(binary, ['serve', '--config', policy, '--listen', `unix:${socket}?mode=0660`], { stdio: ['ignore', 'pipe', 'ignore'] })
  stops.push(() => gate.kill('SIGTERM'))
  const said = []
  for await (const line of createInterface(gate.stdout)) {
    said.push(line)
    if (line.includes(socket)) {
      gate.stdout.resume()
      return
    }
  }
  assert.fail(`gatewright did not start:\n${said.join('\n')}`)
}

/** nginx forks once its sockets are open, so that it is ready when the call returns. */
function startNginx(folder, { front, gate, back }, stops) {
  const pid = join(folder, 'nginx.pid')
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`)
  writeFileSync(
    join(folder, 'nginx.conf'),
    `${process.getuid() === 0 ? 'user root;' : ''} # who may open the sockets below
pid ${pid};
error_log ${folder}/error.log;
events {}
http {
  access_log off;
  ${temporary.join(' ')}
  server {
    listen unix:${front};
    auth_request /auth/verify;
    auth_request_set $gate_user $upstream_http_x_user;
    auth_request_set $gate_groups $upstream_http_x_groups;
    location = /auth/verify {
      internal;
      proxy_pass http://unix:${gate}:/auth/verify;
      proxy_pass_request_body off;
      proxy_set_header Content-Length "";
      proxy_set_header Host $host;
      proxy_set_header X-Original-URI $request_uri;
      proxy_set_header X-Original-Method $request_method;
    }
    location / {
      proxy_set_header Host $host;
      proxy_set_header X-User $gate_user;
      proxy_set_header X-Groups $gate_groups;
      proxy_pass http://unix:${back};
    }
  }
}
`
  )
  const started = spawnSync(nginx, ['-p', folder, '-c', 'nginx.conf', '-e', `${folder}/error.log`], { encoding: 'utf8' })
  assert.equal(started.status, 0, started.stderr)
  stops.push(() => process.kill(Number(readFileSync(pid, 'utf8')), 'SIGTERM'))
}

async function send(socketPath, { method = 'GET', path, headers }) {
  const sent = request({ socketPath, method, path, headers: { Host: 'app.example.com', Connection: 'close', ...headers } })
  sent.end()
  const [answer] = await once(sent, 'response')
  let body = ''
  for await (const chunk of answer.setEncoding('utf8')) body += chunk
  return { status: answer.statusCode, body }
}
