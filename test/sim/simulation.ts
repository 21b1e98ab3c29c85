import { ImageChecker } from './checkers/image-checker.ts'
import { PartitionChecker } from './checkers/partition-checker.ts'
import { QuorumChecker } from './checkers/quorum-checker.ts'
import { addNodes, planCluster } from './cluster.ts'
import { Nemesis } from './nemesis.ts'
import { Plotter } from './plotter.ts'
import { whatIsMissing } from './progress.ts'
import { Violation } from './violation.ts'
import { Workload } from './workload.ts'
import { World } from './world.ts'

/** How long a cluster without faults may take to come to what `whatIsMissing` asks for. */
const PROGRESS_WITHIN_MS = 60_000
const LOOK_EVERY_MS = 250

export interface SimulationOptions {
  readonly seed: number
  /** Of faults, in simulated time; what comes before and after is on top. */
  readonly minutes: number
  /** Default: 3 to 5, by the seed. */
  readonly brokers?: number
  readonly keepAll?: boolean
}

export interface Outcome {
  readonly seed: number
  readonly violation: Violation | undefined
  /** Equal for equal runs. */
  readonly hash: number
  readonly simulatedMs: number
  readonly acknowledged: number
  /** As it was at the end, for whoever looks for the cause. */
  readonly world: World
}

/** One run: a cluster comes up, works under faults, is left alone, and has to be whole and to have lost nothing. */
export async function simulate({ seed, minutes, brokers, keepAll = false }: SimulationOptions): Promise<Outcome> {
  const world = new World(seed, { keepAll })
  const { random } = world
  const plan = planCluster(random, brokers ?? 3 + random.below(3))
  addNodes(world, plan)
  world.checkers.push(new QuorumChecker(world), new PartitionChecker(world), new ImageChecker())
  const replicationFactor = Math.min(3, plan.brokers)
  // Small segments, so that they roll and logs are cut across them.
  const configs = random.below(2) === 0 ? {} : { 'internal.segment.bytes': '4000' }
  const topics = [
    { name: 'orders', partitions: 1 + random.below(3), replicationFactor, configs },
    { name: 'events', partitions: 1, replicationFactor, configs: {} },
  ]
  const workload = new Workload(world, topics, plan)
  const onUnhandled = (error: unknown) => world.fail(error)
  process.on('unhandledRejection', onUnhandled)
  await runPhases(world, workload, new Nemesis(world, plan), minutes)
  process.off('unhandledRejection', onUnhandled)
  let acknowledged = 0
  for (const history of workload.history.partitions.values()) acknowledged += history.acknowledged.size
  return {
    seed,
    violation: world.violation,
    hash: world.trace.hash,
    simulatedMs: world.time.monotonicMs(),
    acknowledged,
    world,
  }
}

async function runPhases(world: World, workload: Workload, nemesis: Nemesis, minutes: number): Promise<void> {
  const plotter = new Plotter(world, nemesis)
  for (const node of world.nodes) world.time.after(world.random.below(300), () => node.boot())
  await until(world, 'start', () => whatIsMissing(world))
  if (!(await finished(world, 'creating topics', workload.start()))) return
  nemesis.start()
  plotter.start()
  await world.run(minutes * 60_000)
  if (world.violation) return
  workload.stopOperating()
  plotter.end()
  nemesis.rest()
  await until(world, 'progress', () => {
    nemesis.revive()
    return whatIsMissing(world)
  })
  if (world.violation) return
  workload.stopProducing()
  await until(world, 'producers', () =>
    workload.producers
      .filter(({ isDone }) => !isDone)
      .map(({ options }) => `${options.topic}-${options.partition} acks=${options.acks}`),
  )
  if (world.violation) return
  await finished(world, 'reading everything', workload.verify())
}

/** Lets the world go on until nothing is missing; takes too long: no progress. */
async function until(world: World, what: string, missing: () => string[]): Promise<void> {
  const limitMs = world.time.monotonicMs() + PROGRESS_WITHIN_MS
  for (let left = missing(); left.length > 0; left = missing()) {
    if (world.violation !== undefined) return
    if (world.time.monotonicMs() > limitMs) {
      world.fail(new Violation('no progress', `${what} is missing after ${PROGRESS_WITHIN_MS} ms: ${left.join('; ')}`))
      return
    }
    await world.run(LOOK_EVERY_MS)
  }
  world.trace.note('simulation', `${what}: done`)
}

/** Lets the world go on until a client is done. */
async function finished(world: World, what: string, work: Promise<void>): Promise<boolean> {
  let isDone = false
  work.then(
    () => {
      isDone = true
    },
    (error) => world.fail(error),
  )
  await until(world, what, () => (isDone ? [] : [what]))
  return world.violation === undefined
}
