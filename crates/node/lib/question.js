'use strict'
// A request as one text (src/question.rs): each value that crosses to the native half alone costs more than a decision.

const { calling, invalidType, invalidValue } = require('./errors.js')
const native = require('../native.cjs')

/** How many spellings of header names are remembered: the usual ones fit, and strangers cannot fill memory. */
const MAX_SPELLINGS = 512
/** What parts the parts. No message of HTTP can hold any of them, so that the first does unless somebody makes requests up. */
const SEPARATORS = ['\n', '\0', ...Array.from({ length: 31 }, (_, at) => String.fromCharCode(at + 1))].map((text) => ({
  text,
  // What most questions have is at hand as one piece: an addition of strings costs as much as a step of the engine.
  get: `${text}GET${text}https${text}`,
  end: text.repeat(4)
}))
const [FIRST] = SEPARATORS
/** V8 tells at once that a string of one-byte characters has none. */
const BEYOND_BYTES = /[^\0-\xff]/

/** Header names that count, in every spelling met so far. */
class Names {
  #wanted
  #spellings = new Map()
  #lengths = new Uint8Array(256)

  constructor(names) {
    this.#wanted = new Set(names)
    for (const name of names) {
      this.#spellings.set(name, between(name))
      this.#lengths[name.length & 255] = 1
    }
  }

  /** Returns the lower-case name between separators if it counts, else the empty string. */
  find(name) {
    if (typeof name !== 'string') throw invalidType("a header's name", 'a string', name)
    // A name of another length is none of these, whatever it is spelt with.
    if (this.#lengths[name.length & 255] === 0) return ''
    const known = this.#spellings.get(name)
    return known === undefined ? this.#learn(name) : known
  }

  #learn(name) {
    checkName(name)
    const lower = name.toLowerCase()
    const found = this.#wanted.has(lower) ? between(lower) : ''
    if (this.#spellings.size < MAX_SPELLINGS) this.#spellings.set(name, found)
    return found
  }
}

/** Every name counts. */
const everyName = {
  find(name) {
    checkName(name)
    return between(name)
  }
}

function checkName(name) {
  if (typeof name !== 'string') throw invalidType("a header's name", 'a string', name)
  // The lower case of some other characters is an ASCII letter. A loop, since it takes half the time of an expression.
  for (let at = 0; at < name.length; at += 1) {
    if (name.charCodeAt(at) > 127) throw invalidValue(`${JSON.stringify(name)} is no header name: it has a character beyond ASCII`)
  }
}

function between(name) {
  return FIRST.text + name + FIRST.text
}

/** Writes requests, one at a time. */
class Writer {
  text = ''
  count = 0
  #names = everyName
  #separator = FIRST

  /** Writes a request. `names.given` and `names.forwarded` say which headers count. */
  write(request, names, separator) {
    if (typeof request !== 'object' || request === null) throw invalidType('request', 'an object', request)
    const method = own(request, 'method')
    const host = own(request, 'host')
    const path = own(request, 'path')
    const headers = own(request, 'headers')
    const client = own(request, 'client')
    const forwarded = own(request, 'forwarded')
    const portlessHost = own(request, 'portlessHost')
    const proxySets = own(request, 'proxySets')
    const scheme = own(request, 'scheme', 'https')
    if (typeof method !== 'string') throw invalidType('method', 'a string', method)
    if (typeof host !== 'string') throw invalidType('host', 'a string', host)
    if (typeof path !== 'string') throw invalidType('path', 'a string', path)
    if (typeof scheme !== 'string') throw invalidType('scheme', 'a string', scheme)
    let from = ''
    if (client !== undefined && client !== null) {
      if (typeof client !== 'string') throw invalidType('client', 'an address as a string', client)
      if (client === '') throw invalidValue('client is no IPv4 or IPv6 address')
      from = client
    }
    let flags = ''
    if (forwarded !== undefined && isTrue(forwarded, 'forwarded')) flags += 'f'
    if (portlessHost !== undefined && isTrue(portlessHost, 'portlessHost')) flags += 'p'
    if (names === everything) flags += 'e'
    if (broken === 'every' || (broken === 'complete' && names === everything)) flags += '!'
    const sets = proxySets === undefined ? '' : list(proxySets)
    this.#names = forwarded === true ? names.forwarded : names.given
    this.#separator = separator
    this.count = 8
    const s = separator.text
    const start = method === 'GET' && scheme === 'https' ? separator.get : s + method + s + scheme + s
    const end = from === '' && flags === '' && sets === '' ? separator.end : s + from + s + flags + s + sets + s
    this.text = start + host + s + path + end
    if (headers !== undefined && headers !== null) this.#headers(headers)
    if (BEYOND_BYTES.test(this.text)) throw invalidValue(`${this.#beyond()} has a character beyond U+00FF, which no HTTP header or target can carry`)
    return this
  }

