// How the package is loaded.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'
import * as imported from 'gatewright'

const require = createRequire(import.meta.url)
const script = (text) => spawnSync(process.execPath, ['-e', text], { encoding: 'utf8', cwd: new URL('..', import.meta.url) })

test('import and require give the same classes, each by its name', () => {
  const required = require('gatewright')
  assert.deepEqual(Object.keys(required).sort(), Object.keys(imported).filter((name) => !['default', 'module.exports'].includes(name)).sort())
  for (const [name, value] of Object.entries(required)) assert.equal(imported[name], value, name)
})

test('every entry of the package loads from both kinds of modules', async () => {
  const entries = Object.keys(require('gatewright/package.json').exports).filter((entry) => entry !== './package.json')
  for (const entry of entries) {
    const name = entry.replace('.', 'gatewright')
    const [own, theirs] = [await import(name), require(name)]
    for (const key of Object.keys(theirs)) assert.equal(own[key], theirs[key], `${name} ${key}`)
  }
  assert.equal(entries.length, 7)
})

test('the package has no install script and no dependency', () => {
  const { scripts, dependencies = {} } = require('gatewright/package.json')
  assert.deepEqual(Object.keys(scripts).filter((name) => /install|prepare/.test(name)), [])
  assert.deepEqual(dependencies, {})
})

test('worker threads decide for themselves, and may be ended at any time', async () => {
  const text = `
    const { parentPort } = require('node:worker_threads')
    const { Authorizer, Config } = require(${JSON.stringify(require.resolve('gatewright'))})
    const authorizer = new Authorizer(Config.fromToml('version = 1\\n[[rule]]\\nid = "a"\\npaths = ["/a"]\\nallow = "anyone"'))
    const ask = () => authorizer.decide({ method: 'GET', host: 'a', path: '/a' }).code
    parentPort.postMessage(ask())
    setInterval(ask, 0)`
  const workers = Array.from({ length: 4 }, () => new Worker(text, { eval: true }))
  const codes = await Promise.all(workers.map((worker) => new Promise((resolve) => worker.once('message', resolve))))
  assert.deepEqual(codes, ['allowed', 'allowed', 'allowed', 'allowed'])
  assert.deepEqual(await Promise.all(workers.map((worker) => worker.terminate())), [1, 1, 1, 1])
})

test('a process ends with decisions, authorizers and threads still there', () => {
  const { status, stdout, stderr } = script(`
    const { Authorizer, Config } = require('gatewright')
    globalThis.kept = Array.from({ length: 200 }, () => new Authorizer(Config.fromObject({ version: 1 })).decide({ method: 'GET', host: 'a', path: '/' }))
    console.log(kept.at(-1).code)`)
  assert.deepEqual([status, stdout, stderr], [0, 'no_rule\n', ''])
})
