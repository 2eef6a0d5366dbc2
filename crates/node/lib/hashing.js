'use strict'
// Turns at hashing passwords. It happens on libuv's threads, which files and the names of hosts wait for too.

/** libuv has four threads unless somebody sets another number: half of them. */
const MAX_RUNNING = 2
/** Whoever waits behind so many has long given up, and the memory of each is held until its turn. */
const MAX_WAITING = 128

let running = 0
const waiting = []

/** Tells whether too many wait already. */
function isCrowded() {
  return waiting.length >= MAX_WAITING
}

/** Calls `hash` once it is its turn. */
async function inTurn(hash) {
  if (running < MAX_RUNNING) running += 1
  else await new Promise((resolve) => waiting.push(resolve))
  try {
    return await hash()
  } finally {
    const next = waiting.shift()
    if (next === undefined) running -= 1
    else next()
  }
}

module.exports = { isCrowded, inTurn }
