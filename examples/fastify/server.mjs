// A service with Fastify: who may do what stands in ../gatewright.toml.
import { fileURLToPath } from 'node:url'
import fastify from 'fastify'
import { Authorizer } from 'gatewright'
import { gatewright } from 'gatewright/fastify'

const authorizer = Authorizer.fromFile(fileURLToPath(new URL('../gatewright.toml', import.meta.url)))
const app = fastify()
await app.register(gatewright, { authorizer })
app.get('/healthz', async () => 'well')
app.get('/admin/', async (request) => `${request.gatewright.identity.subject} may do everything`)
app.all('/*', async (request) => ({ user: request.gatewright.identity.subject, header: request.headers['x-user'] }))

await app.ready()
export const { server } = app
if (import.meta.filename === process.argv[1]) await app.listen({ port: 8080, host: '127.0.0.1' })
