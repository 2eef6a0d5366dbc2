'use strict'
// `Authorizer`: decides.

const { randomBytes } = require('node:crypto')
const native = require('../native.cjs')
const { Denied, calling, invalidType, invalidValue, panicked, translated } = require('./errors.js')
const { flag, json, text, time } = require('./arguments.js')
const { Names, SEPARATORS, Writer, askingWithEverything, everything, questionOf, separated } = require('./question.js')
const { Allow, Explanation, Held, Identity, decisionOf, firstOf, overloaded } = require('./decision.js')
const { inTurn, isCrowded } = require('./hashing.js')
const { Config, KeySet, Revocations, nativeOf } = require('./policy.js')

/** How an answer begins (src/answer.rs). */
const STALE = 0
const SEPARATED = 1
const PASSWORD = 2
const KNOWN = 3
const KEYS = 5
const NO_ADDRESS = 6
const BROKEN = 7

/** How many permits the native half numbers (src/permits.rs). */
const PLACES = 1024
const NONE = Object.freeze([])

/** How long a decision waits for keys: more than any healthy issuer needs, less than anybody waits for a page. */
const MAX_WAIT = 5000
/** A policy that changes this often between a question and its answer is asked with every header instead. */
const MAX_STALE = 3

class Authorizer {
  #native
  #ask
  #askAtOnce
  #names = null
  #page
  #keptPage
  /** What was held for each permit that the native half numbers. */
  #permits = NONE
  #writer = new Writer()
  #isWriting = false
  #landings = new Map()

  constructor(config) {
    if (config instanceof native.NativeAuthorizer) {
      this.#native = config
    } else {
      const inner = nativeOf(config, Config)
      this.#native = calling(() => new native.NativeAuthorizer(inner))
    }
    this.#ask = this.#native.decider(true)
    this.#askAtOnce = this.#native.decider(false)
  }

  /** Opens a policy file and keeps up to date with it. */
  static fromFile(path, options = {}) {
    text(path, 'path')
    if (typeof options !== 'object' || options === null) throw invalidType('options', 'an object', options)
    const { onEvent = warn } = options
    const [watch, fetch] = [flag(options.watch, 'watch', true), flag(options.fetch, 'fetch', true)]
    if (typeof onEvent !== 'function') throw invalidType('onEvent', 'a function', onEvent)
    // It must not know the authorizer, which could then never be collected.
    const landings = new Map()
    const report = (message) => {
      const event = JSON.parse(message)
      if (event.landed === undefined) tell(onEvent, Object.freeze(event))
      else landings.get(event.landed)?.()
    }
    const authorizer = new Authorizer(calling(() => native.NativeAuthorizer.fromFile(path, watch, fetch, report)))
    authorizer.#landings = landings
    return authorizer
  }

