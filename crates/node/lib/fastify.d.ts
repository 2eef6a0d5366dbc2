import type { FastifyPluginAsync } from 'fastify'
import type { Authorizer, Permit } from './index.js'
import type { RoutingOptions } from './middleware.js'

declare module 'fastify' {
  interface FastifyRequest {
    /** What the request may do here, behind the plugin. */
    gatewright: Permit
  }
}

/** `await app.register(gatewright, { authorizer })`, before the routes. */
export declare const gatewright: FastifyPluginAsync<RoutingOptions & { readonly authorizer: Authorizer }>
