import { randomInt } from 'node:crypto'
import { runMutations } from './mutation-run.ts'
import { parseOptions, type SimOptions } from './options.ts'
import { runPool, type SeedReport, type SeedTask } from './pool.ts'
import { simulate } from './simulation.ts'

const REPORT_EVERY = 100
const TRACE_LINES = 200
const MAX_FAILURES = 10

/** One seed, in this process, with what happened in it. */
async function replay({ seed, minutes, brokers, trace }: SimOptions): Promise<boolean> {
  const outcome = await simulate({ seed, minutes, keepAll: trace, ...(brokers === undefined ? {} : { brokers }) })
  const { violation, simulatedMs, acknowledged, hash } = outcome
  if (trace || violation) print(...outcome.world.trace.tail(trace ? undefined : TRACE_LINES))
  print(
    `seed ${seed}: ${(simulatedMs / 1000).toFixed(1)} simulated seconds, ${acknowledged} records acknowledged, trace ${hash >>> 0}`,
  )
  if (violation) print(`VIOLATION of ${violation.fact}: ${violation.message}`)
  return violation === undefined
}

/** Many seeds, on several processes. */
async function sweep(options: SimOptions): Promise<boolean> {
  const { seed, seeds, minutes, brokers, jobs } = options
  const startedMs = performance.now()
  const failures: SeedReport[] = []
  let done = 0
  let simulatedMs = 0
  function* tasks(): Generator<SeedTask> {
    for (let i = 0; i < seeds; i++) yield { seed: seed + i, minutes, brokers }
  }
  const summary = () => {
    const seconds = (performance.now() - startedMs) / 1000
    const rate = (done / seconds).toFixed(1)
    return `${done} seeds, ${failures.length} violations, ${Math.round(simulatedMs / 3_600_000)} simulated hours in ${Math.round(seconds)} s (${rate} seeds/s)`
  }
  print(`seeds ${seed} to ${seed + seeds - 1}`)
  await runPool({
    jobs,
    tasks: tasks(),
    report: (report) => {
      done++
      simulatedMs += report.simulatedMs
      if (report.violation) {
        failures.push(report)
        print(`seed ${report.seed}: VIOLATION of ${report.violation.fact}: ${report.violation.message.split('\n')[0]}`)
      }
      if (done % REPORT_EVERY === 0) print(summary())
      return failures.length >= MAX_FAILURES
    },
  })
  print(summary())
  if (failures.length > 0) {
    const shown = `--minutes ${minutes}${brokers === undefined ? '' : ` --brokers ${brokers}`}`
    print(`step by step: npm run sim -- --seed ${failures[0]!.seed} ${shown} --trace`)
  }
  return failures.length === 0
}

function print(...lines: string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`)
}

try {
  const options = parseOptions(process.argv.slice(2), randomInt(1, 2 ** 31))
  const passed = options.mutations
    ? await runMutations({ ...options, print })
    : options.seeds === 1
      ? await replay(options)
      : await sweep(options)
  process.exitCode = passed ? 0 : 1
} catch (error) {
  print((error as Error).stack ?? String(error))
  process.exitCode = 1
}
