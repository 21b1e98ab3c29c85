import { ErrorCode, errorName } from '../../protocol/errors.ts'
import { ClusterClient } from './cluster-client.ts'
import { Nodes, SOAK_TIMES, separate } from './nodes.ts'
import { type Checks, type Outcome, type SoakRun, say, withNodes } from './outcome.ts'
import { sees } from './sees.ts'
import { until } from './waiting.ts'

const TOPIC = 'orders'
const ACKS_ONE = 50

/** Two of three brokers are dead: what is refused, what is taken, what is seen; and what remains when they are back. */
export function minoritySoak(run: SoakRun): Promise<Outcome> {
  const config = { ...SOAK_TIMES, 'min.insync.replicas': '2', 'replica.lag.time.max.ms': '3000' }
  const start = () => Nodes.start({ random: run.random, roles: separate(1), config })
  return withNodes(run, 'two of three brokers dead, a controller elsewhere', start, minority)
}

async function minority(nodes: Nodes, checks: Checks): Promise<void> {
  const client = new ClusterClient(nodes)
  await client.createTopic(TOPIC, 1, 3)
  const { leader, replicas } = await client.partition(TOPIC)
  const followers = replicas.filter((id) => id !== leader).map((id) => nodes.node(id))
  const send = (value: string, acks: number) => client.produce(leader, TOPIC, 0, [value], { acks })
  const before = await send('committed', -1)
  checks.check('acks=all before', before.errorCode === ErrorCode.NONE, () => errorName(before.errorCode))

  const killedMs = performance.now()
  await Promise.all(followers.map((node) => node.kill()))
  await until(
    60_000,
    'the ISR did not shrink',
    () => client.partition(TOPIC),
    ({ isr }) => isr.length === 1,
  )
  say(`the ISR was the leader alone ${Math.round(performance.now() - killedMs)} ms after two of three were killed`)
  const refused = await send('refused', -1)
  checks.check('acks=all is NOT_ENOUGH_REPLICAS', refused.errorCode === ErrorCode.NOT_ENOUGH_REPLICAS, () =>
    errorName(refused.errorCode),
  )
  const taken: number[] = []
  for (let i = 0; i < ACKS_ONE; i++) taken.push((await send(`alone ${i}`, 1)).errorCode)
  checks.check(
    'acks=1 works',
    taken.every((code) => code === ErrorCode.NONE),
    () => taken.map(errorName).join(),
  )
  const seen = await client.readAll(TOPIC, 0)
  const { highWatermark, stored } = await client.fetch(leader, TOPIC, 0, 0)
  const only = seen.length === 1 && stored.length === 1 && highWatermark === 1
  checks.check(
    'consumers see nothing above the high watermark',
    only,
    () => `${highWatermark}, ${JSON.stringify(seen)}`,
  )

  await Promise.all(followers.map((node) => node.start()))
  await client.waitForIsr([TOPIC])
  const after = await send('after', -1)
  checks.check('acks=all works again', after.errorCode === ErrorCode.NONE, () => errorName(after.errorCode))
  const wanted = ['committed', ...Array.from({ length: ACKS_ONE }, (_, i) => `alone ${i}`), 'after']
  await sees(client, checks, TOPIC, 'all of it is there, and nothing that was refused', wanted)
  await nodes.node(leader).kill()
  await until(
    60_000,
    'nobody else led',
    () => client.partition(TOPIC),
    (now) => now.leader >= 0 && now.leader !== leader,
  )
  await sees(client, checks, TOPIC, 'and at the next leader, too', wanted)
  await nodes.node(leader).start()
  await client.close()
}
