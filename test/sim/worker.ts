import type { SeedReport, SeedTask } from './pool.ts'
import { simulate } from './simulation.ts'

/** Runs the seeds that it is sent, one after the other, and says what came of each. */
process.on('message', async ({ seed, minutes, brokers }: SeedTask) => {
  const outcome = await simulate({ seed, minutes, ...(brokers === undefined ? {} : { brokers }) })
  const { violation, hash, simulatedMs, acknowledged } = outcome
  const report: SeedReport = {
    seed,
    hash,
    simulatedMs,
    acknowledged,
    ...(violation && { violation: { fact: violation.fact, message: violation.message } }),
  }
  process.send!(report)
})
