// The middleware of every framework, in the real framework, asked over a socket.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { test } from 'node:test'
import { getRequestListener } from '@hono/node-server'
import express from 'express'
import fastify from 'fastify'
import { Hono } from 'hono'
import Koa from 'koa'
import * as forExpress from '../lib/express.js'
import * as forFastify from '../lib/fastify.js'
import * as forHono from '../lib/hono.js'
import * as forHttp from '../lib/http.js'
import * as forKoa from '../lib/koa.js'
import { authorizer, cookie, listening, send } from './service.mjs'

/** What the service behind sees, as its answer. */
const shown = (permit, headers) => JSON.stringify({ subject: permit.identity?.subject ?? null, headers })

const frameworks = {
  express(options) {
    const app = express()
    app.use('/', forExpress.gatewright(authorizer, options))
    app.use((req, res) => res.append('Set-Cookie', 'own=1').send(shown(req.gatewright, req.headers)))
    return createServer(app)
  },
  async fastify(options) {
    const app = fastify()
    await app.register(forFastify.gatewright, { authorizer, ...options })
    app.all('*', (request, reply) => reply.header('Set-Cookie', 'own=1').send(shown(request.gatewright, request.headers)))
    await app.ready()
    return app.server
  },
  koa(options) {
    const app = new Koa({ env: 'test' })
    app.use(forKoa.gatewright(authorizer, options))
    app.use((ctx) => {
      ctx.append('Set-Cookie', 'own=1')
      ctx.body = shown(ctx.state.gatewright, ctx.headers)
    })
    return createServer(app.callback())
  },
  hono(options) {
    const app = new Hono()
    app.use(forHono.gatewright(authorizer, options))
    app.all('*', (c) => {
      c.header('Set-Cookie', 'own=1', { append: true })
      return c.body(shown(c.get('gatewright'), Object.fromEntries(c.req.raw.headers)))
    })
    return createServer(getRequestListener(app.fetch))
  },
  http(options) {
    const handler = (req, res) => {
      res.appendHeader('Set-Cookie', 'own=1')
      res.end(shown(req.gatewright, req.headers))
    }
    return createServer(forHttp.protect(authorizer, handler, options))
  }
}

