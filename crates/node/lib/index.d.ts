import type { Code, Outage, Rejection } from './codes.js'

export type { Code, Outage, Rejection } from './codes.js'

/**
 * Header fields as they came: pairs, a flat list as Node's `rawHeaders`, `Headers`, or a record. A list in a record is
 * several fields of the name. Node's own `req.headers` keeps only the first of two `Authorization` fields: give `rawHeaders`.
 */
export type HeaderFields =
  | Iterable<readonly [name: string, value: string]>
  | readonly string[]
  | Readonly<Record<string, string | readonly string[] | undefined>>

/** A request; its parts are raw, as the client sent them. One character of a string is one byte. */
export interface RequestFacts {
  readonly method: string
  /** `https` if it is left out. */
  readonly scheme?: string | undefined
  readonly host: string
  /** With the query, as in the request line. */
  readonly path: string
  readonly headers?: HeaderFields | null | undefined
  /** The client's address, if somebody trustworthy saw it. */
  readonly client?: string | null | undefined
  /** Scheme and client are what the headers say that `proxy_sets.middleware` names; `scheme` and `client` are not looked at. */
  readonly forwarded?: boolean | undefined
  /** The host never carries a port, whatever port the client used. */
  readonly portlessHost?: boolean | undefined
  /** The certificate headers that the proxy overwrites. */
  readonly proxySets?: readonly string[] | undefined
}

export interface TimeOptions {
  /** Seconds since 1970; the machine's clock if it is left out. */
  readonly now?: number | undefined
}

/** Status and headers of the answer to give. There is no body. */
export interface Answer {
  readonly status: number
  readonly headers: [name: string, value: string][]
}

/** Facts for the log, never for the client. */
export interface Audit {
  readonly subject: string | null
  readonly issuer: string | null
  readonly kid: string | null
  readonly credential: Credential | null
}

export interface Shadow {
  readonly rule: string
  readonly code: Code
}

export type Credential = 'jwt' | 'biscuit' | 'basic' | 'api_key' | 'session' | 'client_cert'

declare abstract class AnyDecision {
  /** The rule that decided, if one did. */
  get rule(): string | null
  /** The reason in words, for the operator and never for the client. */
  get detail(): string
  get audit(): Audit
  /** What shadow rules would have decided. */
  get shadows(): readonly Shadow[]
  /** The issuer whose newer keys could change this answer. */
  get wantsKeys(): string | null
  /** The answer to give; with `navigation`, a challenge is a redirect to the login. */
  answer(options?: { readonly navigation?: boolean | undefined }): Answer
  toJSON(): { outcome: string; status: number; code: Code; rule: string | null }
}

export declare class Allow extends AnyDecision {
  private constructor()
  get outcome(): 'allow'
  get status(): 200
  get code(): 'allowed'
  get permit(): Permit
}

export declare class Challenge extends AnyDecision {
  private constructor()
  get outcome(): 'challenge'
  get status(): 401
  get code(): Rejection
  get wwwAuthenticate(): string
  get loginUrl(): string | null
}

export declare class Forbid extends AnyDecision {
  private constructor()
  get outcome(): 'forbid'
  get status(): 403
  get code(): Rejection
  get wwwAuthenticate(): string | null
}

export declare class Indeterminate extends AnyDecision {
  private constructor()
  get outcome(): 'indeterminate'
  get status(): 503
  get code(): Outage
}

/** May this request pass? Told apart by `outcome`. */
export type Decision = Allow | Challenge | Forbid | Indeterminate
export type Refusal = Challenge | Forbid | Indeterminate

/** What an allow hands on: the only place where an identity is found. */
export declare class Permit {
  private constructor()
  get identity(): Identity | null
  /** Every configured identity header once, empty if there is nothing to say. */
  get headers(): readonly (readonly [name: string, value: string])[]
  /** The `Set-Cookie` value of a renewed session. */
  get renewedSession(): string | null
}

/** Who a verified credential speaks for. */
export declare class Identity {
  private constructor()
  get subject(): string
  get email(): string | null
  get name(): string | null
  get groups(): readonly string[]
  get scopes(): readonly string[]
  get issuer(): string | null
  get credential(): Credential
  get acr(): string | null
  get amr(): readonly string[]
  get authTime(): number | null
  /** A claim, by the names that lead to it; undefined if there is none. */
  claim(...path: string[]): unknown
}

