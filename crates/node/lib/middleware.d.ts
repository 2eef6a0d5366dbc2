export interface MiddlewareOptions {
  /**
   * Nothing stands in front: scheme and client are those of the connection. Without it they are what the headers say that
   * `proxy_sets.middleware` names.
   */
  readonly direct?: boolean | undefined
}