for (const [name, start] of Object.entries(frameworks)) {
  const serving = async (t, options) => listening(t, await start(options))

  test(`${name}: a session passes, and the service learns whose it is`, async (t) => {
    const answer = await send(await serving(t), '/reports?x=1', [`Cookie: ${cookie()}`])
    const { subject, headers } = JSON.parse(answer.body)
    assert.deepEqual([answer.status, subject, headers['x-user'], headers['x-groups']], [200, 'alice', 'alice', 'staff'])
  })

  test(`${name}: without a credential it is 401, and a browser is sent to the login`, async (t) => {
    const port = await serving(t)
    const [script, browser] = [await send(port, '/reports'), await send(port, '/reports', ['Sec-Fetch-Mode: navigate'])]
    assert.deepEqual([script.status, script.all('www-authenticate'), script.body], [401, ['Bearer realm="gatewright"'], ''])
    const login = ['https://login.example.com/start?rd=https%3A%2F%2Fapp.example.com%2Freports']
    assert.deepEqual([browser.status, browser.all('location'), browser.all('cache-control')], [302, login, ['no-store']])
  })

  test(`${name}: no client writes identity headers, in any spelling`, async (t) => {
    const forged = ['X-User: root', 'x_user: root', 'X-GROUPS: admins', 'X_Groups: admins']
    const answer = await send(await serving(t), '/healthz', forged)
    const { headers } = JSON.parse(answer.body)
    const seen = Object.entries(headers).filter(([name]) => /user|groups/.test(name))
    assert.deepEqual(Object.fromEntries(seen), { 'x-user': '', 'x-groups': '' })
  })

  test(`${name}: a doubled Authorization is seen`, async (t) => {
    const lines = ['Authorization: Bearer a.b.c', 'Authorization: Bearer d.e.f', `Cookie: ${cookie()}`, `Cookie: ${cookie()}x`]
    assert.equal((await send(await serving(t), '/reports', lines)).status, 401)
  })

  test(`${name}: a renewed session is set beside the service's own cookie`, async (t) => {
    const answer = await send(await serving(t), '/reports', [`Cookie: ${cookie({}, 1800)}`])
    const names = answer.all('set-cookie').map((value) => value.split('=')[0])
    assert.deepEqual(names.sort(), ['__Host-gatewright', 'own'])
  })

  test(`${name}: a path with two meanings and a wrong group are 403, never a redirect`, async (t) => {
    const port = await serving(t)
    for (const target of ['/healthz/../admin', '/healthz/%2e%2e/admin', '//admin', '/admin', '/admin;x=1']) {
      const answer = await send(port, target, [`Cookie: ${cookie()}`, 'Sec-Fetch-Mode: navigate'])
      assert.deepEqual([answer.status, answer.body], [403, ''], target)
    }
  })

  test(`${name}: a target that is no path, or no one host, is refused`, async (t) => {
    const port = await serving(t)
    for (const target of ['http://app.example.com/healthz', '*', 'healthz']) {
      assert.ok([400, 403].includes((await send(port, target)).status), target)
    }
    for (const host of [[], ['Host: app.example.com', 'Host: b.example.com'], ['Host:']]) {
      assert.ok([400, 403].includes((await send(port, '/healthz', [], { host })).status), host.join())
    }
    assert.ok(!/^200/.test(String((await send(port, 'app.example.com:443', [], { method: 'CONNECT' })).status)))
  })

  test(`${name}: the client is who the proxy says, or with direct who is connected`, async (t) => {
    const [behind, direct] = [await serving(t), await serving(t, { direct: true })]
    const lines = ['X-Forwarded-For: 192.0.2.7']
    assert.equal((await send(behind, '/office/', lines)).status, 200)
    assert.equal((await send(behind, '/local/', lines)).status, 401)
    assert.equal((await send(direct, '/office/', lines)).status, 401)
    assert.equal((await send(direct, '/local/', lines)).status, 200)
  })

  test(`${name}: what goes wrong inside lets nothing pass`, async (t) => {
    t.mock.method(authorizer, 'decideAsync', async () => {
      throw new Error('a fault')
    })
    t.mock.method(process, 'emitWarning', () => {})
    t.mock.method(console, 'error', () => {})
    const answer = await send(await serving(t), '/healthz')
    assert.ok(answer.status >= 500 && !answer.body.includes('subject'), answer.body)
  })
}

test('express: mounting under a prefix does not change what is decided', async (t) => {
  const app = express()
  app.use('/admin', forExpress.gatewright(authorizer), (req, res) => res.send('in'))
  const port = await listening(t, createServer(app))
  assert.equal((await send(port, '/admin/healthz')).status, 401)
  assert.equal((await send(port, '/admin/healthz', [`Cookie: ${cookie({ groups: ['admins'] })}`])).status, 200)
})

test('fastify: a path without a route is 401 before it is 404', async (t) => {
  const app = fastify()
  await app.register(forFastify.gatewright, { authorizer })
  await app.ready()
  const port = await listening(t, app.server)
  assert.deepEqual([(await send(port, '/none')).status, (await send(port, '/none', [`Cookie: ${cookie()}`])).status], [401, 404])
})

test('http: an upgrade is decided on by its own request', async (t) => {
  const server = createServer().on('upgrade', async (req, socket) => {
    const { status } = await authorizer.decideAsync(forHttp.requestOf(req))
    socket.end(`HTTP/1.1 ${status} Decided\r\nConnection: close\r\n\r\n`)
  })
  const port = await listening(t, server)
  const upgrade = ['Upgrade: websocket', 'Connection: Upgrade']
  assert.equal((await send(port, '/reports', upgrade)).status, 401)
  assert.equal((await send(port, '/reports', [...upgrade, `Cookie: ${cookie()}`])).status, 200)
})
