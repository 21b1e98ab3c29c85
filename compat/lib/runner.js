// Runs scenarios one after another, each under a deadline, and prints TAP. Exit code 1 when anything failed.
//
//   scenario('name', async ({ broker, topic, note }) => { ... }, { deadlineMs })
//   await run('suite', { brokerConfig })
//
// Arguments on the command line select scenarios whose name contains one of them.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { startBroker } from './broker.js'

const DEFAULT_DEADLINE_MS = 60_000
const scenarios = []
const runId = randomBytes(3).toString('hex')
let uniqueNames = 0

/** Throw from a scenario that cannot be run here; the reason is printed and counted, never hidden. */
export class Skip extends Error {}

export function scenario(name, body, options = {}) {
  scenarios.push({ name, body, deadlineMs: options.deadlineMs ?? DEFAULT_DEADLINE_MS })
}

/** A name no earlier run has used, so that a suite can be repeated against the same broker. */
export function unique(prefix) {
  return `${prefix}-${runId}-${++uniqueNames}`
}

/** Resolves with the first truthy result of `probe`; fails after `deadlineMs`, naming what was awaited. */
export async function eventually(what, probe, deadlineMs = 30_000) {
  const end = Date.now() + deadlineMs
  let last
  for (;;) {
    try {
      const result = await probe()
      if (result) return result
      last = undefined
    } catch (error) {
      last = error
    }
    if (Date.now() > end) {
      throw new Error(`not within ${deadlineMs} ms: ${typeof what === 'function' ? what() : what}`, { cause: last })
    }
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}

async function underDeadline(promise, deadlineMs) {
  let timer
  const deadline = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`deadline of ${deadlineMs} ms passed`)), deadlineMs)
  })
  try {
    return await Promise.race([promise, deadline])
  } finally {
    clearTimeout(timer)
  }
}

function describe(error) {
  const lines = [error?.stack ?? String(error)]
  for (let cause = error?.cause; cause; cause = cause.cause) lines.push(`caused by: ${cause?.stack ?? cause}`)
  for (const inner of error?.errors ?? []) lines.push(`with: ${inner?.stack ?? inner}`)
  return lines.join('\n')
}

export async function run(suite, { brokerConfig = {}, scramUsers = [] } = {}) {
  const wanted = process.argv.slice(2)
  const selected = scenarios.filter(({ name }) => !wanted.length || wanted.some((part) => name.includes(part)))
  assert(selected.length > 0, 'no scenario selected')
  const counts = { pass: 0, fail: 0, skip: 0 }
  process.on('unhandledRejection', (error) => {
    console.log(`# unhandled rejection: ${describe(error).replaceAll('\n', '\n# ')}`)
    counts.fail++
  })
  const broker = await startBroker({ config: brokerConfig, scramUsers })
  console.log(`TAP version 14\n# ${suite} against ${broker.external ? 'the broker at ' : ''}${broker.bootstrap}`)
  console.log(`1..${selected.length}`)
  for (const [index, { name, body, deadlineMs }] of selected.entries()) {
    const started = Date.now()
    const label = `${index + 1} - ${suite}: ${name}`
    const notes = []
    const context = { broker, bootstrap: broker.bootstrap, unique, note: (text) => notes.push(text) }
    try {
      await underDeadline(body(context), deadlineMs)
      counts.pass++
      console.log(`ok ${label} # time=${Date.now() - started}ms`)
    } catch (error) {
      if (error instanceof Skip) {
        counts.skip++
        console.log(`ok ${label} # SKIP ${error.message}`)
      } else {
        counts.fail++
        console.log(`not ok ${label} # time=${Date.now() - started}ms`)
        console.log(`  ---\n  ${describe(error).replaceAll('\n', '\n  ')}\n  ...`)
        const log = broker.recentLog()
        if (log) console.log(`  # broker said:\n  #   ${log.replaceAll('\n', '\n  #   ')}`)
      }
    }
    for (const text of notes) console.log(`  # ${text}`)
  }
  await broker.stop().catch((error) => {
    counts.fail++
    console.log(`not ok - the broker did not stop: ${describe(error)}`)
  })
  console.log(`# ${suite}: ${counts.pass} passed, ${counts.fail} failed, ${counts.skip} skipped`)
  process.exit(counts.fail ? 1 : 0)
}
