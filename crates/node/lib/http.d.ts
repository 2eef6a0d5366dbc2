import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Authorizer, Decision, Permit, RequestFacts } from './index.js'
import type { MiddlewareOptions } from './middleware.js'

export type ProtectedRequest = IncomingMessage & { gatewright: Permit }

/** `createServer(protect(authorizer, (req, res) => …))`. */
export declare function protect(
  authorizer: Authorizer,
  handler: (req: ProtectedRequest, res: ServerResponse) => unknown,
  options?: MiddlewareOptions
): (req: IncomingMessage, res: ServerResponse) => Promise<void>

/**
 * Decides on a request that no middleware sees: those of the events `upgrade` and `connect`. If it is allowed, its headers are
 * those of the permit where the policy has identity headers, and none that the client wrote.
 */
export declare function decideUpgrade(authorizer: Authorizer, req: IncomingMessage, options?: MiddlewareOptions): Promise<Decision>

/**
 * The request that arrived, as `decide` takes it. A missing or repeated `Host` is refused. The identity headers that the client
 * wrote stay in `req`.
 */
export declare function requestOf(req: IncomingMessage, options?: MiddlewareOptions & { readonly target?: string | undefined }): RequestFacts
