// The examples of both READMEs, in a project of their own that has installed the package.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { policy } from './service.mjs'

const examples = ['../README.md', '../../../README.md'].flatMap((page) => {
  const text = readFileSync(new URL(page, import.meta.url), 'utf8')
  return [...text.matchAll(/^```js\n(.*?)^```$/gms)].map(([, code]) => code)
})
const project = mkdtempSync(join(tmpdir(), 'gatewright-readme-'))
const run = (command, ...args) => spawnSync(command, args, { cwd: project, encoding: 'utf8', timeout: 120_000 })

before(() => {
  writeFileSync(join(project, 'package.json'), '{ "name": "project", "private": true, "type": "module" }')
  writeFileSync(join(project, 'gatewright.toml'), policy)
  const { status, stderr } = run('npm', 'install', '--offline', '--no-audit', '--no-fund', fileURLToPath(new URL('..', import.meta.url)))
  assert.equal(status, 0, stderr)
})

after(() => rmSync(project, { recursive: true }))

const said = [/^forward for null \[\]\n$/, /^listening\n$/, /^Set-Cookie: __Host-gatewright=v1\..*\nalice\n$/, /^401 credential_missing\n$/]

test('there is one expectation for each example', () => assert.equal(examples.length, said.length))

for (const [at, expected] of said.entries()) {
  test(`example ${at + 1} of the README does what it says`, () => {
    writeFileSync(join(project, 'example.mjs'), examples[at])
    const { status, stdout, stderr } = run(process.execPath, 'example.mjs')
    assert.deepEqual([status, expected.test(stdout)], [0, true], stdout + stderr)
  })
}
