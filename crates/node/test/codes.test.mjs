// One list of reason codes: the engine's, the module's, the types'.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { CODES, OUTAGES, REJECTIONS } from '../lib/index.js'

const read = (path) => readFileSync(new URL(path, import.meta.url), 'utf8')

test('the codes are those of the documentation, which the engine compares with its own', () => {
  const page = read('../../../docs/src/reference/reason-codes.md')
  const documented = [...page.matchAll(/^\| `([a-z_]+)`/gm)].map(([, code]) => code)
  assert.deepEqual([...CODES].sort(), ['allowed', ...documented.filter((code) => code !== 'allowed')].sort())
})

test('the types name every code and no other', () => {
  const written = union('Rejection', REJECTIONS) + '\n\n' + union('Outage', OUTAGES)
  const types = read('../lib/codes.d.ts').replaceAll(/^\/\*\*.*\*\/\n/gm, '')
  assert.ok(types.startsWith(written), `lib/codes.d.ts should begin with:\n${written}`)
})

const union = (name, codes) => `export type ${name} =\n${codes.map((code) => `  | '${code}'`).join('\n')}`