/** How a decision came about. */
export declare class Explanation {
  private constructor()
  get steps(): readonly { readonly step: string; readonly [member: string]: unknown }[]
  get text(): string
  toString(): string
}

/** A policy, read and checked. */
export declare class Config {
  private constructor()
  static fromToml(text: string): Config
  /** The same as an object. */
  static fromObject(policy: object): Config
  /** Reads what the policy refers to: by `read`, or from the environment and from files below `folder`. */
  resolve(read?: ((reference: string) => string | Uint8Array) | null, options?: { readonly folder?: string | undefined }): Config
  resolve(options: { readonly folder?: string | undefined }): Config
  /** What the policy refers to: `env:NAME` or `file:PATH`. */
  get references(): string[]
  /** What looks like a mistake. */
  get warnings(): string[]
}

/** An issuer's public keys. */
export declare class KeySet {
  private constructor()
  /** Reads a JWKS (RFC 7517 §5). */
  static fromJson(jwks: string | object): KeySet
  static fromPem(text: string): KeySet
  /** The keys that were left out, and why. */
  get dropped(): string[]
  get size(): number
}

/** What does not count any more. */
export declare class Revocations {
  private constructor()
  static fromJson(list: string | object): Revocations
}

/** What a service that logs people in seals into the session cookie. */
export interface SessionClaims {
  readonly subject: string
  /** By which it can be revoked; 16 random bytes if it is left out. */
  readonly sid?: string | undefined
  readonly issuer?: string | undefined
  readonly email?: string | undefined
  readonly name?: string | undefined
  readonly groups?: readonly string[] | undefined
  readonly scopes?: readonly string[] | undefined
  readonly amr?: readonly string[] | undefined
  readonly acr?: string | undefined
  readonly hosts?: readonly string[] | undefined
  /** Seconds since 1970. */
  readonly authTime?: number | undefined
  /** Seconds, if it is to be shorter than the policy's. */
  readonly lifetime?: number | undefined
}

/** Something that happened behind the decisions. It holds no secret. */
export interface GatewrightEvent {
  readonly kind:
    | 'reloaded'
    | 'reload_failed'
    | 'warning'
    | 'keys_fetched'
    | 'keys_failed'
    | 'key_dropped'
    | 'revocations_read'
    | 'revocations_failed'
  readonly message: string
  readonly isWarning: boolean
}

export interface FileOptions {
  /** Follow changes of the file. True if it is left out. */
  readonly watch?: boolean | undefined
  /** Fetch the issuers' keys. True if it is left out. */
  readonly fetch?: boolean | undefined
  /** Hears of what happens; without it, warnings are shown as those of the process. */
  readonly onEvent?: ((event: GatewrightEvent) => void) | undefined
}

