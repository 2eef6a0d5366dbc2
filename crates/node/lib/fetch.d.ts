import type { Authorizer, Permit } from './index.js'

export type Protected =
  | { readonly permit: Permit; readonly request: Request; readonly response: undefined }
  | { readonly permit: undefined; readonly request: undefined; readonly response: Response }

/**
 * Decides on a Request: gives the permit and the request with its identity headers, or the response of a refusal.
 *
 * A Request has lost what arrived: a repeated header is one field with commas, and the path was normalised.
 */
export declare function protect(authorizer: Authorizer, request: Request): Promise<Protected>
