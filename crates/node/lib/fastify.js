'use strict'
// Fastify 5: `await app.register(gatewright, { authorizer })`, before the routes.

const { Guard, isToRenew } = require('./middleware.js')

async function gatewright(app, { authorizer, direct }) {
  const guard = new Guard(authorizer, { direct })
  app.decorateRequest('gatewright', null)
  app.addHook('onRequest', async (request, reply) => {
    const { permit, answer } = await guard.decide(request.raw, request.originalUrl)
    if (permit === undefined) {
      reply.code(answer.status)
      for (const [name, value] of answer.headers) reply.header(name, value)
      return reply.send()
    }
    request.gatewright = permit
    if (isToRenew(permit, reply.getHeader('Set-Cookie'))) reply.header('Set-Cookie', permit.renewedSession)
  })
}

// The hook counts for the whole application, not only for this plugin's own routes.
gatewright[Symbol.for('skip-override')] = true
gatewright[Symbol.for('fastify.display-name')] = 'gatewright'
gatewright[Symbol.for('plugin-meta')] = { name: 'gatewright', fastify: '>=5' }

module.exports = { gatewright }
