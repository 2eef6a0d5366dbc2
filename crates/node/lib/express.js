'use strict'
// Express: `app.use(gatewright(authorizer))`, before everything that it protects.

const { flag } = require('./arguments.js')
const { Guard, refuse, renew } = require('./middleware.js')

function gatewright(authorizer, options) {
  const guard = new Guard(authorizer, options)
  const isCaseInsensitive = flag(options?.caseInsensitive, 'caseInsensitive', false)
  return async function gatewright(req, res, next) {
    try {
      if (!isCaseInsensitive) checkCase(req.app)
      // `url` is cut where a router is mounted: a prefix would change what is decided.
      const { permit, answer } = await guard.decide(req, req.originalUrl)
      if (permit === undefined) return refuse(res, answer)
      req.gatewright = permit
      renew(res, permit)
    } catch (error) {
      return next(error)
    }
    next()
  }
}

/** Refuses an app, or one that it is mounted on, that takes `/ADMIN` to the handlers of `/admin`. */
function checkCase(app) {
  for (let at = app; at !== undefined; at = at.parent) {
    // A router is made at the first `app.use` and does not hear of the setting afterwards. Express 4 calls it `_router`.
    const { caseSensitive } = at._router ?? at.router
    if (at.enabled('case sensitive routing') && caseSensitive) continue
    throw new Error(
      "Express takes /ADMIN to the handlers of /admin, which other rules may decide: write app.enable('case sensitive routing') " +
        'before the first app.use (and caseSensitive: true for Routers), or pass { caseInsensitive: true } to the middleware ' +
        'when every rule of the policy has case = "insensitive"'
    )
  }
}

module.exports = { gatewright }
