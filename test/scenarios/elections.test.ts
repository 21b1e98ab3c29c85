import t from 'tap'
import { ErrorCode } from '../../protocol/errors.ts'
import { KEY } from '../api/harness.ts'
import { type ScenarioCluster, scenario } from './cluster.ts'

t.setTimeout(240_000)

const CONTROLLER = 101
/** As long as a broker is believed to live without a heartbeat, and an election on top. */
const FENCED_AND_ELECTED_MS = 9_000 + 5_000

const offlinePartitions = (c: ScenarioCluster): number =>
  [...c.topic().partitions.values()].filter(({ leader }) => leader < 0).length

async function latest(c: ScenarioCluster, id: number) {
  const topics = [{ name: 't', partitions: [{ partitionIndex: 0, timestamp: -1 }] }]
  const answer = await c.ask(id, KEY.LIST_OFFSETS, { replicaId: -1, isolationLevel: 0, topics }, { version: 7 })
  return answer.topics[0]!.partitions[0]!
}

t.test('F1: the leader is killed under load: another one leads, and all that was acknowledged is there', async (t) => {
  const c = await scenario(t)
  const before = c.partition()
  t.equal(before.leader, 1)
  const acknowledged: string[] = []
  for (let i = 0; i < 10; i++) {
    t.match(await c.outcome(c.produce(1, [`r${i}`])), { errorCode: ErrorCode.NONE, baseOffset: i })
    acknowledged.push(`r${i}`)
  }
  c.node(1).kill('written')
  const ms = await c.until(() => c.hasController && c.partition().leader > 1, 'another leader')
  t.ok(ms < FENCED_AND_ELECTED_MS, `${ms} ms`)
  const { leader, leaderEpoch, isr } = c.partition()
  t.same([leader, leaderEpoch, isr], [2, before.leaderEpoch + 1, [2, 3]])
  await c.heard()
  t.match(await c.outcome(c.produce(2, ['after'])), { errorCode: ErrorCode.NONE, baseOffset: 10 })
  t.same(await c.read(2), [...acknowledged, 'after'])
  await c.boots(1)
  await c.whole()
  t.equal(c.bytes(1), c.bytes(2))
})

t.test('F2: what acks=1 wrote to a leader alone is cut from it exactly where the new epoch begins', async (t) => {
  const c = await scenario(t, { controllers: 1 })
  t.equal((await c.outcome(c.produce(1, ['a', 'b']))).errorCode, ErrorCode.NONE)
  for (const id of [2, 3]) c.node(id).pause()
  for (let i = 0; i < 100; i++)
    t.equal((await c.outcome(c.produce(1, [`lost ${i}`], { acks: 1 }))).errorCode, ErrorCode.NONE)
  t.equal(c.replica(1).log.logEndOffset, 102)
  c.node(1).kill('written')
  for (const id of [2, 3]) c.node(id).resume()
  await c.until(() => c.partition().leader === 2, 'b2 leads')
  await c.heard()
  const start = c.replica(2).log.epochs.entries.at(-1)!.startOffset
  t.ok(start < 102, `without them: from offset ${start}`)
  t.match(await c.outcome(c.produce(2, ['of the new epoch'])), { errorCode: ErrorCode.NONE, baseOffset: start })
  const cut = c.bytes(2).slice(0, c.bytes(1).length)
  await c.boots(1)
  await c.whole()
  t.same(c.replica(1).log.epochs.entries.at(-1), { epoch: c.partition().leaderEpoch, startOffset: start })
  for (const id of [1, 3]) t.equal(c.bytes(id), c.bytes(2), `b${id} is the same, byte for byte`)
  t.ok(cut.length > 0)
})

t.test('F10: right after an election the end of the log is not told before it is known', async (t) => {
  const c = await scenario(t, { controllers: 1 })
  c.cut(3, [1])
  t.equal((await c.outcome(c.produce(1, ['a', 'b', 'c'], { acks: 1 }))).errorCode, ErrorCode.NONE)
  await c.run(1_000)
  t.same([c.replica(2).log.logEndOffset, c.replica(2).highWatermark], [3, 0])
  c.cut(3, [2])
  c.node(1).kill('written')
  await c.until(() => c.partition().leader === 2, 'b2 leads')
  await c.heard()
  t.same(c.partition().isr, [2, 3])
  t.match(await latest(c, 2), { errorCode: ErrorCode.OFFSET_NOT_AVAILABLE })
  c.heal()
  await c.until(() => c.replica(2).highWatermark === 3, 'b3 has them')
  t.match(await latest(c, 2), { errorCode: ErrorCode.NONE, offset: 3 })
})

t.test('F11: after leader changes without writes, a middle epoch is cut from who alone has it', async (t) => {
  const c = await scenario(t, { controllers: 1 })
  t.equal((await c.outcome(c.produce(1, ['a']))).errorCode, ErrorCode.NONE)
  // b1 alone gets records of the first epoch that nobody else has; meanwhile leadership changes three times.
  c.cut(1, [2, 3, CONTROLLER])
  t.equal((await c.outcome(c.produce(1, ['lost'], { acks: 1 }))).errorCode, ErrorCode.NONE)
  await c.until(() => c.partition().leader === 2, 'b2 leads')
  for (const [down, next] of [
    [2, 3],
    [3, 2],
  ] as const) {
    c.node(down).kill('written')
    await c.until(() => c.partition().leader !== down, `b${down} does not lead`)
    await c.boots(down)
    await c.until(() => c.partition().leader === next || c.partition().isr.includes(down), `b${down} is back`)
  }
  c.heal()
  await c.whole()
  const { leader } = c.partition()
  t.match(await c.outcome(c.produce(leader, ['b'])), { errorCode: ErrorCode.NONE, baseOffset: 1 })
  t.same(await c.read(leader), ['a', 'b'])
  await c.run(1_000)
  for (const id of [1, 2, 3]) t.equal(c.bytes(id), c.bytes(leader), `b${id}`)
})

