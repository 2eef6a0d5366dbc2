'use strict'
// The Request of the WHATWG: `const { permit, request, response } = await protect(authorizer, request)`.
//
// Such a Request has lost what arrived: a repeated header is one field with commas, and the path was normalised. Where Node's
// own request is at hand, its middleware sees more.

const { Authorizer } = require('./authorizer.js')
const { invalidType } = require('./errors.js')
const { decidedOn, spelled } = require('./middleware.js')

async function protect(authorizer, request) {
  if (!(authorizer instanceof Authorizer)) throw invalidType('authorizer', 'an Authorizer', authorizer)
  if (!(request instanceof Request)) throw invalidType('request', 'a Request', request)
  return protectFrom(authorizer, request, { forwarded: true })
}

/** The same, with what is known of scheme and client. */
async function protectFrom(authorizer, request, known) {
  const url = new URL(request.url)
  const { method, headers } = request
  const asked = { method, host: hostOf(url, headers.get('host')), path: url.pathname + url.search, headers, ...known }
  const { permit, forbidden, answer } = await decidedOn(authorizer, asked)
  if (permit === undefined) return { permit, request: undefined, response: refusal(answer) }
  return { permit, request: handed(request, permit, forbidden), response: undefined }
}

/** The one host of both the URL and the `Host` field; if they differ, a host that the engine refuses. */
function hostOf(url, field) {
  if (field === null) return url.host
  const port = url.protocol === 'https:' ? /:443$/ : /:80$/
  return field.toLowerCase().replace(port, '') === url.host ? field : ''
}

/** The response of a refusal: without content, and without chunks to say so. */
function refusal({ status, headers }) {
  return new Response(null, { status, headers: [...headers, ['Content-Length', '0']] })
}

/** The request with the permit's identity headers, and none that the client wrote. */
function handed(request, permit, forbidden) {
  if (forbidden.size === 0) return request
  const headers = new Headers(request.headers)
  for (const name of [...headers.keys()]) if (forbidden.has(spelled(name))) headers.delete(name)
  for (const [name, value] of permit.headers) headers.set(name, value)
  return new Request(request, { headers })
}

module.exports = { protect, protectFrom, handed, refusal }
