'use strict'
// Koa: `app.use(gatewright(authorizer))`, before everything that it protects.

const { Guard, renew } = require('./middleware.js')

function gatewright(authorizer, options) {
  const guard = new Guard(authorizer, options)
  return async function gatewright(ctx, next) {
    const { permit, answer } = await guard.decide(ctx.req, ctx.originalUrl)
    if (permit === undefined) {
      ctx.status = answer.status
      for (const [name, value] of answer.headers) ctx.set(name, value)
      ctx.body = ''
      return
    }
    ctx.state.gatewright = permit
    renew(ctx.res, permit)
    await next()
  }
}

module.exports = { gatewright }
