// What the tests of middleware share: a policy, its session, and requests as bytes on a socket.
import { once } from 'node:events'
import { connect } from 'node:net'
import { Authorizer, Config } from '../lib/index.js'

export const policy = `
version = 1
[session]
keys = ["a key of the tests, which is 32 bytes or more"]
lifetime = "12h"
idle = "1h"
[login]
url = "https://login.example.com/start"
return_hosts = ["app.example.com"]
[identity_headers]
X-User = "subject"
X-Groups = "groups"
[http]
proxy_sets = { middleware = ["X-Forwarded-For"] }
[[rule]]
id = "health"
paths = ["/healthz"]
allow = "anyone"
[[rule]]
id = "office"
paths = ["/office/**"]
networks = ["192.0.2.0/24"]
allow = "anyone"
[[rule]]
id = "local"
paths = ["/local/**"]
networks = ["127.0.0.0/8"]
allow = "anyone"
[[rule]]
id = "admin"
paths = ["/admin/**"]
allow = { groups = ["admins"], credentials = ["session"] }
[[rule]]
id = "members"
allow = "authenticated"
`

export const authorizer = new Authorizer(Config.fromToml(policy))

/** A session of alice, sealed so many seconds ago. */
export function cookie(claims = {}, age = 0) {
  const now = Math.floor(Date.now() / 1000) - age
  const value = authorizer.sealSession({ subject: 'alice', groups: ['staff'], ...claims }, { now })
  return `${authorizer.sessionCookie}=${value}`
}

/** Sends a request's very bytes and gives status, headers and body of the answer. */
export async function send(port, target, lines = [], { method = 'GET', host = ['Host: app.example.com'] } = {}) {
  const socket = connect(port, '127.0.0.1')
  socket.end([`${method} ${target} HTTP/1.1`, ...host, ...lines, 'Connection: close', '', ''].join('\r\n'))
  let answer = ''
  socket.setEncoding('latin1').on('data', (data) => (answer += data))
  await once(socket, 'close')
  const [head, ...body] = answer.split('\r\n\r\n')
  const [status, ...fields] = head.split('\r\n')
  const headers = fields.map((field) => field.split(/: ?(.*)/s).slice(0, 2)).map(([name, value]) => [name.toLowerCase(), value])
  return { status: Number(status.split(' ')[1]), headers, body: body.join('\r\n\r\n'), all: (name) => headers.filter(([n]) => n === name).map(([, v]) => v) }
}

/** Starts a server of Node on a free port and stops it after the test. */
export async function listening(t, server) {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  return server.address().port
}
