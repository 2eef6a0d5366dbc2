// A certified OpenID provider on loopback, for tests.
//
// Prints one JSON line when it is ready: {"issuer": …, "control": …}. PORT picks the provider's port (default: a free one).
//
// Clients: `machine` (secret `machine-secret`, client credentials) and `web` (secret `web-secret`, code + PKCE + refresh,
// logged in through the development forms). `resource=https://api.example/` gives an RS256 `at+jwt`, `…/es` ES256, `…/ed` Ed25519.
//
// The control address rotates the signing keys, one step a request, as a careful issuer does:
//   POST /publish   one new key per algorithm stands in /jwks; the old ones still sign
//   POST /promote   the new keys sign; the old ones still stand in /jwks
//   POST /retire    the old keys are gone
// Each answers {"published": [kid…], "signing": [kid…]}, GET / too.
import Provider, { errors } from 'oidc-provider'
import { generateKeyPairSync } from 'node:crypto'
import { createServer } from 'node:http'

const RESOURCES = { 'https://api.example/': 'RS256', 'https://api.example/es': 'ES256', 'https://api.example/ed': 'Ed25519' }

let generation = 0
let signing = newKeys()
let waiting = [] // published, not yet signing
let retiring = [] // published, no longer signing

const server = createServer()
const issuer = `http://127.0.0.1:${await listen(server, Number(process.env.PORT ?? 0))}`
let answer = provider()
server.on('request', (request, response) => answer(request, response))

const control = createServer((request, response) => {
  const known = { 'GET /': () => {}, 'POST /publish': publish, 'POST /promote': promote, 'POST /retire': retire }
  const step = known[`${request.method} ${request.url}`]
  response.setHeader('Content-Type', 'application/json')
  response.statusCode = step ? 200 : 404
  step?.()
  response.end(JSON.stringify({ published: published().map((key) => key.kid), signing: signing.map((key) => key.kid) }))
})
const controlPort = await listen(control, 0)

console.log(JSON.stringify({ issuer, control: `http://127.0.0.1:${controlPort}` }))

function publish() {
  waiting = newKeys()
  answer = provider()
}

function promote() {
  if (waiting.length === 0) return
  retiring = signing
  signing = waiting
  waiting = []
  answer = provider()
}

function retire() {
  retiring = []
  answer = provider()
}

// The provider signs with the first key that fits, so the order decides.
function published() {
  return [...signing, ...waiting, ...retiring]
}

// Keys are fixed when a provider is made: a rotation makes a new one of the same issuer. Its memory (grants, sessions) is shared.
function provider() {
  const made = new Provider(issuer, configuration(published()))
  made.on('server_error', (_, error) => console.error('server_error', error))
  made.on('grant.error', (_, error) => console.error('grant.error', error.message, error.error_description))
  return made.callback()
}

function configuration(keys) {
  return {
    clients: [
      {
        client_id: 'machine',
        client_secret: 'machine-secret',
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: [],
      },
      {
        client_id: 'web',
        client_secret: 'web-secret',
        grant_types: ['authorization_code', 'refresh_token'],
        redirect_uris: ['http://127.0.0.1:9999/cb'],
        response_types: ['code'],
        application_type: 'native', // allows the http loopback redirect
      },
    ],
    jwks: { keys },
    cookies: { keys: ['test-only'] },
    pkce: { required: () => true },
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'], groups: ['groups'] },
    enabledJWA: { idTokenSigningAlgValues: ['RS256', 'ES256', 'Ed25519'] },
    findAccount: (_, id) => ({
      accountId: id,
      claims: async () => ({ sub: id, email: `${id}@example.com`, email_verified: true, name: id, groups: ['staff'] }),
    }),
    features: {
      devInteractions: { enabled: true },
      clientCredentials: { enabled: true },
      introspection: { enabled: true },
      revocation: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => undefined,
        useGrantedResource: () => true,
        getResourceServerInfo: (_, resource) => {
          if (!(resource in RESOURCES)) throw new errors.InvalidTarget()
          return {
            scope: 'read write',
            audience: resource,
            accessTokenTTL: 300,
            accessTokenFormat: 'jwt',
            jwt: { sign: { alg: RESOURCES[resource] } },
          }
        },
      },
    },
    extraTokenClaims: () => ({ groups: ['staff'] }),
    ttl: { AccessToken: 300, ClientCredentials: 300, Grant: 3600, Session: 3600, Interaction: 600, IdToken: 300 },
    renderError: (context, out) => {
      context.type = 'json'
      context.body = out
    },
  }
}

function newKeys() {
  generation += 1
  return [
    newKey('rsa', { modulusLength: 2048 }, 'RS256', `r${generation}`),
    newKey('ec', { namedCurve: 'P-256' }, 'ES256', `e${generation}`),
    newKey('ed25519', {}, 'Ed25519', `d${generation}`),
  ]
}

function newKey(type, options, alg, kid) {
  return { ...generateKeyPairSync(type, options).privateKey.export({ format: 'jwk' }), alg, kid, use: 'sig' }
}

function listen(httpServer, port) {
  return new Promise((ready) => httpServer.listen(port, '127.0.0.1', () => ready(httpServer.address().port)))
}
