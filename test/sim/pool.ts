import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export interface SeedTask {
  readonly seed: number
  readonly minutes: number
  readonly brokers: number | undefined
}

export interface SeedReport {
  readonly seed: number
  readonly hash: number
  readonly simulatedMs: number
  readonly acknowledged: number
  readonly violation?: { readonly fact: string; readonly message: string }
}

export interface PoolOptions {
  readonly jobs: number
  readonly tasks: Iterable<SeedTask>
  /** Where the compiled simulator is. */
  readonly worker?: string
  /** True: no further seed is begun. */
  report(report: SeedReport): boolean
}

/** Real time that one seed may take. */
const HUNG_MS = 120_000

const WORKER = fileURLToPath(new URL('./worker.js', import.meta.url))

/** Seeds on several processes, each of which takes one after the other. */
export async function runPool({ jobs, tasks, worker = WORKER, report }: PoolOptions): Promise<void> {
  const queue = tasks[Symbol.iterator]()
  let stopped = false
  const next = () => (stopped ? undefined : queue.next().value) as SeedTask | undefined
  const one = async () => {
    let child: ChildProcess | undefined
    for (let task = next(); task !== undefined; task = next()) {
      child ??= fork(worker, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
      const outcome = await run(child, task)
      if (outcome.violation?.fact === 'crash') {
        child.kill('SIGKILL')
        child = undefined
      }
      if (report(outcome)) stopped = true
    }
    child?.kill()
  }
  await Promise.all(Array.from({ length: jobs }, one))
}

function run(child: ChildProcess, task: SeedTask): Promise<SeedReport> {
  return new Promise((resolve) => {
    const settle = (report: SeedReport) => {
      clearTimeout(limit)
      child.removeAllListeners()
      resolve(report)
    }
    const lost = (message: string) =>
      settle({ seed: task.seed, hash: 0, simulatedMs: 0, acknowledged: 0, violation: { fact: 'crash', message } })
    const limit = setTimeout(() => lost(`the simulator is not done after ${HUNG_MS} ms`), HUNG_MS)
    child.once('exit', (code) => lost(`the simulator ended with ${code}`))
    child.once('message', settle)
    child.send(task)
  })
}
