import { REPLICATED, verify } from './cluster.ts'
import { ClusterClient } from './cluster-client.ts'
import { Ledger } from './ledger.ts'
import { KafkaJsLoad } from './loads.ts'
import { COMBINED, Nodes, SOAK_TIMES } from './nodes.ts'
import { type Checks, type Outcome, type SoakRun, say, withNodes } from './outcome.ts'
import { Probe } from './probe.ts'
import { sleep, spread, until } from './waiting.ts'

const PARTITIONS = 8
/** How long it may take until everything is where it should be. */
const EVEN_WITHIN_MS = 240_000

/** A fourth broker joins three under load: replicas and leaders are even afterwards, and nothing is lost on the way. */
export function fourthSoak(run: SoakRun): Promise<Outcome> {
  const config = { ...SOAK_TIMES, ...REPLICATED, 'odradek.rebalance.enable': 'true' }
  const start = () => Nodes.start({ random: run.random, roles: COMBINED, config })
  return withNodes(run, 'a fourth broker joins', start, (nodes, checks) => join(run, nodes, checks))
}

async function join(run: SoakRun, nodes: Nodes, checks: Checks): Promise<void> {
  const client = new ClusterClient(nodes)
  const loads = [
    new KafkaJsLoad(nodes.bootstrap, new Ledger('idempotent', PARTITIONS, true), run.random.fork()),
    new KafkaJsLoad(nodes.bootstrap, new Ledger('plain', PARTITIONS, false), run.random.fork()),
  ]
  const probe = new Probe(client, new Ledger('probe', PARTITIONS, false))
  const ledgers = [...loads.map(({ ledger }) => ledger), probe.ledger]
  for (const { topic, partitions } of ledgers) await client.createTopic(topic, partitions, 3)
  for (const load of loads) await load.start()
  probe.start()
  await sleep(run.minutes * 30_000)
  say(`before: ${describe(await shares(client, nodes))}`)

  const joinedMs = performance.now()
  const fourth = await nodes.add()
  await fourth.start()
  say(`the fourth broker served after ${Math.round(performance.now() - joinedMs)} ms`)
  const ask = () => shares(client, nodes)
  await checks.hold('replicas and leaders are even', async () => {
    await until(EVEN_WITHIN_MS, 'replicas and leaders were not even', ask, isEven)
    say(`even ${Math.round(performance.now() - joinedMs)} ms after it was started`)
  })
  await client.waitForIsr(null)
  await sleep(run.minutes * 30_000)
  say(`after: ${describe(await ask())}`)
  checks.check('and stay so', isEven(await ask()))

  for (const load of loads) await load.stop()
  await probe.stop()
  say(`an acknowledgement of the probe took ${spread(probe.latenciesMs)}`)
  for (const { ledger, errors } of loads) {
    say(`${ledger.topic}: ${ledger.acknowledged} records acknowledged`)
    checks.check(`${ledger.topic}: producers saw no error`, errors.length === 0, () => errors.slice(0, 5).join('; '))
  }
  for (const ledger of ledgers) await verify(client, ledger, checks)
  await client.close()
}

interface Share {
  readonly broker: number
  replicas: number
  leaders: number
}

/** What each broker holds and leads; of partitions that are being moved, nothing can be said. */
async function shares(client: ClusterClient, nodes: Nodes): Promise<Share[]> {
  const all = nodes.brokers.map(({ id }) => ({ broker: id, replicas: 0, leaders: 0 }))
  for (const { topic, index, replicas, leader } of await client.partitions(null)) {
    if (replicas.length !== 3) throw new Error(`${topic}-${index} is being moved`)
    for (const share of all) {
      if (replicas.includes(share.broker)) share.replicas++
      if (leader === share.broker) share.leaders++
    }
  }
  return all
}

function isEven(all: readonly Share[]): boolean {
  const apart = (key: 'replicas' | 'leaders') =>
    Math.max(...all.map((share) => share[key])) - Math.min(...all.map((share) => share[key]))
  return apart('replicas') <= 1 && apart('leaders') <= 1
}

const describe = (all: readonly Share[]): string =>
  all.map(({ broker, replicas, leaders }) => `broker ${broker} holds ${replicas} and leads ${leaders}`).join(', ')
