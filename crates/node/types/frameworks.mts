// The middleware with the frameworks' own types.
import { createServer } from 'node:http'
import express from 'express'
import fastify from 'fastify'
import { Hono } from 'hono'
import { Authorizer } from 'gatewright'
import * as forExpress from 'gatewright/express'
import * as forFastify from 'gatewright/fastify'
import { protect as protectRequest } from 'gatewright/fetch'
import * as forHono from 'gatewright/hono'
import { decideUpgrade, protect } from 'gatewright/http'

const authorizer = Authorizer.fromFile('gatewright.toml', { onEvent: ({ kind, message }) => console.log(kind, message) })

express()
  .use(forExpress.gatewright(authorizer))
  .get('/', (req, res) => void res.send(req.gatewright.identity?.subject))

const app = fastify()
await app.register(forFastify.gatewright, { authorizer, direct: true })
app.get('/', async (request) => request.gatewright.identity?.groups)

new Hono<forHono.GatewrightEnv>()
  .use(forHono.gatewright(authorizer))
  .get('/', (c) => c.text(c.get('gatewright').identity?.subject ?? ''))

createServer(protect(authorizer, (req, res) => res.end(req.gatewright.identity?.subject), { direct: true }))

createServer().on('upgrade', async (req) => (await decideUpgrade(authorizer, req, { direct: true })).outcome)
forExpress.gatewright(authorizer, { caseInsensitive: true })

export async function fetch(request: Request): Promise<Response> {
  const guarded = await protectRequest(authorizer, request)
  if (guarded.response) return guarded.response
  return new Response(guarded.permit.identity?.subject ?? guarded.request.url)
}

// @ts-expect-error: an authorizer is needed
forExpress.gatewright()
