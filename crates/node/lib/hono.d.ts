import type { MiddlewareHandler } from 'hono'
import type { Authorizer, Permit } from './index.js'
import type { MiddlewareOptions } from './middleware.js'

/** What the middleware adds: `new Hono<GatewrightEnv>()`. */
export interface GatewrightEnv {
  Variables: { gatewright: Permit }
}

/** `app.use(gatewright(authorizer))`, before everything that it protects. */
export declare function gatewright(authorizer: Authorizer, options?: MiddlewareOptions): MiddlewareHandler<GatewrightEnv>
