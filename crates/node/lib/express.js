'use strict'
// Express: `app.use(gatewright(authorizer))`, before everything that it protects.

const { Guard, refuse, renew } = require('./middleware.js')

function gatewright(authorizer, options) {
  const guard = new Guard(authorizer, options)
  return async function gatewright(req, res, next) {
    try {
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

module.exports = { gatewright }
