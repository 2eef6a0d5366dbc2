'use strict'
// Node's own server: `createServer(protect(authorizer, (req, res) => …))`.

const { Guard, refuse, renew, requestOf } = require('./middleware.js')
const { invalidType } = require('./errors.js')

function protect(authorizer, handler, options) {
  if (typeof handler !== 'function') throw invalidType('handler', 'a function', handler)
  const guard = new Guard(authorizer, options)
  return async (req, res) => {
    let decided
    try {
      decided = await guard.decide(req, req.url)
    } catch (error) {
      process.emitWarning(`no decision: ${error?.message}`, 'GatewrightWarning')
      return refuse(res, { status: 503, headers: [['Cache-Control', 'no-store']] })
    }
    if (decided.permit === undefined) return refuse(res, decided.answer)
    req.gatewright = decided.permit
    renew(res, decided.permit)
    return handler(req, res)
  }
}

/** Decides on what no middleware sees, `upgrade` and `connect`. An allowed request has the permit's identity headers. */
async function decideUpgrade(authorizer, req, options) {
  const { decision } = await new Guard(authorizer, options).decide(req, req.url)
  return decision
}

module.exports = { protect, decideUpgrade, requestOf }
