'use strict'
// What an authorizer is made of: a policy, keys, revocations.

const native = require('../native.cjs')
const { calling, invalidType } = require('./errors.js')
const { text, json, textOrJson } = require('./arguments.js')

/** Gives the native half of an object of these classes. */
const natives = new WeakMap()

function nativeOf(value, Class) {
  const found = value instanceof Class ? natives.get(value) : undefined
  if (found === undefined) throw invalidType('the argument', `a ${Class.name}`, value)
  return found
}

function made(Class, inner) {
  const value = Object.create(Class.prototype)
  natives.set(value, inner)
  return value
}

/** A policy, read and checked. */
class Config {
  constructor() {
    throw new TypeError('write Config.fromToml(text) or Config.fromObject(object)')
  }

  static fromToml(policy) {
    text(policy, 'the policy')
    return made(Config, calling(() => native.NativeConfig.fromToml(policy)))
  }

  static fromObject(policy) {
    const written = json(policy, 'the policy')
    return made(Config, calling(() => native.NativeConfig.fromJson(written)))
  }

  /** Reads what the policy refers to: by `read`, or from the environment and from files below `folder`. */
  resolve(read, options) {
    if (typeof read === 'object' && read !== null && options === undefined) return this.resolve(undefined, read)
    const inner = nativeOf(this, Config)
    if (read === undefined || read === null) {
      const folder = text(options?.folder ?? '', 'folder')
      return made(Config, calling(() => inner.resolve(folder)))
    }
    if (typeof read !== 'function') throw invalidType('read', 'a function', read)
    const references = [...new Set(inner.references())]
    const contents = references.map((reference) => bytes(read(reference), reference))
    return made(Config, calling(() => inner.resolveFrom(references, contents)))
  }

  get references() {
    return nativeOf(this, Config).references()
  }

  get warnings() {
    return nativeOf(this, Config).warnings()
  }
}

/** An issuer's public keys. */
class KeySet {
  constructor() {
    throw new TypeError('write KeySet.fromJson(jwks) or KeySet.fromPem(text)')
  }

  static fromJson(jwks) {
    const written = textOrJson(jwks, 'the key set')
    return made(KeySet, calling(() => native.NativeKeySet.fromJson(written)))
  }

  static fromPem(pem) {
    text(pem, 'the keys')
    return made(KeySet, calling(() => native.NativeKeySet.fromPem(pem)))
  }

  get dropped() {
    return nativeOf(this, KeySet).dropped()
  }

  get size() {
    return nativeOf(this, KeySet).size()
  }
}

/** What does not count any more. */
class Revocations {
  constructor() {
    throw new TypeError('write Revocations.fromJson(list)')
  }

  static fromJson(list) {
    const written = textOrJson(list, 'the list of revocations')
    return made(Revocations, calling(() => native.NativeRevocations.fromJson(written)))
  }
}

function bytes(content, reference) {
  if (typeof content === 'string') return Buffer.from(text(content, `what was read for ${reference}`))
  if (content instanceof Uint8Array) return Buffer.from(content)
  throw invalidType(`what was read for ${reference}`, 'a string or a Buffer', content)
}

module.exports = { Config, KeySet, Revocations, nativeOf }
