import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Authorizer, Permit } from './index.js'
import type { MiddlewareOptions } from './middleware.js'

/** What the middleware adds: `new Koa<GatewrightState>()`. */
export interface GatewrightState {
  gatewright: Permit
}

export type Middleware = (
  ctx: {
    req: IncomingMessage
    res: ServerResponse
    originalUrl: string
    status: number
    body: unknown
    state: object
    set(name: string, value: string): void
  },
  next: () => Promise<unknown>
) => Promise<void>

/** `app.use(gatewright(authorizer))`, before everything that it protects. */
export declare function gatewright(authorizer: Authorizer, options?: MiddlewareOptions): Middleware
