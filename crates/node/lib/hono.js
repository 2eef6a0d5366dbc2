'use strict'
// Hono: `app.use(gatewright(authorizer))`, before everything that it protects.

const { Guard, connectionOf, isToRenew } = require('./middleware.js')
const { handed, protect, protectFrom, refusal } = require('./fetch.js')

function gatewright(authorizer, options) {
  const guard = new Guard(authorizer, options)
  return async function gatewright(c, next) {
    const { permit, request, response } = await decided(guard, authorizer, c)
    if (permit === undefined) return response
    c.req.raw = request
    c.set('gatewright', permit)
    await next()
    if (isToRenew(permit, c.res.headers.getSetCookie())) c.header('Set-Cookie', permit.renewedSession, { append: true })
  }
}

/** Decides on what arrived, where the server shows it (@hono/node-server does), and on the Request, unless it is the same. */
async function decided(guard, authorizer, c) {
  const incoming = c.env?.incoming
  const { raw } = c.req
  if (!Array.isArray(incoming?.rawHeaders)) {
    if (guard.isDirect) throw new TypeError('`direct` needs a server that shows its connection, such as @hono/node-server')
    return protect(authorizer, raw)
  }
  const { permit, forbidden, answer } = await guard.decide(incoming, incoming.url)
  if (permit === undefined) return { response: refusal(answer) }
  if (isThat(incoming, raw)) return { permit, request: handed(raw, permit, forbidden) }
  return protectFrom(authorizer, raw, guard.isDirect ? connectionOf(incoming.socket) : { forwarded: true })
}

/** Tells whether a Request is what arrived, and none that the application made, as for `app.fetch(new Request(…), c.env)`. */
function isThat({ method, url, headers }, request) {
  const { protocol, href } = new URL(request.url)
  return method === request.method && new URL(`${protocol}//${headers.host}${url}`).href === href
}

module.exports = { gatewright }
