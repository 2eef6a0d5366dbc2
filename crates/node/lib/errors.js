'use strict'
// The exceptions: the operator's mistakes, wrong arguments, a refusal where a permit was required, and faults of gatewright.

class GatewrightError extends Error {
  constructor(message, code = 'ERR_GATEWRIGHT_STATE') {
    super(message)
    this.code = code
  }
}

class ConfigError extends GatewrightError {
  constructor({ message, detail, line, column }) {
    super(message, 'ERR_GATEWRIGHT_CONFIG')
    this.detail = detail
    this.line = line
    this.column = column
  }
}

class KeySetError extends GatewrightError {}
class RevocationsError extends GatewrightError {}
class SealError extends GatewrightError {}
class BiscuitError extends GatewrightError {}
class UnknownIssuerError extends GatewrightError {}
class InternalError extends GatewrightError {}

class Denied extends GatewrightError {
  constructor(decision) {
    super(`${decision.status} ${decision.code}`, 'ERR_GATEWRIGHT_DENIED')
    this.decision = decision
    this.status = decision.status
  }
}

for (const each of [
  GatewrightError,
  ConfigError,
  KeySetError,
  RevocationsError,
  SealError,
  BiscuitError,
  UnknownIssuerError,
  InternalError,
  Denied
]) {
  Object.defineProperty(each.prototype, 'name', { value: each.name, configurable: true, writable: true })
}

const byCode = {
  __proto__: null,
  ERR_GATEWRIGHT_KEYSET: KeySetError,
  ERR_GATEWRIGHT_REVOCATIONS: RevocationsError,
  ERR_GATEWRIGHT_SEAL: SealError,
  ERR_GATEWRIGHT_BISCUIT: BiscuitError,
  ERR_GATEWRIGHT_UNKNOWN_ISSUER: UnknownIssuerError,
  ERR_GATEWRIGHT_STATE: GatewrightError
}

/** Makes the exception that a user sees of one that the native half threw. */
function translated(error) {
  const code = error?.code
  if (code === 'ERR_GATEWRIGHT_CONFIG') return new ConfigError(JSON.parse(error.message))
  if (code === 'ERR_INVALID_ARG_VALUE') return invalidValue(error.message)
  const Known = byCode[code]
  return Known ? new Known(error.message, code) : new InternalError(error?.message ?? String(error), 'ERR_GATEWRIGHT_INTERNAL')
}

function panicked() {
  const message = 'the engine panicked, which is a fault of gatewright; the standard error output has more'
  return new InternalError(message, 'ERR_GATEWRIGHT_INTERNAL')
}

/** Calls into the native half. */
function calling(f) {
  try {
    return f()
  } catch (error) {
    throw translated(error)
  }
}

function invalidType(what, expected, value) {
  const error = new TypeError(`${what} must be ${expected}, not ${kindOf(value)}`)
  error.code = 'ERR_INVALID_ARG_TYPE'
  return error
}

function invalidValue(message) {
  const error = new TypeError(message)
  error.code = 'ERR_INVALID_ARG_VALUE'
  return error
}

function kindOf(value) {
  if (value === null || value === undefined) return String(value)
  if (typeof value !== 'object') return `a ${typeof value}`
  return Array.isArray(value) ? 'an array' : Buffer.isBuffer(value) ? 'a Buffer' : 'an object'
}

module.exports = {
  GatewrightError,
  ConfigError,
  KeySetError,
  RevocationsError,
  SealError,
  BiscuitError,
  UnknownIssuerError,
  InternalError,
  Denied,
  panicked,
  translated,
  calling,
  invalidType,
  invalidValue
}
