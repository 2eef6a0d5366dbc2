import js from '@eslint/js'

const node = { Buffer: 'readonly', Headers: 'readonly', Request: 'readonly', Response: 'readonly', URL: 'readonly', clearTimeout: 'readonly', console: 'readonly', fetch: 'readonly', performance: 'readonly', process: 'readonly', setTimeout: 'readonly' }

export default [
  { ignores: ['native.cjs', 'node_modules/', '**/*.d.ts', 'types/'] },
  js.configs.recommended,
  {
    files: ['**/*.js'],
    languageOptions: { sourceType: 'commonjs', globals: { ...node, module: 'writable', require: 'readonly' } }
  },
  { files: ['**/*.mjs'], languageOptions: { sourceType: 'module', globals: node } },
  {
    rules: {
      eqeqeq: 'error',
      'no-implicit-coercion': ['error', { allow: [] }],
      'no-shadow': 'off',
      'no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      'no-var': 'error',
      'prefer-const': 'error',
      strict: ['error', 'global']
    }
  },
  { files: ['**/*.mjs'], rules: { strict: 'off' } }
]
