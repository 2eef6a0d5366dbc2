'use strict'
// What every server's middleware does: a request is made of what arrived, a refusal is answered, an allow is handed on.

const { Authorizer } = require('./authorizer.js')
const { flag } = require('./arguments.js')
const { invalidType } = require('./errors.js')
const { isNavigation } = require('./question.js')

/** Decides on the requests that Node's own server received; the middleware of each framework holds one. */
class Guard {
  #authorizer
  #direct

  constructor(authorizer, options = {}) {
    if (!(authorizer instanceof Authorizer)) throw invalidType('authorizer', 'an Authorizer', authorizer)
    if (typeof options !== 'object' || options === null) throw invalidType('options', 'an object', options)
    this.#authorizer = authorizer
    this.#direct = flag(options.direct, 'direct', false)
  }

  get isDirect() {
    return this.#direct
  }

  /**
   * Decides on a request of Node's server. `target` is what stood in the request line, whatever a framework made of it.
   * Gives the permit, and has rid the request of identity headers that the client wrote; or the answer of a refusal.
   */
  async decide(req, target) {
    const decided = await decidedOn(this.#authorizer, requestOf(req, { target, direct: this.#direct }))
    if (decided.permit !== undefined) hand(req, decided.permit, decided.forbidden)
    return decided
  }
}

/**
 * Decides, and says what no client may write. A reload may come while the decision waits: the identity headers of the policy
 * before and of that after count, and those of the permit.
 */
async function decidedOn(authorizer, request) {
  const before = authorizer.identityHeaders
  const decision = await authorizer.decideAsync(request)
  if (decision.outcome !== 'allow') return { decision, answer: decision.answer({ navigation: isNavigation(request) }) }
  const { permit } = decision
  const names = [...before, ...authorizer.identityHeaders, ...permit.headers.map(([name]) => name)]
  return { decision, permit, forbidden: new Set(names.map(spelled)) }
}

/** The request that arrived, to be decided on. `target` is what stood in the request line. */
function requestOf(req, { target = req.url, direct = false } = {}) {
  const { method, rawHeaders: headers, socket } = req
  return { method, host: hostOf(headers), path: target, headers, ...(direct ? connectionOf(socket) : { forwarded: true }) }
}

/** Scheme and client of whoever is connected. */
function connectionOf(socket) {
  // A zone says on which link an address is, and is no part of it.
  return { scheme: socket.encrypted ? 'https' : 'http', client: socket.remoteAddress?.replace(/%.*$/, '') }
}

/** The host of the one `Host` field; of none or several, a host that the engine refuses. */
function hostOf(rawHeaders) {
  let host
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]
    if (name.length !== 4 || name.toLowerCase() !== 'host') continue
    if (host !== undefined) return ''
    host = rawHeaders[at + 1]
  }
  return host ?? ''
}

/** Takes from the request every field that has a forbidden name, and adds those of the permit. */
function hand(req, permit, forbidden) {
  if (forbidden.size === 0) return
  for (const name of Object.keys(req.headers)) if (forbidden.has(spelled(name))) delete req.headers[name]
  const kept = []
  for (let at = 0; at < req.rawHeaders.length; at += 2) {
    if (!forbidden.has(spelled(req.rawHeaders[at]))) kept.push(req.rawHeaders[at], req.rawHeaders[at + 1])
  }
  for (const [name, value] of permit.headers) {
    req.headers[name.toLowerCase()] = value
    kept.push(name, value)
  }
  req.rawHeaders = kept
  // Node makes this of the raw headers when it is first asked for, which may have happened.
  req.headersDistinct = distinct(kept)
}

/** `-` and `_` are one: CGI, WSGI and others turn both into the same name. */
function spelled(name) {
  return name.toLowerCase().replaceAll('_', '-')
}

function distinct(rawHeaders) {
  const found = { __proto__: null }
  for (let at = 0; at < rawHeaders.length; at += 2) (found[rawHeaders[at].toLowerCase()] ??= []).push(rawHeaders[at + 1])
  return found
}

/** Appends the renewed session to a response of Node's server, beside the cookies that are there. */
function renew(res, permit) {
  if (isToRenew(permit, res.getHeader('Set-Cookie'))) res.appendHeader('Set-Cookie', permit.renewedSession)
}

/** Tells whether there is a renewed session to set, and no cookie of its name among those that the application has set. */
function isToRenew({ renewedSession }, cookies = []) {
  if (renewedSession === null) return false
  return ![cookies].flat().some((cookie) => nameOf(cookie) === nameOf(renewedSession))
}

function nameOf(cookie) {
  return String(cookie).split('=', 1)[0].trim()
}

/** Answers a refusal on a response of Node's server. */
function refuse(res, { status, headers }) {
  res.statusCode = status
  for (const [name, value] of headers) res.setHeader(name, value)
  res.setHeader('Content-Length', '0')
  res.end()
}

module.exports = { Guard, connectionOf, decidedOn, isToRenew, refuse, renew, requestOf, spelled }
