// A service with Koa: who may do what stands in ../gatewright.toml.
import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'
import Koa from 'koa'
import { Authorizer } from 'gatewright'
import { gatewright } from 'gatewright/koa'

const authorizer = Authorizer.fromFile(fileURLToPath(new URL('../gatewright.toml', import.meta.url)))
const app = new Koa()
app.use(gatewright(authorizer))
app.use((ctx) => {
  const { identity } = ctx.state.gatewright
  if (ctx.path === '/healthz') ctx.body = 'well'
  else if (ctx.path === '/admin/') ctx.body = `${identity.subject} may do everything`
  else ctx.body = { user: identity.subject, header: ctx.get('X-User') }
})

export const server = createServer(app.callback())
if (import.meta.filename === process.argv[1]) server.listen(8080, '127.0.0.1')
