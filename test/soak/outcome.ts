import type { SeededRandom } from '../../src/base/seeded-random.ts'
import { Violation } from './content.ts'
import type { Nodes } from './nodes.ts'

export interface Outcome {
  readonly passed: number
  readonly failed: number
}

export interface SoakRun {
  readonly seed: number
  readonly random: SeededRandom
  readonly minutes: number
  /** Names of LAYOUTS. */
  readonly layouts: readonly string[]
  /** Leaves the data directories. */
  readonly keep: boolean
}

export const say = (text: string): void => void process.stdout.write(`${text}\n`)

/** Checks by name, as they come. */
export class Checks {
  passed = 0
  failed = 0

  check(name: string, holds: boolean, otherwise: () => string = () => ''): void {
    if (holds) this.passed++
    else this.failed++
    const why = holds ? '' : otherwise()
    say(`${holds ? 'ok' : 'NOT OK'} - ${name}${why === '' ? '' : `: ${why}`}`)
  }

  /** Something that throws a Violation where it does not hold. */
  async hold(name: string, check: () => void | Promise<void>): Promise<void> {
    try {
      await check()
      this.check(name, true)
    } catch (error) {
      if (!(error instanceof Violation)) throw error
      this.check(name, false, () => error.message)
    }
  }
}

/** Runs `soak` on nodes that go with it, and counts what it checked; whatever it throws is a failure. */
export async function withNodes(
  { keep }: SoakRun,
  name: string,
  start: () => Promise<Nodes>,
  soak: (nodes: Nodes, checks: Checks) => Promise<void>,
): Promise<Outcome> {
  const checks = new Checks()
  say(`# ${name}`)
  let nodes: Nodes | undefined
  try {
    nodes = await start()
    await soak(nodes, checks)
  } catch (error) {
    checks.check(name, false, () => (error instanceof Violation ? error.message : String((error as Error).stack)))
  }
  if (checks.failed > 0 && nodes) say(`${nodes.describe()}\ndata: ${nodes.dir}`)
  nodes?.end()
  if (nodes && checks.failed === 0 && !keep) nodes.remove()
  return checks
}

export function total(outcomes: readonly Outcome[]): Outcome {
  const sum = (key: keyof Outcome) => outcomes.reduce((all, outcome) => all + outcome[key], 0)
  return { passed: sum('passed'), failed: sum('failed') }
}