  /** Names the first part that no message can hold. */
  #beyond() {
    const at = this.text.split(this.#separator.text).slice(1).findIndex((part) => BEYOND_BYTES.test(part))
    return ['method', 'scheme', 'host', 'path', 'client', 'flags', 'proxySets'][at] ?? 'a header'
  }

  #headers(headers) {
    if (typeof headers !== 'object') throw invalidType('headers', 'pairs, a flat list, Headers or a record', headers)
    if (Array.isArray(headers)) {
      if (headers.length === 0) return
      if (Array.isArray(headers[0])) this.#pairs(headers)
      else this.#flat(headers)
    } else if (headers instanceof Headers || typeof headers[Symbol.iterator] === 'function') {
      if (Buffer.isBuffer(headers)) throw invalidType('headers', 'pairs, a flat list, Headers or a record', headers)
      this.#pairs(headers)
    } else {
      for (const name of Object.keys(headers)) {
        const value = headers[name]
        if (value === undefined) continue
        if (Array.isArray(value)) for (const each of value) this.#field(name, each)
        else this.#field(name, value)
      }
    }
  }

  #flat(headers) {
    if (headers.length % 2 !== 0) throw invalidValue('a flat list of headers must have a value for each name')
    for (let at = 0; at < headers.length; at += 2) this.#field(headers[at], headers[at + 1])
  }

  #pairs(headers) {
    for (const pair of headers) {
      if (!Array.isArray(pair) || pair.length !== 2) throw invalidType('every header', 'a pair of name and value', pair)
      this.#field(pair[0], pair[1])
    }
  }

  #field(name, value) {
    const known = this.#names.find(name)
    if (typeof value !== 'string') throw invalidType(`the value of header ${JSON.stringify(name)}`, 'a string', value)
    if (known === '') return
    const s = this.#separator.text
    this.text += this.#separator === FIRST ? known + value : s + known.slice(1, -1) + s + value
    this.count += 2
  }
}

/** Reads a part of a request. What its prototype has is nobody's word about it. */
function own(request, part, otherwise) {
  const value = Object.hasOwn(request, part) ? request[part] : undefined
  return value === undefined ? otherwise : value
}

function isTrue(value, what) {
  if (typeof value !== 'boolean') throw invalidType(what, 'a boolean', value)
  return value
}

function list(names) {
  if (!Array.isArray(names)) throw invalidType('proxySets', 'a list of header names', names)
  for (const name of names) {
    if (typeof name !== 'string') throw invalidType("a name in proxySets", 'a string', name)
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)) throw invalidValue(`${JSON.stringify(name)} in proxySets is no header name`)
  }
  return names.join(',')
}

/** Which questions make the engine panic: none, `every`, or `complete` ones. How a test reaches what a fault of ours would do. */
let broken = 'none'
function breaking(which, f) {
  broken = which
  try {
    return f()
  } finally {
    broken = 'none'
  }
}

const everything = { given: everyName, forwarded: everyName }

/** Writes a request with all its headers and hands it to `ask(text, count)`, until a separator is found that no value holds. */
function askingWithEverything(request, ask, isSeparated) {
  const writer = new Writer()
  for (const separator of SEPARATORS) {
    const { text, count } = writer.write(request, everything, separator)
    const answer = ask(text, count)
    if (!isSeparated(answer)) return answer
  }
  throw separated()
}

/** The text of a request with all its headers, to be asked later: with as many separators as parts. */
function questionOf(request) {
  return askingWithEverything(
    request,
    (text, count) => ({ text, count }),
    ({ text, count }) => text.split(text[0]).length - 1 !== count
  )
}

function separated() {
  return invalidValue('the request holds every control character there is')
}

/** Tells whether a person's browser opens a page with the request, so that a challenge may send it to the login. */
function isNavigation(request) {
  return askingWithEverything(
    request,
    (text, count) => calling(() => native.isNavigation(text, count)),
    (answer) => answer === null
  )
}

module.exports = { Names, Writer, SEPARATORS, everything, askingWithEverything, questionOf, separated, breaking, isNavigation }
