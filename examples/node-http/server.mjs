// A service with Node's own server: who may do what stands in ../gatewright.toml.
import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'
import { Authorizer } from 'gatewright'
import { protect } from 'gatewright/http'

const authorizer = Authorizer.fromFile(fileURLToPath(new URL('../gatewright.toml', import.meta.url)))

function handler(req, res) {
  const { identity } = req.gatewright
  const [path] = req.url.split('?')
  if (path === '/healthz') res.end('well')
  else if (path === '/admin/') res.end(`${identity.subject} may do everything`)
  else res.end(JSON.stringify({ user: identity.subject, header: req.headers['x-user'] }))
}

export const server = createServer(protect(authorizer, handler))
if (import.meta.filename === process.argv[1]) server.listen(8080, '127.0.0.1')
