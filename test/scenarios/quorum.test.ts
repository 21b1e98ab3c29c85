import t from 'tap'
import type { ApiOf } from '../../protocol/api/index.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import { KEY } from '../api/harness.ts'
import { CONTROLLER_PORT, type ScenarioCluster, scenario } from './cluster.ts'

t.setTimeout(240_000)

const CONTROLLERS = [101, 102, 103]
const VOTE = 52
const HEARTBEAT = 63
const CLUSTER_METADATA = '__cluster_metadata'
/** controller.quorum.election.timeout.ms, which scenarios leave as it is. */
const ELECTION_TIMEOUT_MS = 1000
/** Of a control batch's record that names the leader. */
const LEADER_CHANGE = 2

const others = (id: number): number[] => CONTROLLERS.filter((other) => other !== id)
const hasTopic = (c: ScenarioCluster, name: string): boolean => c.image.topics.byName.has(name)
const create = (name: string) => ({
  topics: [{ name, numPartitions: 1, replicationFactor: 3, assignments: [], configs: [] }],
  timeoutMs: 30_000,
  validateOnly: false,
})

/** A vote in `epoch` for the voter `candidate`, whose log is as long as can be. */
async function vote(c: ScenarioCluster, voter: number, candidate: number, epoch: number): Promise<boolean> {
  const partition = {
    partitionIndex: 0,
    replicaEpoch: epoch,
    replicaId: candidate,
    lastOffsetEpoch: epoch - 1,
    lastOffset: 1_000_000,
    preVote: false,
  }
  const body: ApiOf<52>['request']['Input'] = {
    voterId: voter,
    topics: [{ topicName: CLUSTER_METADATA, partitions: [partition] }],
  }
  const answer = await c.ask(voter, VOTE, body, { port: CONTROLLER_PORT, version: 2 })
  return answer.topics[0]!.partitions[0]!.voteGranted
}

t.test(
  'F12: the active controller is killed: another one acts, what was committed stays, nobody is fenced',
  async (t) => {
    const c = await scenario(t, { controllers: 3 })
    const first = c.active
    t.equal(await c.createTopic('committed'), ErrorCode.NONE)
    await c.heard()
    const { epoch } = first.rooms!.quorum.leader
    const pending = c.send(2, KEY.CREATE_TOPICS, create('pending'))
    first.kill('written')
    const ms = await c.until(() => c.hasController, 'another controller')
    t.ok(ms <= ELECTION_TIMEOUT_MS, `acts after ${ms} ms (ADR 10)`)
    const next = c.active
    t.not(next.id, first.id)
    const newEpoch = next.rooms!.quorum.leader.epoch
    t.ok(newEpoch > epoch)
    const own = c.metadataLog(next.id).find((batch) => batch.epoch === newEpoch)!
    t.ok(own.control, 'its first batch is one of the quorum')
    t.match(own.records, [{ type: LEADER_CHANGE, value: { leaderId: next.id } }])
    t.ok(hasTopic(c, 'committed'))
    t.equal((await c.outcome(pending)).topics[0]!.errorCode, ErrorCode.NONE, 'the broker asked again')
    t.ok(hasTopic(c, 'pending'))
    const seen = own.baseOffset
    await c.run(20_000)
    const fenced = c
      .metadataLog(next.id)
      .filter(({ baseOffset }) => baseOffset > seen)
      .flatMap((batch) => (batch.control ? [] : batch.records))
      .filter(({ type }) => type === 'BrokerRegistrationChangeRecord' || type === 'FenceBrokerRecord')
    t.same(fenced, [], 'heartbeats moved in time')
    for (const { fenced } of c.image.cluster.brokers.values()) t.notOk(fenced)
  },
)

