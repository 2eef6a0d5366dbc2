'use strict'
// The Request of the WHATWG: `const { permit, request, response } = await protect(authorizer, request)`.
//
// Such a Request has lost what arrived: a repeated header is one field with commas, and the path was normalised. Where Node's
// own request is at hand, its middleware sees more.

const { Authorizer } = require('./authorizer.js')
const { invalidType } = require('./errors.js')
const { isNavigation } = require('./question.js')
const { spelled } = require('./middleware.js')

async function protect(authorizer, request) {
  if (!(authorizer instanceof Authorizer)) throw invalidType('authorizer', 'an Authorizer', authorizer)
  if (!(request instanceof Request)) throw invalidType('request', 'a Request', request)
  const url = new URL(request.url)
  const { method, headers } = request
  const asked = { method, host: headers.get('host') ?? url.host, path: url.pathname + url.search, headers, forwarded: true }
  const decision = await authorizer.decideAsync(asked)
  if (decision.outcome !== 'allow') {
    const response = refusal(decision.answer({ navigation: isNavigation(asked) }))
    return { permit: undefined, request: undefined, response }
  }
  const { permit } = decision
  return { permit, request: handed(request, permit, authorizer.identityHeaders), response: undefined }
}

/** The response of a refusal: without content, and without chunks to say so. */
function refusal({ status, headers }) {
  return new Response(null, { status, headers: [...headers, ['Content-Length', '0']] })
}

/** The request with the permit's identity headers, and none that the client wrote. */
function handed(request, permit, names) {
  if (names.length === 0) return request
  const forbidden = new Set(names.map(spelled))
  const headers = new Headers(request.headers)
  for (const name of [...headers.keys()]) if (forbidden.has(spelled(name))) headers.delete(name)
  for (const [name, value] of permit.headers) headers.set(name, value)
  return new Request(request, { headers })
}

module.exports = { protect, handed, refusal }
