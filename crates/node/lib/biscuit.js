'use strict'
// Biscuits made and narrowed.

const native = require('../native.cjs')
const { calling } = require('./errors.js')
const { text, json } = require('./arguments.js')

/** The private half of a root key. */
class RootKey {
  #inner

  constructor(inner) {
    if (!(inner instanceof native.NativeRootKey)) throw new TypeError('write RootKey.generate() or RootKey.parse(text)')
    this.#inner = inner
  }

  static generate() {
    return new RootKey(calling(() => native.NativeRootKey.generate()))
  }

  static parse(key) {
    text(key, 'the key')
    return new RootKey(calling(() => native.NativeRootKey.parse(key)))
  }

  get privateText() {
    return this.#inner.privateText()
  }

  get publicText() {
    return this.#inner.publicText()
  }

  mint(options) {
    const written = json(options, 'what to mint')
    return calling(() => this.#inner.mint(written))
  }
}

/** Appends a block that narrows a token; no key is needed. */
function attenuate(token, options = {}) {
  text(token, 'the token')
  const written = json(options, 'what to narrow it to')
  return calling(() => native.attenuate(token, written))
}

module.exports = { RootKey, attenuate }
