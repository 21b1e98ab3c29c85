import { parseArgs } from 'node:util'
import { latency } from './latency.ts'
import { table } from './numbers.ts'
import { start } from './start.ts'
import { fetch, produce } from './throughput.ts'

const USAGE = `npm run bench -- start|produce|fetch|latency|all [options]

  --json               the result as JSON
  --rounds N           interleaved rounds, of which medians are taken (start 11, others 5)
  --megabytes N        produce, fetch: MB a round (1000)
  --connections N      produce, fetch: connections of the load generator (1)
  --in-flight N        produce, fetch: requests in flight on each (4)
  --per-second N       latency: requests a second (1000)
  --seconds N          latency: seconds a round (5)
  --bootstrap H:P      measure this broker instead of one of our own (not start)
  --pid N              its process, for CPU and memory
`

export interface Settings {
  rounds: number
  megabytes: number
  connections: number
  inFlight: number
  perSecond: number
  seconds: number
  bootstrap: string | null
  pid: number | null
}

const VERBS = { start, produce, fetch, latency }

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    megabytes: { type: 'string', default: '1000' },
    connections: { type: 'string', default: '1' },
    'in-flight': { type: 'string', default: '4' },
    'per-second': { type: 'string', default: '1000' },
    seconds: { type: 'string', default: '5' },
    bootstrap: { type: 'string' },
    pid: { type: 'string' },
  },
})

const verbs = positionals[0] === 'all' ? Object.keys(VERBS) : positionals
if (verbs.length === 0 || verbs.some((verb) => !(verb in VERBS))) {
  process.stderr.write(USAGE)
  process.exit(1)
}
for (const verb of verbs as (keyof typeof VERBS)[]) {
  const result = await VERBS[verb]({
    rounds: Number(values.rounds ?? (verb === 'start' ? 11 : 5)),
    megabytes: Number(values.megabytes),
    connections: Number(values.connections),
    inFlight: Number(values['in-flight']),
    perSecond: Number(values['per-second']),
    seconds: Number(values.seconds),
    bootstrap: values.bootstrap ?? null,
    pid: values.pid === undefined ? null : Number(values.pid),
  })
  const report = { bench: verb, node: process.version, ...result }
  process.stdout.write(values.json ? `${JSON.stringify(report)}\n` : `${table(report)}\n\n`)
}
