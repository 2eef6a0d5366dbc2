'use strict'
// Fastify 5: `await app.register(gatewright, { authorizer })`, before the routes.

const { flag } = require('./arguments.js')
const { Guard, isToRenew } = require('./middleware.js')

async function gatewright(app, { authorizer, direct, caseInsensitive }) {
  const guard = new Guard(authorizer, { direct })
  const { initialConfig } = app
  const isSensitive = initialConfig.caseSensitive !== false && initialConfig.routerOptions?.caseSensitive !== false
  if (!isSensitive && !flag(caseInsensitive, 'caseInsensitive', false)) {
    throw new Error(
      'Fastify takes /ADMIN to the handlers of /admin, which other rules may decide: leave caseSensitive true, or pass ' +
        '{ caseInsensitive: true } to the plugin when every rule of the policy has case = "insensitive"'
    )
  }
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
