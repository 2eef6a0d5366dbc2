'use strict'
// Arguments other than requests, checked before they cross to the native half.

const { invalidType, invalidValue } = require('./errors.js')

/** Takes text that has a meaning beyond bytes: it must be a string that UTF-8 can express. */
function text(value, what) {
  if (typeof value !== 'string') throw invalidType(what, 'a string', value)
  if (!value.isWellFormed()) throw invalidValue(`${what} has a lone surrogate`)
  return value
}

/** Takes an object and gives its JSON. */
function json(value, what) {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || Buffer.isBuffer(value)) {
    throw invalidType(what, 'an object', value)
  }
  let written
  try {
    written = JSON.stringify(value)
  } catch (error) {
    // A cycle, a BigInt, or a getter's own exception: the cause tells.
    const wrong = invalidValue(`${what} cannot be written as JSON: ${error?.message}`)
    wrong.cause = error
    throw wrong
  }
  if (typeof written !== 'string') throw invalidType(what, 'an object that can be written as JSON', value)
  return written
}

/** Takes JSON as text, or makes it of an object. */
function textOrJson(value, what) {
  return typeof value === 'string' ? text(value, what) : json(value, what)
}

/** Takes `{ now }`, seconds since 1970; -1 stands for the machine's clock. */
function time(options) {
  if (options === undefined) return -1
  if (typeof options !== 'object' || options === null) throw invalidType('options', 'an object', options)
  const { now } = options
  if (now === undefined) return -1
  if (typeof now !== 'number') throw invalidType('now', 'a number of seconds since 1970', now)
  if (!Number.isSafeInteger(now) || now < 0) throw invalidValue('now must be a whole number of seconds since 1970')
  return now
}

function flag(value, what, otherwise) {
  if (value === undefined) return otherwise
  if (typeof value !== 'boolean') throw invalidType(what, 'a boolean', value)
  return value
}

module.exports = { text, json, textOrJson, time, flag }
