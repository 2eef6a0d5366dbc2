import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Authorizer, Permit } from './index.js'
import type { MiddlewareOptions } from './middleware.js'

export type ProtectedRequest = IncomingMessage & { gatewright: Permit }

/** `createServer(protect(authorizer, (req, res) => …))`. */
export declare function protect(
  authorizer: Authorizer,
  handler: (req: ProtectedRequest, res: ServerResponse) => unknown,
  options?: MiddlewareOptions
): (req: IncomingMessage, res: ServerResponse) => Promise<void>