t.test('F25: the last member of the ISR goes: offline until it returns, or another one leads uncleanly', async (t) => {
  const topics = { t: { replicas: [[1, 2, 3]], configs: { 'min.insync.replicas': '1' } } }
  const c = await scenario(t, { controllers: 1, isChecked: false, topics })
  // With eligible leaders the ISR would empty; without them it keeps its last member.
  const feature = { feature: 'eligible.leader.replicas.version', maxVersionLevel: 0, upgradeType: 2 }
  t.equal((await c.ask(1, KEY.UPDATE_FEATURES, { featureUpdates: [feature] })).errorCode, ErrorCode.NONE)
  t.equal((await c.outcome(c.produce(1, ['a']))).errorCode, ErrorCode.NONE)
  const leaveOnly1 = async () => {
    for (const id of [2, 3]) c.node(id).kill('written')
    await c.until(() => c.partition().isr.length === 1, 'b1 alone in the ISR')
    await c.heard()
    t.equal((await c.outcome(c.produce(1, ['of b1 alone']))).errorCode, ErrorCode.NONE)
    c.node(1).kill('written')
    await c.until(() => c.partition().leader < 0, 'offline')
    for (const id of [2, 3]) await c.boots(id)
    await c.run(5_000)
  }
  await leaveOnly1()
  t.match(c.partition(), { leader: -1, isr: [1] }, 'nobody else leads, and the ISR keeps it')
  t.equal(offlinePartitions(c), 1)
  t.match(await c.told(2), { leaderId: -1, errorCode: ErrorCode.LEADER_NOT_AVAILABLE })
  await c.boots(1)
  await c.until(() => c.partition().leader === 1, 'b1 leads again')
  t.equal(offlinePartitions(c), 0)
  await c.whole()
  t.same(await c.read(1), ['a', 'of b1 alone'])
  await leaveOnly1()
  t.equal(c.partition().leader, -1)
  t.equal(await c.configure(2, 't', { 'unclean.leader.election.enable': 'true' }, 2), ErrorCode.NONE)
  await c.until(() => c.partition().leader > 1, 'an unclean leader', 310_000)
  const elected = c.partitionChanges.filter(({ leaderRecoveryState }) => leaderRecoveryState === 1)
  t.match(elected, [{ isr: [c.partition().leader] }], 'once, as RECOVERING, and alone in the ISR')
  t.equal(c.active.rooms!.measurements.controller.uncleanElections, 1, 'E9')
  await c.until(() => c.partition().leaderRecoveryState === 0, 'recovered')
  await c.boots(1)
  await c.whole()
  const { leader } = c.partition()
  t.same(await c.read(leader), ['a', 'of b1 alone'], 'the second of b1 alone is gone: the trade')
  t.equal(c.bytes(1), c.bytes(leader))
})

t.test(
  'F26: below min ISR who leaves stays eligible, leads if the ISR empties, and is cleared afterwards',
  async (t) => {
    const c = await scenario(t, { controllers: 3 })
    t.equal((await c.outcome(c.produce(1, ['a']))).errorCode, ErrorCode.NONE)
    await c.stops(3)
    t.match(c.partition(), { isr: [1, 2], elr: [] }, 'as many as there have to be')
    await c.stops(2)
    t.match(c.partition(), { isr: [1], elr: [2] })
    await c.stops(1)
    t.match(c.partition(), { isr: [], leader: -1 })
    t.same([...c.partition().elr].sort(), [1, 2])
    await c.boots(2)
    await c.until(() => c.partition().leader === 2, 'an eligible one leads')
    t.equal(c.partition().leaderRecoveryState, 0, 'cleanly')
    await c.heard()
    const counted = () => c.voters.map((id) => c.rooms(id).measurements.controller.electionsFromElr)
    t.strictSame(counted(), [1, 1, 1], 'E6, N-C19: by every controller')
    const standby = c.voters.find((id) => id !== c.active.id)!
    c.node(standby).kill('written')
    await c.boots(standby)
    await c.heard()
    t.equal(c.rooms(standby).measurements.controller.electionsFromElr, 0, 'not what the log tells of earlier lives')
    t.ok(!c.partition().elr.includes(2) && c.partition().elr.includes(1))
    await c.boots(1)
    await c.until(() => c.partition().isr.length === 2, 'b1 is in sync')
    t.same(c.partition().elr, [])
    await c.heard()
    t.same(await c.read(2), ['a'])
  },
)

t.test('F30: leadership is back where it is preferred after 300 s', async (t) => {
  const c = await scenario(t, { controllers: 1 })
  await c.stops(1)
  t.equal(c.partition().leader, 2)
  await c.boots(1)
  await c.whole()
  let refused = 0
  const answers: number[] = []
  const ms = await c.until(() => c.partition().leader === 1, 'b1 leads', 310_000)
  t.ok(ms > 60_000, `after ${ms} ms`)
  await c.heard()
  for (let i = 0; i < 3; i++) {
    const { leaderId } = (await c.told(3))!
    const { errorCode } = await c.outcome(c.produce(leaderId, [`r${i}`]))
    if (errorCode !== ErrorCode.NONE) refused++
    answers.push(leaderId)
  }
  t.same([refused, answers], [0, [1, 1, 1]])
})
