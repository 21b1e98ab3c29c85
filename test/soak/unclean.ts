import { ErrorCode, errorName } from '../../protocol/errors.ts'
import { ClusterClient } from './cluster-client.ts'
import { Nodes, SOAK_TIMES, separate } from './nodes.ts'
import { type Checks, type Outcome, type SoakRun, say, withNodes } from './outcome.ts'
import { sees } from './sees.ts'
import { sleep, until } from './waiting.ts'

/** Long enough for the controller to do what it should not. */
const WAIT_MS = 8000

/** No replica in sync is left: with unclean.leader.election.enable what is available, and what it costs; and without it. */
export function uncleanSoak(run: SoakRun): Promise<Outcome> {
  const start = () => Nodes.start({ random: run.random, roles: separate(1), config: SOAK_TIMES })
  return withNodes(run, 'no replica in sync is left', start, async (nodes, checks) => {
    const client = new ClusterClient(nodes)
    await trade(nodes, client, checks, true)
    await trade(nodes, client, checks, false)
    await eligible(nodes, client, checks)
    await client.close()
  })
}

/** The follower misses something, the leader dies, the follower returns. */
async function trade(nodes: Nodes, client: ClusterClient, checks: Checks, unclean: boolean): Promise<void> {
  const topic = unclean ? 'unclean' : 'clean'
  say(`# unclean.leader.election.enable=${unclean}`)
  await client.createTopic(topic, 1, 2, { 'unclean.leader.election.enable': String(unclean) })
  const { leader, replicas } = await client.partition(topic)
  const first = nodes.node(leader)
  const other = nodes.node(replicas.find((id) => id !== leader)!)
  await mustTake(client, leader, topic, 'both have it', -1)
  await other.kill()
  await until(
    30_000,
    'the ISR did not shrink',
    () => client.partition(topic),
    ({ isr }) => isr.length === 1,
  )
  await mustTake(client, leader, topic, 'one has it', 1)
  await first.kill()
  await until(
    30_000,
    'the partition was not without leader',
    () => client.partition(topic),
    (now) => now.leader < 0,
  )
  const startedMs = performance.now()
  await other.start()
  if (unclean) {
    const limit = 'the follower did not lead'
    await until(
      30_000,
      limit,
      () => client.partition(topic),
      (now) => now.leader === other.id,
    )
    say(`available ${Math.round(performance.now() - startedMs)} ms after a replica out of sync was started`)
    await sees(client, checks, topic, 'what only the dead leader had is lost', ['both have it'])
    await mustTake(client, other.id, topic, 'later', -1)
  } else {
    await sleep(WAIT_MS)
    const { leader: now } = await client.partition(topic)
    checks.check('a replica out of sync does not lead', now < 0, () => `${now} leads`)
  }
  await first.start()
  await client.waitForIsr([topic])
  const wanted = ['both have it', unclean ? 'later' : 'one has it']
  await sees(client, checks, topic, unclean ? 'the old leader gives up what it had' : 'nothing is lost', wanted)
  await passOn(nodes, client, checks, topic, wanted)
}

/** KIP-966: the ISR is below its minimum; who left it last in order may lead, for it has everything committed. */
async function eligible(nodes: Nodes, client: ClusterClient, checks: Checks): Promise<void> {
  const topic = 'eligible'
  say('# eligible leader replicas')
  await client.createTopic(topic, 1, 3, { 'min.insync.replicas': '2' })
  const { leader, replicas } = await client.partition(topic)
  const [one, two] = replicas.filter((id) => id !== leader).map((id) => nodes.node(id))
  await mustTake(client, leader, topic, 'committed', -1)
  await one!.stop()
  await until(
    30_000,
    'the ISR did not shrink',
    () => client.partition(topic),
    ({ isr }) => isr.length === 2,
  )
  await two!.stop()
  await until(
    30_000,
    'the ISR did not shrink',
    () => client.partition(topic),
    ({ isr }) => isr.length === 1,
  )
  const { elr } = await client.eligible(topic)
  checks.check('who left an ISR at its minimum is eligible', elr.join() === String(two!.id), () => `Elr: ${elr}`)
  await mustTake(client, leader, topic, 'above the high watermark', 1)
  await nodes.node(leader).kill()
  await one!.start()
  await until(
    30_000,
    'the partition was not without leader',
    () => client.partition(topic),
    (now) => now.leader < 0,
  )
  await sleep(WAIT_MS)
  const { leader: none } = await client.partition(topic)
  checks.check('who left before does not lead', none < 0, () => `${none} leads`)
  await two!.start()
  await until(
    30_000,
    'the eligible one did not lead',
    () => client.partition(topic),
    (now) => now.leader === two!.id,
  )
  await sees(client, checks, topic, 'an eligible replica leads and has everything committed', ['committed'])
  await nodes.node(leader).start()
  await client.waitForIsr([topic])
  await passOn(nodes, client, checks, topic, ['committed'])
}

/** The replicas agree: whoever leads next has the same. */
async function passOn(
  nodes: Nodes,
  client: ClusterClient,
  checks: Checks,
  topic: string,
  wanted: readonly string[],
): Promise<void> {
  const { leader } = await client.partition(topic)
  await nodes.node(leader).stop()
  const ask = () => client.partition(topic)
  await until(30_000, 'nobody else led', ask, (now) => now.leader >= 0 && now.leader !== leader)
  await sees(client, checks, topic, 'the next leader has the same', wanted)
  await nodes.node(leader).start()
  await client.waitForIsr([topic])
}

async function mustTake(client: ClusterClient, to: number, topic: string, value: string, acks: number): Promise<void> {
  const ask = () => client.produce(to, topic, 0, [value], { acks, timeoutMs: 2500 })
  const { errorCode } = await ask()
  if (errorCode !== ErrorCode.NONE) throw new Error(`${topic}: "${value}" with acks=${acks}: ${errorName(errorCode)}`)
}