/** Decides requests. */
export declare class Authorizer {
  constructor(config: Config)
  /** Opens a policy file and keeps up to date with it. It does not keep the process alive. */
  static fromFile(path: string, options?: FileOptions): Authorizer
  /** Decides with the keys there are; newer ones are fetched behind it. */
  decide(request: RequestFacts, options?: TimeOptions): Decision
  /** Decides without blocking: waits for keys that are being fetched, and hashes passwords on another thread. */
  decideAsync(request: RequestFacts, options?: TimeOptions): Promise<Decision>
  /** Gives the permit, or throws `Denied`. */
  require(request: RequestFacts, options?: TimeOptions): Permit
  /** Gives the permit, or rejects with `Denied`. */
  requireAsync(request: RequestFacts, options?: TimeOptions): Promise<Permit>
  /** Decides by the same code and says how. */
  explain(request: RequestFacts, options?: TimeOptions): { decision: Decision; explanation: Explanation }
  /** A new authorizer that uses these keys for that issuer. */
  withKeys(issuer: string, keys: KeySet): Authorizer
  /** A new authorizer that refuses what this list revokes. */
  withRevocations(revocations: Revocations): Authorizer
  /** Gives an issuer keys by hand; for an authorizer from a file. */
  updateKeys(issuer: string, keys: KeySet): void
  /** Replaces the list of revocations; for an authorizer from a file. */
  updateRevocations(revocations: Revocations): void
  /** Reads the file again and puts it in force; returns what looks like a mistake in it. */
  reload(): string[]
  /** Whether every remote issuer has had keys once. */
  get ready(): boolean
  get closed(): boolean
  /** Ends the threads behind it. From then on every decision is `internal` (503). */
  close(): void
  /** Seals a session and returns the cookie's value. */
  sealSession(claims: SessionClaims, options?: TimeOptions): string
  /** The session cookie's name. */
  get sessionCookie(): string | null
  /** The `Set-Cookie` value that gives a browser a sealed session. */
  setCookie(value: string): string | null
  /** The `Set-Cookie` value that takes the session from a browser. */
  get clearCookie(): string | null
  /** Where a login may return to, of the raw text after `rd=`; null if nowhere. */
  returnAddress(raw: string): string | null
  /** Verifies a biscuit for the operator and returns whose it is. */
  inspectBiscuit(token: string): Identity
  /** The public keys of `[assertion]` as a JWKS. */
  get assertionKeys(): string | null
  /** What looks like a mistake in the policy in force. */
  get warnings(): string[]
  /** The configured identity headers, which no client may write. */
  get identityHeaders(): string[]
}

export interface Restrictions {
  readonly methods?: readonly string[] | undefined
  readonly hosts?: readonly string[] | undefined
  readonly paths?: readonly string[] | undefined
  /** Seconds since 1970. */
  readonly until?: number | undefined
}

export interface Holder extends Restrictions {
  readonly subject: string
  readonly email?: string | undefined
  readonly name?: string | undefined
  readonly groups?: readonly string[] | undefined
  readonly scopes?: readonly string[] | undefined
  readonly keyId?: number | undefined
}

/** The private half of a biscuit's root key. */
export declare class RootKey {
  private constructor()
  static generate(): RootKey
  static parse(text: string): RootKey
  /** A secret. */
  get privateText(): string
  get publicText(): string
  mint(holder: Holder): string
}

/** Appends a block that narrows a token; no key is needed. */
export declare function attenuate(token: string, options?: Restrictions & { readonly seal?: boolean | undefined }): string

/** Whether a person's browser opens a page with the request, so that a challenge may send it to the login. */
export declare function isNavigation(request: RequestFacts): boolean

export declare const REJECTIONS: readonly Rejection[]
export declare const OUTAGES: readonly Outage[]
export declare const CODES: readonly Code[]
export declare const VERSION: string

/** The base of what is thrown here; wrong arguments are a `TypeError`. */
export declare class GatewrightError extends Error {
  readonly code: string
}

/** The policy is wrong; the message says where, and what to write instead. */
export declare class ConfigError extends GatewrightError {
  readonly code: 'ERR_GATEWRIGHT_CONFIG'
  /** The mistake without its place. */
  readonly detail: string
  /** Counted from 1; null if the policy came as an object. */
  readonly line: number | null
  readonly column: number | null
}

export declare class KeySetError extends GatewrightError {
  readonly code: 'ERR_GATEWRIGHT_KEYSET'
}

export declare class RevocationsError extends GatewrightError {
  readonly code: 'ERR_GATEWRIGHT_REVOCATIONS'
}

export declare class SealError extends GatewrightError {
  readonly code: 'ERR_GATEWRIGHT_SEAL'
}

export declare class BiscuitError extends GatewrightError {
  readonly code: 'ERR_GATEWRIGHT_BISCUIT'
}

export declare class UnknownIssuerError extends GatewrightError {
  readonly code: 'ERR_GATEWRIGHT_UNKNOWN_ISSUER'
}

/** A fault of gatewright: nothing was decided, so nothing may pass. */
export declare class InternalError extends GatewrightError {
  readonly code: 'ERR_GATEWRIGHT_INTERNAL'
}

/** The request may not pass, where a permit was required. */
export declare class Denied extends GatewrightError {
  readonly code: 'ERR_GATEWRIGHT_DENIED'
  readonly decision: Refusal
  readonly status: 401 | 403 | 503
}
