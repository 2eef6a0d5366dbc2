import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Authorizer, Permit } from './index.js'
import type { RoutingOptions } from './middleware.js'

declare global {
  namespace Express {
    interface Request {
      /** What the request may do here, behind the middleware. */
      gatewright: Permit
    }
  }
}

export type Handler = (
  req: IncomingMessage & { originalUrl: string; gatewright: Permit },
  res: ServerResponse,
  next: (error?: unknown) => void
) => Promise<void>

/** `app.use(gatewright(authorizer))`, before everything that it protects. */
export declare function gatewright(authorizer: Authorizer, options?: RoutingOptions): Handler