t.test(
  'F13: the active controller is cut off: it resigns, and what it could not commit is gone on its return',
  async (t) => {
    const c = await scenario(t, { controllers: 3 })
    const first = c.active
    const { rooms } = first
    c.cut(first.id, others(first.id))
    const lost = c.send(first.id, KEY.CREATE_TOPICS, create('lost'), { port: CONTROLLER_PORT })
    const cutAtMs = c.world.time.monotonicMs()
    await c.until(() => !rooms!.role.isActive, 'it resigns')
    const ms = c.world.time.monotonicMs() - cutAtMs
    t.ok(ms > 1_500 && ms < 3_600, `after ${ms} ms: 1.5 x controller.quorum.fetch.timeout.ms`)
    t.equal((await c.outcome(lost)).topics[0]!.errorCode, ErrorCode.NOT_CONTROLLER)
    const heartbeat = { brokerId: 1, brokerEpoch: 0n, currentMetadataOffset: 0, wantFence: false, wantShutDown: false }
    const { errorCode } = await c.ask(first.id, HEARTBEAT, heartbeat, { port: CONTROLLER_PORT })
    t.equal(errorCode, ErrorCode.NOT_CONTROLLER)
    const written = rooms!.quorum.log.logEndOffset
    const next = await c.elected()
    t.not(next.id, first.id)
    t.equal(await c.createTopic('kept'), ErrorCode.NONE)
    c.heal()
    await c.whole()
    t.ok(written > 0)
    t.notOk(rooms!.loader.image.topics.byName.has('lost'))
    t.ok(rooms!.loader.image.topics.byName.has('kept'))
    const names = c.metadataLog(first.id).flatMap((batch) => {
      if (batch.control) return []
      return batch.records.flatMap((one) => (one.type === 'TopicRecord' ? [one.value.name] : []))
    })
    t.same(names, ['t', 'kept'], 'not in its log either')
  },
)

t.test('F14: a vote that was given right before a crash is kept after it', async (t) => {
  const c = await scenario(t, { controllers: 3 })
  const voter = others(c.active.id)[0]!
  const [one, other] = others(voter) as [number, number]
  const epoch = c.active.rooms!.quorum.leader.epoch + 10
  c.cut(voter, others(voter))
  t.equal(await vote(c, voter, one, epoch), true)
  c.node(voter).kill('synced')
  await c.boots(voter)
  t.equal(await vote(c, voter, other, epoch), false, 'not for another one in that epoch')
  t.equal(await vote(c, voter, one, epoch), true, 'it is still that one’s')
  t.equal(await vote(c, voter, other, epoch + 1), true)
  c.heal()
  await c.whole()
})

t.test('F15: a voter whose log is behind cannot win, even if it is the first to try', async (t) => {
  const c = await scenario(t, { controllers: 3 })
  const leader = c.active.id
  const [behind, upToDate] = others(leader) as [number, number]
  c.cut(behind, [...others(behind), 1, 2, 3])
  t.equal(await c.createTopic('unknown-to-it'), ErrorCode.NONE)
  // Long enough for it to miss its leader and ask for votes, again and again.
  await c.run(5_000)
  t.equal(c.active.id, leader, 'which disturbs nobody (KIP-996)')
  c.node(upToDate).pause()
  c.heal()
  c.node(leader).kill('written')
  await c.run(3_000)
  t.notOk(c.node(behind).rooms!.role.isActive, 'alone it has no majority')
  c.node(upToDate).resume()
  const next = await c.elected()
  t.ok(next.rooms!.loader.image.topics.byName.has('unknown-to-it'))
  t.ok(c.rooms(behind).quorum.leader.id === next.id || next.id === behind)
})

t.test('F16: a broker that knows nothing gets the snapshot first, then the log behind it, and registers', async (t) => {
  const config = {
    'metadata.log.max.record.bytes.between.snapshots': '2000',
    'metadata.max.retention.bytes': '4000',
    'metadata.log.segment.ms': '1000',
  }
  const c = await scenario(t, { controllers: 3, config })
  for (let i = 0; i < 30; i++) t.equal(await c.createTopic(`topic-${i}`), ErrorCode.NONE)
  const { log } = c.active.rooms!.quorum
  await c.until(() => log.logStartOffset > 0, 'the log begins with a snapshot', 240_000)
  c.addNode(4)
  await c.boots(4)
  const broker = c.image.cluster.brokers.get(4)!
  t.notOk(broker.fenced)
  await c.heard()
  t.ok(c.rooms(4).quorum.log.logStartOffset > 0, 'it has only what follows a snapshot')
  t.equal(c.rooms(4).loader.image.topics.byName.size, c.image.topics.byName.size)
})
