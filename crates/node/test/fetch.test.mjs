// The Request of the WHATWG.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Hono } from 'hono'
import { protect } from '../lib/fetch.js'
import { gatewright } from '../lib/hono.js'
import { authorizer, cookie } from './service.mjs'

const request = (path, headers = {}) => new Request(`https://app.example.com${path}`, { headers })

test('a session passes and the request says whose it is', async () => {
  const { permit, request: handed, response } = await protect(authorizer, request('/reports', { cookie: cookie(), 'x-user': 'root', x_user: 'root' }))
  assert.deepEqual([permit.identity.subject, response], ['alice', undefined])
  assert.deepEqual([handed.headers.get('x-user'), handed.headers.get('x_user')], ['alice', null])
})

test('a refusal is a response', async () => {
  const { permit, response } = await protect(authorizer, request('/reports', { 'sec-fetch-mode': 'navigate' }))
  assert.deepEqual([permit, response.status], [undefined, 302])
  assert.match(response.headers.get('location'), /^https:\/\/login\.example\.com\/start\?rd=https%3A/)
})

test('two values of Authorization, joined on the way, are refused', async () => {
  const headers = new Headers([['authorization', 'Bearer a'], ['authorization', 'Bearer b']])
  const { response } = await protect(authorizer, request('/reports', headers))
  assert.equal(response.status, 401)
})

test('a Host that is not the host of the URL is refused', async () => {
  const asked = (host, url = 'https://app.example.com/healthz') => protect(authorizer, new Request(url, { headers: { host } }))
  for (const host of ['app.example.com', 'APP.example.com', 'app.example.com:443']) assert.ok((await asked(host)).permit, host)
  assert.ok((await asked('app.example.com:80', 'http://app.example.com/healthz')).permit)
  for (const host of ['b.example.com', 'app.example.com:80', 'app.example.com.', 'a@app.example.com', 'app.example.com/', '']) {
    assert.equal((await asked(host)).response?.status, 403, host)
  }
})

test('anything but an authorizer and a Request is a TypeError', async () => {
  for (const args of [[{}, request('/')], [authorizer, { url: 'https://app.example.com/' }], [authorizer, null]]) {
    await assert.rejects(protect(...args), { code: 'ERR_INVALID_ARG_TYPE' })
  }
})

test('Hono without a connection to show decides on its Request, and refuses to be direct', async () => {
  const app = new Hono()
  app.use(gatewright(authorizer))
  app.get('*', (c) => c.text(c.get('gatewright').identity.subject))
  const answer = await app.request('https://app.example.com/reports', { headers: { cookie: cookie() } })
  assert.deepEqual([answer.status, await answer.text()], [200, 'alice'])
  const direct = new Hono().use(gatewright(authorizer, { direct: true }))
  direct.onError((error, c) => c.text(error.message, 500))
  assert.equal((await direct.request('https://app.example.com/healthz')).status, 500)
})
