import { REPLICATED, verify } from './cluster.ts'
import { ClusterClient } from './cluster-client.ts'
import { Ledger } from './ledger.ts'
import { KafkaJsGroup, KafkaJsLoad } from './loads.ts'
import { COMBINED, Nodes } from './nodes.ts'
import { type Checks, type Outcome, type SoakRun, say, withNodes } from './outcome.ts'
import { spread, until } from './waiting.ts'

const PARTITIONS = 6

/** All nodes are stopped and started one after the other under load: no application of kafkajs sees an error. */
export function rollingSoak(run: SoakRun): Promise<Outcome> {
  // Times as they come with the program: nothing here is about brokers that die.
  const start = () => Nodes.start({ random: run.random, roles: COMBINED, config: REPLICATED })
  return withNodes(run, 'rolling restarts', start, (nodes, checks) => roll(run, nodes, checks))
}

async function roll(run: SoakRun, nodes: Nodes, checks: Checks): Promise<void> {
  const client = new ClusterClient(nodes)
  const ledgers = [new Ledger('plain', PARTITIONS, false), new Ledger('idempotent', PARTITIONS, true)]
  const loads = ledgers.map((ledger) => new KafkaJsLoad(nodes.bootstrap, ledger, run.random.fork()))
  const topics = ledgers.map(({ topic }) => topic)
  for (const topic of topics) await client.createTopic(topic, PARTITIONS, 3)
  const group = new KafkaJsGroup(nodes.bootstrap, 'readers', topics)
  for (const load of loads) await load.start()
  await group.start()
  await until(
    30_000,
    'the group did not read',
    async () => group.seen.size,
    (size) => size > 0,
  )
  await client.waitForIsr(null)

  const stopMs: number[] = []
  const endMs = performance.now() + run.minutes * 60_000
  let rounds = 0
  do {
    for (const node of nodes.all) {
      const askedMs = performance.now()
      await node.stop()
      stopMs.push(performance.now() - askedMs)
      await node.start()
      await client.waitForIsr(null)
    }
    rounds++
  } while (performance.now() < endMs)

  for (const load of loads) await load.stop()
  say(`${rounds} times all three nodes; a node stopped in ${spread(stopMs)}`)
  for (const { ledger, errors } of loads) {
    say(`${ledger.topic}: ${ledger.acknowledged} records acknowledged`)
    checks.check(`${ledger.topic}: producers saw no error`, errors.length === 0, () => errors.slice(0, 5).join('; '))
  }
  for (const ledger of ledgers) await verify(client, ledger, checks)
  const stored = ledgers.reduce((sum, { stored }) => sum + stored, 0)
  await checks.hold('the group got every record', async () => {
    const ask = async () => group.seen.size
    await until(60_000, `the group did not get all ${stored} records`, ask, (size) => size === stored)
  })
  checks.check('consumers saw no error', group.errors.length === 0, () => group.errors.join('; '))
  await group.stop()
  await client.close()
}
