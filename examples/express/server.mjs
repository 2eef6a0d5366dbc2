// A service with Express: who may do what stands in ../gatewright.toml.
import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'
import express from 'express'
import { Authorizer } from 'gatewright'
import { gatewright } from 'gatewright/express'

const authorizer = Authorizer.fromFile(fileURLToPath(new URL('../gatewright.toml', import.meta.url)))
const app = express()
app.enable('case sensitive routing')
app.use(gatewright(authorizer))
app.get('/healthz', (_req, res) => res.send('well'))
app.get('/admin/', (req, res) => res.send(`${req.gatewright.identity.subject} may do everything`))
app.use((req, res) => res.json({ user: req.gatewright.identity.subject, header: req.headers['x-user'] }))

export const server = createServer(app)
if (import.meta.filename === process.argv[1]) server.listen(8080, '127.0.0.1')
