import t from 'tap'
import { ErrorCode } from '../../protocol/errors.ts'
import type { SimNode } from '../sim/sim-node.ts'
import { CONTROLLER_PORT, type ScenarioCluster, scenario } from './cluster.ts'

t.setTimeout(240_000)

const DESCRIBE_QUORUM = 55
const ADD_RAFT_VOTER = 80
const REMOVE_RAFT_VOTER = 81
const METADATA_TOPIC = '__cluster_metadata'
/** Of a control batch's record that names the voters. */
const VOTERS = 6

type Key = readonly [id: number, directoryId: string]

/** Who a node is in the quorum: its id, and that of its disk. */
const keyOf = ({ id, directoryId }: SimNode): Key => [id, directoryId!]

/** The voters that a node goes by. */
const votersOf = ({ rooms }: SimNode): Key[] => rooms!.quorum.voters.map(({ id, directoryId }) => [id, directoryId])

async function add(c: ScenarioCluster, [voterId, voterDirectoryId]: Key, via = 1): Promise<number> {
  const listeners = [{ name: 'CONTROLLER', host: `n${voterId}`, port: CONTROLLER_PORT }]
  const body = { clusterId: null, timeoutMs: 30_000, voterId, voterDirectoryId, listeners, ackWhenCommitted: true }
  return (await c.ask(via, ADD_RAFT_VOTER, body)).errorCode
}

async function remove(c: ScenarioCluster, [voterId, voterDirectoryId]: Key, via = 1): Promise<number> {
  return (await c.ask(via, REMOVE_RAFT_VOTER, { clusterId: null, voterId, voterDirectoryId })).errorCode
}

/** As `kafka-metadata-quorum describe` shows it, by whichever broker. */
async function described(c: ScenarioCluster): Promise<{ leaderId: number; voters: Key[]; observers: Key[] }> {
  const topics = [{ topicName: METADATA_TOPIC, partitions: [{ partitionIndex: 0 }] }]
  const answer = await c.ask(1, DESCRIBE_QUORUM, { topics }, { version: 2 })
  const { leaderId, currentVoters, observers } = answer.topics[0]!.partitions[0]!
  const keys = (replicas: typeof currentVoters): Key[] =>
    replicas.map(({ replicaId, replicaDirectoryId }): Key => [replicaId, replicaDirectoryId]).sort()
  return { leaderId, voters: keys(currentVoters), observers: keys(observers) }
}

/** The last VotersRecord in a log: where it is, and whom it names. */
function lastVoters(c: ScenarioCluster, node: SimNode): { offset: number; ids: number[] } | undefined {
  const found = c.metadataLog(node.id).findLast((batch) => batch.control && batch.records[0]!.type === VOTERS)
  const record = found?.records[0] as { value: { voters: { voterId: number }[] } } | undefined
  return record && { offset: found!.baseOffset, ids: record.value.voters.map(({ voterId }) => voterId) }
}

const others = (c: ScenarioCluster, ...without: number[]): SimNode[] =>
  c.world.nodes.filter(({ id, state }) => id > 100 && state === 'up' && !without.includes(id))

t.test('F18: a voter whose disk comes back empty observes; it has to be removed and added', async (t) => {
  const c = await scenario(t, { controllers: 3, dynamic: true })
  const first = c.active
  const [lost, third] = others(c, first.id) as [SimNode, SimNode]
  const old = keyOf(lost)
  lost.kill('written')
  lost.replaceDisk()
  await c.boots(lost.id)
  await c.whole()
  const fresh = keyOf(lost)
  t.not(fresh[1], old[1])
  t.equal(lost.rooms!.quorum.state, 'observer')
  t.ok(lost.rooms!.loader.image.topics.byName.has('t'), 'it has read everything')
  const { voters, observers } = await described(c)
  t.same(voters, [first, lost, third].map((node) => (node === lost ? old : keyOf(node))).sort())
  t.ok(observers.some(([id, directoryId]) => id === fresh[0] && directoryId === fresh[1]))

  third.kill('written')
  const { epoch } = first.rooms!.quorum.leader
  const pending = c.createTopic('late')
  await c.until(() => !c.hasController, 'the leader is alone, whatever the observer fetches')
  await c.run(10_000)
  t.notOk(c.hasController, 'nor does anybody elect it again')
  t.equal(lost.rooms!.quorum.state, 'observer')
  t.notOk(lost.rooms!.loader.image.topics.byName.has('late'))
  await c.boots(third.id)
  await pending
  await c.elected()
  t.ok(c.active.rooms!.quorum.leader.epoch > epoch)
  await c.whole()

  t.equal(await add(c, fresh), ErrorCode.DUPLICATE_VOTER)
  t.equal(await remove(c, fresh), ErrorCode.VOTER_NOT_FOUND)
  t.equal(await remove(c, old), ErrorCode.NONE)
  t.equal(votersOf(c.active).length, 2)
  t.equal(await add(c, fresh), ErrorCode.NONE)
  await c.heard()
  for (const node of c.world.nodes) t.same(votersOf(node).sort(), [first, lost, third].map(keyOf).sort())
  others(c, lost.id)
    .find((node) => node !== c.active)!
    .kill('written')
  t.equal(await c.createTopic('with-its-vote'), ErrorCode.NONE)
})

