'use strict'
// Hono: `app.use(gatewright(authorizer))`, before everything that it protects.

const { Guard } = require('./middleware.js')
const { handed, protect, refusal } = require('./fetch.js')

function gatewright(authorizer, options) {
  const guard = new Guard(authorizer, options)
  return async function gatewright(c, next) {
    const { permit, request, response } = await decided(guard, authorizer, c)
    if (permit === undefined) return response
    c.req.raw = request
    c.set('gatewright', permit)
    await next()
    if (permit.renewedSession !== null) c.header('Set-Cookie', permit.renewedSession, { append: true })
  }
}

/** Decides on what arrived, where the server shows it (@hono/node-server does); else on the Request that was made of it. */
async function decided(guard, authorizer, c) {
  const incoming = c.env?.incoming
  if (!Array.isArray(incoming?.rawHeaders)) {
    if (guard.isDirect) throw new TypeError('`direct` needs a server that shows its connection, such as @hono/node-server')
    return protect(authorizer, c.req.raw)
  }
  const { permit, answer } = await guard.decide(incoming, incoming.url)
  if (permit === undefined) return { response: refusal(answer) }
  return { permit, request: handed(c.req.raw, permit, authorizer.identityHeaders) }
}

module.exports = { gatewright }
