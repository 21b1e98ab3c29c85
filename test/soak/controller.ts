import { ErrorCode } from '../../protocol/errors.ts'
import { ClusterClient } from './cluster-client.ts'
import { LAYOUTS, Nodes, SOAK_TIMES } from './nodes.ts'
import { type Checks, type Outcome, type SoakRun, say, total, withNodes } from './outcome.ts'
import { sleep, spread, until } from './waiting.ts'

/** Kafka's default; the soak does not set it. */
const ELECTION_TIMEOUT_MS = 1000

/** The active controller is killed, `count` times: how long until another one acts. */
export async function controllerSoak(run: SoakRun, count: number): Promise<Outcome> {
  const outcomes: Outcome[] = []
  for (const layout of run.layouts) {
    const start = () => Nodes.start({ random: run.random, roles: LAYOUTS[layout]!, config: SOAK_TIMES })
    const name = `three brokers and three controllers, ${layout}`
    outcomes.push(await withNodes(run, name, start, (nodes, checks) => killControllers(run, nodes, checks, count)))
  }
  return total(outcomes)
}

async function killControllers(run: SoakRun, nodes: Nodes, checks: Checks, count: number): Promise<void> {
  const client = new ClusterClient(nodes)
  const electedMs: number[] = []
  const actsMs: number[] = []
  for (let round = 0; round < count; round++) {
    const ask = () => client.controller()
    const { leader } = await until(30_000, 'the quorum had no leader', ask, (now) => now.leader > 0)
    await sleep(run.random.below(1000))
    const killedMs = performance.now()
    await nodes.node(leader).kill()
    const elected = until(30_000, 'no other controller led', ask, (now) => now.leader > 0 && now.leader !== leader)
    const created = until(
      30_000,
      'no other controller acted',
      () => client.tryToCreate(`topic-${round}`, 1, 1),
      (code) => code === ErrorCode.NONE || code === ErrorCode.TOPIC_ALREADY_EXISTS,
    )
    await Promise.all([
      elected.then(() => electedMs.push(performance.now() - killedMs)),
      created.then(() => actsMs.push(performance.now() - killedMs)),
    ])
    await nodes.node(leader).start()
    await client.waitForIsr(null)
  }
  say(`another controller led after ${spread(electedMs)}, and had created a topic after ${spread(actsMs)}`)
  const median = [...actsMs].sort((one, other) => one - other)[actsMs.length >> 1]!
  checks.check(
    `another controller acts within the election timeout of ${ELECTION_TIMEOUT_MS} ms (median)`,
    median <= ELECTION_TIMEOUT_MS,
    () => `${median} ms`,
  )
  const names = Array.from({ length: count }, (_, round) => `topic-${round}`)
  const found = await client.partitions(names)
  checks.check('every topic that was created is there', found.length === count, () => `${found.length} of ${count}`)
  await client.close()
}
