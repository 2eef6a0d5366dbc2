// The middleware of every framework, in the real framework, asked over a socket.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { test } from 'node:test'
import { getRequestListener } from '@hono/node-server'
import express from 'express'
import fastify from 'fastify'
import { Hono } from 'hono'
import { methodOverride } from 'hono/method-override'
import Koa from 'koa'
import * as forExpress from '../lib/express.js'
import * as forFastify from '../lib/fastify.js'
import * as forHono from '../lib/hono.js'
import * as forHttp from '../lib/http.js'
import * as forKoa from '../lib/koa.js'
import { Authorizer, Config } from '../lib/index.js'
import { authorizer, cookie, listening, send } from './service.mjs'

/** The cookie that the service itself sets: at a logout, of the session's name. */
const own = (path) => (path === '/logout' ? authorizer.clearCookie : 'own=1')

/** What the service behind sees, as its answer. */
const shown = (permit, headers) => JSON.stringify({ subject: permit.identity?.subject ?? null, headers })

const frameworks = {
  express(options) {
    const app = express().enable('case sensitive routing')
    app.use('/', forExpress.gatewright(authorizer, options))
    app.use((req, res) => res.append('Set-Cookie', own(req.path)).send(shown(req.gatewright, req.headers)))
    return createServer(app)
  },
  async fastify(options) {
    const app = fastify()
    await app.register(forFastify.gatewright, { authorizer, ...options })
    app.all('*', (request, reply) => reply.header('Set-Cookie', own(request.url)).send(shown(request.gatewright, request.headers)))
    await app.ready()
    return app.server
  },
  koa(options) {
    const app = new Koa({ env: 'test' })
    app.use(forKoa.gatewright(authorizer, options))
    app.use((ctx) => {
      ctx.append('Set-Cookie', own(ctx.path))
      ctx.body = shown(ctx.state.gatewright, ctx.headers)
    })
    return createServer(app.callback())
  },
  hono(options) {
    const app = new Hono()
    app.use(forHono.gatewright(authorizer, options))
    app.all('*', (c) => {
      c.header('Set-Cookie', own(c.req.path), { append: true })
      return c.body(shown(c.get('gatewright'), Object.fromEntries(c.req.raw.headers)))
    })
    return createServer(getRequestListener(app.fetch))
  },
  http(options) {
    const handler = (req, res) => {
      res.appendHeader('Set-Cookie', own(req.url))
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

  test(`${name}: a logout is not undone by a renewed session`, async (t) => {
    const answer = await send(await serving(t), '/logout', [`Cookie: ${cookie({}, 1800)}`])
    const session = answer.all('set-cookie').filter((value) => value.startsWith(authorizer.sessionCookie))
    assert.deepEqual([answer.status, session.at(-1)], [200, authorizer.clearCookie])
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
  const app = express().enable('case sensitive routing')
  app.use('/admin', forExpress.gatewright(authorizer), (req, res) => res.send('in'))
  const port = await listening(t, createServer(app))
  assert.equal((await send(port, '/admin/healthz')).status, 401)
  assert.equal((await send(port, '/admin/healthz', [`Cookie: ${cookie({ groups: ['admins'] })}`])).status, 200)
})

test('express: an app that routes without regard to case is refused, unless that is said', async (t) => {
  const serving = async (app, options) => {
    app.use(forExpress.gatewright(authorizer, options), (req, res) => res.send('in'))
    app.use((error, req, res, next) => res.status(500).send(error.message ?? next))
    return app
  }
  const late = express().use((req, res, next) => next()).enable('case sensitive routing')
  const outer = express().use('/', await serving(express().enable('case sensitive routing')))
  for (const app of [await serving(express()), await serving(late), outer]) {
    const answer = await send(await listening(t, createServer(app)), '/healthz')
    assert.match(answer.body, /app\.enable\('case sensitive routing'\).*caseSensitive: true.*\{ caseInsensitive: true \}/)
  }
  const said = await serving(express(), { caseInsensitive: true })
  assert.equal((await send(await listening(t, createServer(said)), '/healthz')).body, 'in')
})

test('fastify: an application that routes without regard to case is refused, unless that is said', async () => {
  for (const options of [{ caseSensitive: false }, { routerOptions: { caseSensitive: false } }]) {
    await assert.rejects(async () => fastify(options).register(forFastify.gatewright, { authorizer }), /caseInsensitive: true/)
    await fastify(options).register(forFastify.gatewright, { authorizer, caseInsensitive: true })
  }
})

test('fastify: a path without a route is 401 before it is 404', async (t) => {
  const app = fastify()
  await app.register(forFastify.gatewright, { authorizer })
  await app.ready()
  const port = await listening(t, app.server)
  assert.deepEqual([(await send(port, '/none')).status, (await send(port, '/none', [`Cookie: ${cookie()}`])).status], [401, 404])
})

for (const name of ['express', 'koa', 'http']) {
  test(`${name}: a session's cookie that was set before the gate is not set again`, async (t) => {
    const server = await frameworks[name]()
    server.prependListener('request', (req, res) => res.setHeader('Set-Cookie', authorizer.clearCookie))
    const answer = await send(await listening(t, server), '/reports', [`Cookie: ${cookie({}, 1800)}`])
    assert.deepEqual(answer.all('set-cookie'), [authorizer.clearCookie, 'own=1'])
  })
}

test('fastify: a session\'s cookie that was set before the gate is not set again', async (t) => {
  const app = fastify()
  app.addHook('onRequest', async (request, reply) => void reply.header('Set-Cookie', authorizer.clearCookie))
  await app.register(forFastify.gatewright, { authorizer })
  app.get('/reports', async () => '')
  await app.ready()
  const answer = await send(await listening(t, app.server), '/reports', [`Cookie: ${cookie({}, 1800)}`])
  assert.deepEqual([answer.status, answer.all('set-cookie')], [200, [authorizer.clearCookie]])
})

/** A service whose posts nobody may delete, and which hands requests on to itself. */
async function posts(t, options) {
  const rule = [
    { id: 'delete', paths: ['/posts/**'], methods: ['DELETE'], deny: 'anyone' },
    { id: 'office', paths: ['/office'], networks: ['192.0.2.0/24'], allow: 'anyone' },
    { id: 'open', paths: ['/posts/**', '/batch'], allow: 'anyone' },
    { id: 'rest', deny: 'anyone' }
  ]
  const app = new Hono()
  app.use(methodOverride({ app, header: 'X-HTTP-Method-Override' }))
  app.use(forHono.gatewright(new Authorizer(Config.fromObject({ version: 1, http: { proxy_sets: { middleware: ['X-Forwarded-For'] } }, rule })), options))
  app.post('/batch', async (c) => app.fetch(new Request(c.req.header('X-Url'), { headers: { 'X-Forwarded-For': '192.0.2.7' } }), c.env))
  app.all('*', (c) => c.text(c.req.method))
  return listening(t, createServer(getRequestListener(app.fetch)))
}

test('hono: a method that was overridden before the gate is decided on, and so is the one that arrived', async (t) => {
  const port = await posts(t)
  const ask = async (method, lines) => (await send(port, '/posts/1', lines, { method })).status
  assert.deepEqual([await ask('POST'), await ask('DELETE')], [200, 403])
  assert.deepEqual([await ask('POST', ['X-HTTP-Method-Override: DELETE']), await ask('DELETE', ['X-HTTP-Method-Override: POST'])], [403, 403])
  assert.equal(await ask('POST', ['X-HTTP-Method-Override: PUT']), 200)
})

test('hono: a request that a handler made is decided on by its own method, host and target', async (t) => {
  const [behind, direct] = [await posts(t), await posts(t, { direct: true })]
  const ask = async (port, url) => (await send(port, '/batch', [`X-Url: ${url}`], { method: 'POST' })).status
  assert.deepEqual([await ask(behind, 'http://h.x/posts/1'), await ask(behind, 'http://h.x/admin')], [200, 403])
  assert.deepEqual([await ask(behind, 'http://h.x/posts/../admin'), await ask(direct, 'http://h.x/admin')], [403, 403])
  assert.deepEqual([await ask(behind, 'http://h.x/office'), await ask(direct, 'http://h.x/office')], [200, 403])
})

test('http: an upgrade is decided on by its own request, and no client writes its identity headers', async (t) => {
  const server = createServer().on('upgrade', async (req, socket) => {
    const { status } = await forHttp.decideUpgrade(authorizer, req)
    socket.end(`HTTP/1.1 ${status} Decided\r\nConnection: close\r\n\r\n${req.headers['x-user']} ${req.headers.x_user}`)
  })
  const port = await listening(t, server)
  const upgrade = ['Upgrade: websocket', 'Connection: Upgrade', 'X-User: root', 'X_User: root']
  assert.equal((await send(port, '/reports', upgrade)).status, 401)
  const answer = await send(port, '/reports', [...upgrade, `Cookie: ${cookie()}`])
  assert.deepEqual([answer.status, answer.body], [200, 'alice undefined'])
})

test('http: an upgrade without a proxy is decided on by its connection', async (t) => {
  const server = createServer().on('upgrade', async (req, socket) => {
    const { status } = await forHttp.decideUpgrade(authorizer, req, { direct: true })
    socket.end(`HTTP/1.1 ${status} Decided\r\nConnection: close\r\n\r\n`)
  })
  const lines = ['Upgrade: websocket', 'Connection: Upgrade', 'X-Forwarded-For: 192.0.2.7']
  const port = await listening(t, server)
  assert.deepEqual([(await send(port, '/local/', lines)).status, (await send(port, '/office/', lines)).status], [200, 401])
})

test('http: requestOf says what decide is asked', async (t) => {
  const server = createServer((req, res) => res.end(authorizer.decide(forHttp.requestOf(req)).code))
  assert.equal((await send(await listening(t, server), '/reports')).body, 'credential_missing')
})
