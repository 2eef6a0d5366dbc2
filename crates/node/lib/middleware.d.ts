export interface MiddlewareOptions {
  /**
   * Nothing stands in front: scheme and client are those of the connection. Without it they are what the headers say that
   * `proxy_sets.middleware` names.
   */
  readonly direct?: boolean | undefined
}

export interface RoutingOptions extends MiddlewareOptions {
  /** Every rule of the policy has `case = "insensitive"`, so that the application may route without regard to case. */
  readonly caseInsensitive?: boolean | undefined
}
