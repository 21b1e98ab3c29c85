import { ClusterClient } from './cluster-client.ts'
import { Ledger } from './ledger.ts'
import { KafkaJsGroup, KafkaJsLoad, KcatLoad, type Load } from './loads.ts'
import { LAYOUTS, Nodes, SOAK_TIMES } from './nodes.ts'
import { type Checks, type Outcome, type SoakRun, say, total, withNodes } from './outcome.ts'
import { Probe } from './probe.ts'
import { Tail } from './tail.ts'
import { sleep, spread, until } from './waiting.ts'

/** What three brokers need so that the loss of one costs nothing. */
export const REPLICATED = {
  'min.insync.replicas': '2',
  'default.replication.factor': '3',
  'offsets.topic.replication.factor': '3',
}
// Segments roll, and recovery has several of them.
const CONFIG = { ...SOAK_TIMES, ...REPLICATED, 'log.segment.bytes': String(1 << 20) }
const PROBE = { topic: 'probe', partitions: 6 }
/** Between full ISRs and the next kill, and between a kill and the restart. */
const CALM_MS = 2000
const DEAD_MS = 7000

/**
 * Three brokers under acks=all and min.insync.replicas=2, clients of three kinds, and kill -9 of a node every few seconds:
 * no acknowledged record is lost, none is doubled under idempotence, and how long each partition was not to be written.
 * In the end all nodes are killed at once, and come back.
 */
export async function clusterSoak(run: SoakRun): Promise<Outcome> {
  const outcomes: Outcome[] = []
  for (const layout of run.layouts) {
    const start = () => Nodes.start({ random: run.random, roles: LAYOUTS[layout]!, config: CONFIG })
    const minutes = run.minutes / run.layouts.length
    const name = `three brokers and three controllers, ${layout}`
    outcomes.push(await withNodes(run, name, start, (nodes, checks) => killAround(run, nodes, checks, minutes)))
  }
  return total(outcomes)
}

async function killAround(run: SoakRun, nodes: Nodes, checks: Checks, minutes: number): Promise<void> {
  const client = new ClusterClient(nodes)
  const { bootstrap } = nodes
  const loads: Load[] = [
    new KafkaJsLoad(bootstrap, new Ledger('kafkajs-idempotent', 3, true), run.random.fork(), { patient: true }),
    new KafkaJsLoad(bootstrap, new Ledger('kafkajs-plain', 3, false), run.random.fork()),
  ]
  if (await KcatLoad.isThere()) loads.push(new KcatLoad(bootstrap, new Ledger('kcat', 2, true), run.random.fork()))
  else say('skipped: kcat is not installed')
  const probe = new Probe(client, new Ledger(PROBE.topic, PROBE.partitions, false))
  const ledgers = [...loads.map(({ ledger }) => ledger), probe.ledger]
  for (const { topic, partitions } of ledgers) await client.createTopic(topic, partitions, 3)
  const tail = new Tail(client, ledgers[0]!.topic, ledgers[0]!.partitions)
  const group = new KafkaJsGroup(bootstrap, 'readers', [tail.topic])
  for (const load of loads) await load.start()
  await group.start()
  probe.start()
  tail.start()

  const kills = await killUntil(performance.now() + minutes * 60_000, run, nodes, client)
  await client.waitForIsr(null)
  await Promise.all(nodes.all.map((node) => node.kill()))
  await Promise.all(nodes.all.map((node) => node.start()))
  await client.waitForIsr(null)
  for (const load of loads) await load.stop()
  await probe.stop()
  await tail.stop()
  report(kills, probe, loads)
  for (const ledger of ledgers) await verify(client, ledger, checks)
  await checks.hold(`what consumers saw of ${tail.topic} is still there`, async () => {
    for (const [index] of tail.seen.entries()) tail.verify(index, await client.readAll(tail.topic, index))
  })
  const [{ stored }] = ledgers as [Ledger]
  await checks.hold('a consumer group got every record', async () => {
    const ask = async () => group.seen.size
    await until(90_000, `the group did not get all ${stored} records`, ask, (size) => size === stored)
  })
  for (const { ledger, errors } of loads.filter(({ ledger }) => ledger.exact)) {
    checks.check(`${ledger.topic}: no error reached the application`, errors.length === 0, () => errors.join('; '))
  }
  await group.stop()
  await client.close()
}

interface Kill {
  readonly atMs: number
  readonly node: number
  readonly wasController: boolean
  /** Partitions of the probe's topic that it led, and that it followed. */
  readonly led: readonly number[]
  readonly followed: readonly number[]
}

async function killUntil(endMs: number, run: SoakRun, nodes: Nodes, client: ClusterClient): Promise<Kill[]> {
  const { random } = run
  const kills: Kill[] = []
  let reportedMs = performance.now()
  while (performance.now() < endMs) {
    await client.waitForIsr(null)
    await sleep(random.below(CALM_MS))
    const victim = nodes.all[random.below(nodes.all.length)]!
    const partitions = await client.partitions([PROBE.topic])
    const controller = await client.controller().catch(() => undefined)
    const atMs = performance.now()
    const killed = victim.kill()
    const led = partitions.filter(({ leader }) => leader === victim.id).map(({ index }) => index)
    const followed = partitions.filter(({ leader, isr }) => leader !== victim.id && isr.includes(victim.id))
    const wasController = controller?.leader === victim.id
    kills.push({ atMs, node: victim.id, wasController, led, followed: followed.map(({ index }) => index) })
    await killed
    await sleep(random.below(DEAD_MS))
    await victim.start()
    if (performance.now() - reportedMs < 60_000) continue
    reportedMs = performance.now()
    say(`${kills.length} kills so far`)
  }
  return kills
}

function report(kills: readonly Kill[], probe: Probe, loads: readonly Load[]): void {
  const times = (indexes: (kill: Kill) => readonly number[]) =>
    kills.flatMap((kill) => indexes(kill).flatMap((index) => probe.unavailableMs(index, kill.atMs) ?? []))
  const brokers = kills.filter(({ led, followed }) => led.length + followed.length > 0).length
  say(
    `killed ${kills.length} nodes, ${brokers} of them with replicas; a broker counts as dead after ${CONFIG['broker.session.timeout.ms']} ms`,
  )
  say(`unavailable for acks=all after a kill, partitions that the dead node led: ${spread(times(({ led }) => led))}`)
  say(
    `  of these, where it was the active controller, too: ${spread(times((kill) => (kill.wasController ? kill.led : [])))}`,
  )
  say(`  partitions that it followed: ${spread(times(({ followed }) => followed))}`)
  say(`an acknowledgement of the probe took ${spread(probe.latenciesMs)}`)
  for (const { ledger, errors } of [...loads, { ledger: probe.ledger, errors: [] }])
    say(`${ledger.topic}: ${ledger.acknowledged} records acknowledged, ${ledger.sent} sent, ${errors.length} errors`)
}

/** Everything acknowledged is there, whoever leads. */
export async function verify(client: ClusterClient, ledger: Ledger, checks: Checks): Promise<void> {
  const { topic, partitions, exact } = ledger
  await checks.hold(`${topic}: nothing acknowledged is lost${exact ? ' or doubled' : ''}, all in order`, async () => {
    for (let index = 0; index < partitions; index++) ledger.verify(index, await client.readAll(topic, index))
  })
  if (ledger.doubled > 0) say(`${topic}: ${ledger.doubled} records are there twice, as without idempotence they may`)
}
