// A fault of ours, forced: an ordinary exception, and the process goes on.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Authorizer, Config, InternalError, isNavigation } from '../lib/index.js'
import question from '../lib/question.js'
import { authorizer } from './service.mjs'

const request = { method: 'GET', host: 'app.example.com', path: '/reports', headers: [] }
const fault = { name: 'InternalError', code: 'ERR_GATEWRIGHT_INTERNAL', message: /fault of gatewright/ }
const { breaking } = question

test('a panic of the engine is an InternalError, and the next decision is made', () => {
  for (const ask of ['decide', 'require', 'explain']) {
    assert.throws(() => breaking('every', () => authorizer[ask](request)), fault)
    assert.equal(authorizer.decide(request).code, 'credential_missing')
  }
  assert.throws(() => breaking('every', () => isNavigation(request)), InternalError)
})

test('a panic in decideAsync is a rejection', async () => {
  await assert.rejects(breaking('every', () => authorizer.decideAsync(request)), fault)
  assert.equal((await authorizer.decideAsync(request)).code, 'credential_missing')
})

test('a panic on the thread that hashes passwords is a rejection', async () => {
  const secret = 'Basic YWxpY2U6c2VjcmV0'
  const htpasswd = 'alice:$2b$04$xPcmM9vdqLbpoORXbhCHYOfyXMXawPau/s46rD3AI7zajaqSk28GS'
  const policy = { version: 1, basic: [{ htpasswd }], rule: [{ id: 'members', allow: 'authenticated' }] }
  const users = new Authorizer(Config.fromObject(policy))
  const asked = { ...request, headers: { authorization: secret } }
  await assert.rejects(breaking('complete', () => users.decideAsync(asked)), fault)
  assert.equal((await users.decideAsync(asked)).permit.identity.subject, 'alice')
})
