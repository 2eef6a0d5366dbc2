import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Authorizer, Permit, RequestFacts } from './index.js'
import type { MiddlewareOptions } from './middleware.js'

export type ProtectedRequest = IncomingMessage & { gatewright: Permit }

/** `createServer(protect(authorizer, (req, res) => …))`. */
export declare function protect(
  authorizer: Authorizer,
  handler: (req: ProtectedRequest, res: ServerResponse) => unknown,
  options?: MiddlewareOptions
): (req: IncomingMessage, res: ServerResponse) => Promise<void>

/**
 * The request that arrived, as `decide` takes it: for `upgrade` and `connect`, which no middleware sees. A missing or repeated
 * `Host` is refused.
 */
export declare function requestOf(req: IncomingMessage, options?: MiddlewareOptions & { readonly target?: string | undefined }): RequestFacts