  /** Decides with the keys there are; newer ones are fetched behind it. */
  decide(request, options) {
    const now = options === undefined ? -1 : time(options)
    const number = this.#answer(request, now, this.#ask)
    if ((number & 7) === KNOWN) return new Allow(this.#permits[number >>> 18])
    return this.#taken(number)
  }

  /** Decides without blocking: waits for keys that are being fetched, and hashes passwords on another thread. */
  async decideAsync(request, options) {
    const now = options === undefined ? -1 : time(options)
    const number = this.#answer(request, now, this.#askAtOnce)
    switch (number & 7) {
      case KNOWN:
        return new Allow(this.#permits[number >>> 18])
      case PASSWORD:
        return this.#hashing(request, now)
      case KEYS: {
        const decision = this.#taken(number)
        if (!(await this.#keys())) return decision
        const again = this.#answer(request, now, this.#askAtOnce)
        return (again & 7) === PASSWORD ? this.#hashing(request, now) : this.#seen(again)
      }
      default:
        return this.#taken(number)
    }
  }

  /** Gives the permit, or throws `Denied`. */
  require(request, options) {
    return permitted(this.decide(request, options))
  }

  /** Gives the permit, or rejects with `Denied`. */
  async requireAsync(request, options) {
    return permitted(await this.decideAsync(request, options))
  }

  /** Decides by the same code and says how. */
  explain(request, options) {
    const now = time(options)
    const handle = askingWithEverything(
      request,
      (text, count) => calling(() => this.#native.explain(text, count, now)),
      (answer) => answer === null
    )
    return { decision: firstOf(native.explainedDecision(handle)), explanation: new Explanation(handle) }
  }

  withKeys(issuer, keys) {
    text(issuer, 'issuer')
    const inner = nativeOf(keys, KeySet)
    return new Authorizer(calling(() => this.#native.withKeys(issuer, inner)))
  }

  withRevocations(revocations) {
    const inner = nativeOf(revocations, Revocations)
    return new Authorizer(calling(() => this.#native.withRevocations(inner)))
  }

  updateKeys(issuer, keys) {
    text(issuer, 'issuer')
    const inner = nativeOf(keys, KeySet)
    calling(() => this.#native.updateKeys(issuer, inner))
  }

  updateRevocations(revocations) {
    const inner = nativeOf(revocations, Revocations)
    calling(() => this.#native.updateRevocations(inner))
  }

  /** Reads the file again and puts it in force; returns what looks like a mistake in it. */
  reload() {
    return calling(() => this.#native.reload())
  }

  get ready() {
    return this.#native.ready()
  }

  get closed() {
    return this.#native.closed()
  }

  /** Ends the threads behind it. From then on every decision is `internal` (503). */
  close() {
    calling(() => this.#native.close())
    for (const landed of this.#landings.values()) landed()
  }

  /** Seals a session and returns the cookie's value. */
  sealSession(claims, options) {
    const now = time(options)
    if (typeof claims !== 'object' || claims === null) throw invalidType("the session's claims", 'an object', claims)
    const written = json({ ...claims, sid: claims.sid ?? randomBytes(16).toString('base64url') }, "the session's claims")
    return calling(() => this.#native.sealSession(written, now))
  }

  get sessionCookie() {
    return calling(() => this.#native.sessionCookie())
  }

  setCookie(value) {
    text(value, 'value')
    return calling(() => this.#native.setCookie(value))
  }

  get clearCookie() {
    return calling(() => this.#native.clearCookie())
  }

  /** Where a login may return to: the raw text after `rd=`, or null. */
  returnAddress(raw) {
    if (typeof raw !== 'string') throw invalidType('raw', 'a string', raw)
    // What has no bytes is no address.
    return raw.isWellFormed() ? calling(() => this.#native.returnAddress(raw)) : null
  }

  /** Verifies a biscuit for the operator and returns whose it is. */
  inspectBiscuit(token) {
    text(token, 'the token')
    const handle = calling(() => this.#native.inspectBiscuit(token))
    return new Identity({
      parts: () => native.inspectedIdentity(handle),
      claim: (path) => native.inspectedClaim(handle, path)
    })
  }

  get assertionKeys() {
    return calling(() => this.#native.assertionKeys())
  }

  get warnings() {
    return this.#native.warnings()
  }

  get identityHeaders() {
    return calling(() => this.#native.identityHeaders())
  }

  /** Asks the native half, and returns its number: never one that asks for more, or tells of a fault. */
  #answer(request, now, ask) {
    // A getter of the request may ask in between.
    const writer = this.#isWriting ? new Writer() : this.#writer
    const outer = this.#isWriting
    for (let staleness = 0, separator = 0; ; ) {
      const names = staleness > MAX_STALE ? everything : (this.#names ?? this.#learnNames())
      this.#isWriting = true
      let written
      try {
        written = writer.write(request, names, SEPARATORS[separator])
      } finally {
        this.#isWriting = outer
      }
      const { text, count } = written
      const number = now < 0 ? ask(text, count) : ask(text, count, now)
      if (number > BROKEN) return number
      if (number === STALE) {
        staleness += 1
        this.#names = null
      } else if (number === SEPARATED) {
        separator += 1
        if (separator === SEPARATORS.length) throw separated()
      } else if (number === NO_ADDRESS) {
        throw invalidValue('client is no IPv4 or IPv6 address')
      } else if (number === BROKEN) {
        throw panicked()
      } else {
        return number
      }
    }
  }

  #learnNames() {
    const [given, forwarded] = calling(() => this.#native.headerNames())
    this.#names = { given: new Names(given), forwarded: new Names(forwarded) }
    // The native half numbers permits anew.
    this.#permits = NONE
    return this.#names
  }

  #seen(number) {
    return (number & 7) === KNOWN ? new Allow(this.#permits[number >>> 18]) : this.#taken(number)
  }

  /** Makes the object of the decision that an answer tells of. */
  #taken(number) {
    const [at, place] = [(number >>> 12) & 63, number >>> 18]
    const isKept = place > 0
    if (at === 0) {
      const page = this.#native.page(isKept)
      if (isKept) this.#keptPage = page
      else this.#page = page
    }
    const held = new Held(isKept ? this.#keptPage : this.#page, at)
    if (isKept) this.#keep(place - 1, held)
    return decisionOf(number, held)
  }

  #keep(place, held) {
    if (this.#permits === NONE) this.#permits = new Array(PLACES)
    this.#permits[place] = held
  }

  /** Waits until the keys have come that the last answer waits for; false if they take too long. */
  #keys() {
    const fetch = this.#native.awaitKeys()
    if (fetch === null) return Promise.resolve(false)
    return new Promise((resolve) => {
      const end = (hasLanded) => {
        clearTimeout(timer)
        this.#landings.delete(fetch)
        resolve(hasLanded)
      }
      const timer = setTimeout(end, MAX_WAIT, false)
      this.#landings.set(fetch, () => end(true))
    })
  }

  async #hashing(request, now) {
    if (isCrowded()) return overloaded()
    // The request is read now: it may be another when its turn comes.
    const { text, count } = questionOf(request)
    try {
      return firstOf(await inTurn(() => this.#native.decideHashing(text, count, now)))
    } catch (error) {
      throw translated(error)
    }
  }

  static {
    if (Symbol.dispose !== undefined) {
      Object.defineProperty(this.prototype, Symbol.dispose, { value: this.prototype.close, configurable: true, writable: true })
    }
  }
}

function permitted(decision) {
  if (decision instanceof Allow) return decision.permit
  throw new Denied(decision)
}

/** Tells of an event. A listener that throws must not end the process. */
function tell(onEvent, event) {
  Promise.resolve(event)
    .then(onEvent)
    .catch((error) => process.emitWarning(`onEvent threw: ${error?.message ?? error}`, 'GatewrightWarning'))
}

/** What happens to events that nobody listens to: warnings are shown, the rest is not. */
function warn(event) {
  if (event.isWarning) process.emitWarning(event.message, { type: 'GatewrightWarning', code: event.kind })
}

module.exports = { Authorizer }
