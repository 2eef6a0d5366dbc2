'use strict'
// Decisions, told apart by `outcome`. Objects of these classes hold a decision of the engine and read from it what is asked for.

const { inspect } = require('node:util')
const native = require('../native.cjs')
const { calling, invalidType } = require('./errors.js')
const { text } = require('./arguments.js')

const REJECTIONS = Object.freeze(native.rejections())
const OUTAGES = Object.freeze(native.outages())
const CODES = Object.freeze(['allowed', ...REJECTIONS, ...OUTAGES])

/** What JavaScript knows of one decision of the engine, or of every decision whose permit is the same. */
class Held {
  #page
  #number
  #parts
  #rule
  #permit

  constructor(page, number) {
    this.#page = page
    this.#number = number
  }

  get rule() {
    if (this.#rule === undefined) this.#rule = calling(() => native.heldRule(this.#page, this.#number))
    return this.#rule
  }

  get parts() {
    return (this.#parts ??= frozen(JSON.parse(calling(() => native.heldParts(this.#page, this.#number)))))
  }

  get permit() {
    return (this.#permit ??= new Permit(this))
  }

  identity() {
    const [page, number] = [this.#page, this.#number]
    if (!calling(() => native.heldHasIdentity(page, number))) return null
    return new Identity({
      parts: () => native.heldIdentity(page, number),
      claim: (path) => native.heldClaim(page, number, path)
    })
  }

  answer(isNavigation) {
    return JSON.parse(calling(() => native.heldAnswer(this.#page, this.#number, isNavigation)))
  }
}

class Decision {
  #held

  constructor(held) {
    this.#held = held
  }

  get rule() {
    return this.#held.rule
  }

  get detail() {
    return this.#held.parts.detail
  }

  get audit() {
    return this.#held.parts.audit
  }

  get shadows() {
    return this.#held.parts.shadows
  }

  get wantsKeys() {
    return this.#held.parts.wantsKeys
  }

  /** Status and headers of the answer to give, the same for every server. */
  answer(options) {
    const navigation = options?.navigation ?? false
    if (typeof navigation !== 'boolean') throw invalidType('navigation', 'a boolean', navigation)
    return this.#held.answer(navigation)
  }

  toJSON() {
    const { outcome, status, code, rule } = this
    return { outcome, status, code, rule }
  }

  [inspect.custom](_depth, options) {
    return `${this.constructor.name} ${inspect(this.toJSON(), options)}`
  }

  static heldBy(decision) {
    return decision.#held
  }
}

const heldBy = Decision.heldBy
delete Decision.heldBy

class Allow extends Decision {
  constructor(held) {
    super(held)
    Object.freeze(this)
  }

  get outcome() {
    return 'allow'
  }

  get status() {
    return 200
  }

  get code() {
    return 'allowed'
  }

  get permit() {
    return heldBy(this).permit
  }
}

/** Every refusal has a code of its own. */
class Refusal extends Decision {
  #code

  constructor(held, code) {
    super(held)
    this.#code = code
    Object.freeze(this)
  }

  get code() {
    return CODES[this.#code]
  }
}

class Challenge extends Refusal {
  get outcome() {
    return 'challenge'
  }

  get status() {
    return 401
  }

  get wwwAuthenticate() {
    return heldBy(this).parts.wwwAuthenticate
  }

  get loginUrl() {
    return heldBy(this).parts.loginUrl
  }
}

class Forbid extends Refusal {
  get outcome() {
    return 'forbid'
  }

  get status() {
    return 403
  }

  get wwwAuthenticate() {
    return heldBy(this).parts.wwwAuthenticate
  }
}

class Indeterminate extends Refusal {
  get outcome() {
    return 'indeterminate'
  }

  get status() {
    return 503
  }
}

/** What an allow hands on. */
class Permit {
  #held
  #identity

  constructor(held) {
    this.#held = held
    Object.freeze(this)
  }

  get identity() {
    if (this.#identity === undefined) this.#identity = this.#held.identity()
    return this.#identity
  }

  get headers() {
    return this.#held.parts.headers
  }

  get renewedSession() {
    return this.#held.parts.renewedSession
  }

  toJSON() {
    return { identity: this.identity, headers: this.headers }
  }

  [inspect.custom](_depth, options) {
    return `Permit ${inspect(this.toJSON(), options)}`
  }
}

/** Who a verified credential speaks for. */
class Identity {
  #source
  #parts

  constructor(source) {
    this.#source = source
    Object.freeze(this)
  }

  /** A claim, by the names that lead to it; undefined if there is none. */
  claim(...path) {
    for (const name of path) text(name, "a claim's name")
    const found = calling(() => this.#source.claim(JSON.stringify(path)))
    return found === null ? undefined : JSON.parse(found)
  }

  toJSON() {
    return this.#all()
  }

  [inspect.custom](_depth, options) {
    return `Identity ${inspect(this.#all(), options)}`
  }

  #all() {
    return (this.#parts ??= frozen(JSON.parse(calling(() => this.#source.parts()))))
  }

  static {
    for (const part of ['subject', 'email', 'name', 'groups', 'scopes', 'issuer', 'credential', 'acr', 'amr', 'authTime']) {
      Object.defineProperty(this.prototype, part, {
        get() {
          return this.#all()[part]
        }
      })
    }
  }
}

/** How a decision came about. */
class Explanation {
  #handle
  #parts

  constructor(handle) {
    this.#handle = handle
    Object.freeze(this)
  }

  get steps() {
    return frozen(JSON.parse(this.#all()[0]))
  }

  get text() {
    return this.#all()[1]
  }

  toString() {
    return this.text
  }

  #all() {
    return (this.#parts ??= calling(() => native.explainedSteps(this.#handle)))
  }
}

const OUTCOMES = [Allow, Challenge, Forbid, Indeterminate]

/** Makes the object for outcome and code as the native half numbers them (src/answer.rs). */
function decisionOf(number, held) {
  const Outcome = OUTCOMES[(number >>> 3) & 3]
  return new Outcome(held, (number >>> 5) & 127)
}

/** Makes the object of the first decision of a page. */
function firstOf(page) {
  return decisionOf(native.heldFirst(page), new Held(page, 0))
}

/** What a decision holds that the engine was never asked for: too many passwords wait to be hashed. */
const OVERLOAD = Object.freeze({
  rule: null,
  parts: frozen({
    detail: 'too many passwords wait to be checked',
    audit: { subject: null, issuer: null, kid: null, credential: null },
    shadows: [],
    wantsKeys: null
  }),
  answer: () => ({ status: 503, headers: [['Cache-Control', 'no-store']] })
})

function overloaded() {
  return new Indeterminate(OVERLOAD, CODES.indexOf('overloaded'))
}

function frozen(value) {
  if (typeof value === 'object' && value !== null) {
    for (const member of Object.values(value)) frozen(member)
    Object.freeze(value)
  }
  return value
}

module.exports = {
  REJECTIONS,
  OUTAGES,
  CODES,
  Decision,
  Allow,
  Challenge,
  Forbid,
  Indeterminate,
  Permit,
  Identity,
  Explanation,
  Held,
  decisionOf,
  firstOf,
  overloaded
}
