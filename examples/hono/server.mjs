// A service with Hono on Node.js: who may do what stands in ../gatewright.toml.
import { fileURLToPath } from 'node:url'
import { createAdaptorServer } from '@hono/node-server'
import { Authorizer } from 'gatewright'
import { gatewright } from 'gatewright/hono'
import { Hono } from 'hono'

const authorizer = Authorizer.fromFile(fileURLToPath(new URL('../gatewright.toml', import.meta.url)))
const app = new Hono()
app.use(gatewright(authorizer))
app.get('/healthz', (c) => c.text('well'))
app.get('/admin/', (c) => c.text(`${c.get('gatewright').identity.subject} may do everything`))
app.all('*', (c) => c.json({ user: c.get('gatewright').identity.subject, header: c.req.header('X-User') }))

export const server = createAdaptorServer(app)
if (import.meta.filename === process.argv[1]) server.listen(8080, '127.0.0.1')
