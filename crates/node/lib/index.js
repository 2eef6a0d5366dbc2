'use strict'
// What `gatewright` gives.

const { version } = require('../native.cjs')
const {
  BiscuitError,
  ConfigError,
  Denied,
  GatewrightError,
  InternalError,
  KeySetError,
  RevocationsError,
  SealError,
  UnknownIssuerError
} = require('./errors.js')
const { isNavigation } = require('./question.js')
const {
  Allow,
  CODES,
  Challenge,
  Decision,
  Explanation,
  Forbid,
  Identity,
  Indeterminate,
  OUTAGES,
  Permit,
  REJECTIONS
} = require('./decision.js')
const { Config, KeySet, Revocations } = require('./policy.js')
const { RootKey, attenuate } = require('./biscuit.js')
const { Authorizer } = require('./authorizer.js')

const VERSION = version()

// Node.js finds the names for `import { … }` in this list.
module.exports = {
  Allow,
  Authorizer,
  BiscuitError,
  CODES,
  Challenge,
  Config,
  ConfigError,
  Decision,
  Denied,
  Explanation,
  Forbid,
  GatewrightError,
  Identity,
  Indeterminate,
  InternalError,
  KeySet,
  KeySetError,
  OUTAGES,
  Permit,
  REJECTIONS,
  Revocations,
  RevocationsError,
  RootKey,
  SealError,
  UnknownIssuerError,
  VERSION,
  attenuate,
  isNavigation
}