t.test('F19: an observer becomes a voter, the leader removes itself and goes, the new one elects', async (t) => {
  const c = await scenario(t, { controllers: 3, dynamic: true })
  const first = c.active
  const fourth = c.addNode(104)
  fourth.format({ kind: 'none' })
  await c.boots(104)
  await c.whole()
  t.equal(fourth.rooms!.quorum.state, 'observer')
  t.equal(await add(c, keyOf(fourth)), ErrorCode.NONE)
  t.same(lastVoters(c, first)!.ids, [101, 102, 103, 104])
  t.ok(lastVoters(c, first)!.offset < first.rooms!.quorum.highWatermark, 'answered when it is committed')

  t.equal(await remove(c, keyOf(first), 2), ErrorCode.NONE)
  t.notOk(first.rooms!.role.isActive, 'it resigned')
  const second = await c.elected()
  await c.whole()
  t.not(second, first)
  t.equal(first.rooms!.quorum.state, 'observer')
  t.equal(await c.createTopic('without-it'), ErrorCode.NONE)
  await c.heard()
  t.ok(first.rooms!.loader.image.topics.byName.has('without-it'), 'it follows')
  const { voters, leaderId } = await described(c)
  t.same([leaderId, voters], [second.id, others(c, first.id).map(keyOf).sort()])

  // Of three voters one is gone: without the fourth nobody is elected, and nothing committed.
  const gone = second === fourth ? others(c, first.id, 104)[0]! : second
  gone.kill('written')
  await c.until(() => c.hasController && c.active !== gone, 'a leader')
  t.equal(await c.createTopic('with-its-vote'), ErrorCode.NONE)
  t.not(c.active, first)
})

t.test('F19: voters are added by a majority of the new ones', async (t) => {
  const c = await scenario(t, { controllers: 2, dynamic: true })
  const first = c.active
  const third = c.addNode(103)
  third.format({ kind: 'none' })
  await c.boots(103)
  await c.whole()
  const [second] = others(c, first.id, 103) as [SimNode]
  second.kill('written')
  t.equal(await add(c, keyOf(third)), ErrorCode.NONE, 'the first and the third are two of three')
  t.equal(await c.createTopic('by-two'), ErrorCode.NONE)
  t.equal(c.active, first)
  await c.boots(second.id)
  await c.whole()
  t.same(lastVoters(c, second)!.ids, [101, 102, 103])
})

t.test('F19: and removed by a majority of those who stay', async (t) => {
  const c = await scenario(t, { controllers: 3, dynamic: true })
  const first = c.active
  const [second, third] = others(c, first.id) as [SimNode, SimNode]
  third.kill('written')
  // The first and the second are two of three, but the second is one of two.
  t.equal(await remove(c, keyOf(first)), ErrorCode.REQUEST_TIMED_OUT)
  const { offset } = lastVoters(c, first)!
  t.ok(offset >= first.rooms!.quorum.highWatermark, 'not committed')
  await c.boots(third.id)
  await c.until(() => c.hasController && c.active !== first, 'the first one goes')
  await c.whole()
  for (const node of [first, second, third]) {
    t.same(lastVoters(c, node)!.ids.sort(), [second.id, third.id].sort(), 'what was appended is committed after all')
  }
})
