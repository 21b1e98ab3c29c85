import t from 'tap'
import { ErrorCode } from '../../protocol/errors.ts'
import { ZERO_UUID } from '../../protocol/wire/uuid.ts'
import {
  addition,
  ask,
  askVersion,
  fetch,
  fetchSnapshot,
  inTopic,
  type Position,
  partitionOf,
  removal,
  update,
} from './asking.ts'
import { directoryId, MemoryLog, staticVoter, type TestNode } from './cluster.ts'
import { Simulation } from './simulation.ts'

/** Three voters by log with some records; the observer that the requests stand for is not one of them. */
function quorum(kraftVersion: 0 | 1 = 1) {
  const sim = Simulation.of(11, { count: 3, kraftVersion })
  sim.settle()
  sim.run(100)
  const leader = sim.leader!
  const { epoch } = leader.raft.leadership
  return { sim, leader, epoch, follower: sim.nodes.find((node) => node !== leader)! }
}

const fetches = (sim: Simulation, node: TestNode, position: Position) => partitionOf(ask(sim, node, 1, fetch(position)))

t.test('A47 to A49: what is wrong with a fetch, in this order', async (t) => {
  const { sim, leader, epoch, follower } = quorum()
  const valid = { epoch, offset: 0, lastEpoch: 0 }
  t.match(ask(sim, leader, 1, { ...fetch(valid), topics: [], clusterId: 'x' }), {
    errorCode: ErrorCode.INCONSISTENT_CLUSTER_ID,
  })
  const byName = fetch(valid).topics.map((topic) => ({ ...topic, topic: '__cluster_metadata', topicId: ZERO_UUID }))
  t.match(ask(sim, leader, 1, { ...fetch(valid), topics: byName }), { errorCode: ErrorCode.INVALID_REQUEST })
  const error = (position: Position, node = leader) => fetches(sim, node, position).errorCode
  t.equal(error({ ...valid, maxWaitMs: -1 }), ErrorCode.INVALID_REQUEST)
  t.equal(error({ ...valid, offset: -1 }), ErrorCode.INVALID_REQUEST)
  t.equal(error({ ...valid, lastEpoch: -1 }), ErrorCode.INVALID_REQUEST)
  t.equal(error({ ...valid, epoch: 0, lastEpoch: 1 }), ErrorCode.INVALID_REQUEST, 'before the epoch is looked at')
  t.equal(error({ ...valid, epoch: epoch - 1 }), ErrorCode.FENCED_LEADER_EPOCH)
  t.equal(error({ ...valid, epoch: epoch + 1 }), ErrorCode.UNKNOWN_LEADER_EPOCH)
  t.match(fetches(sim, follower, valid), {
    errorCode: ErrorCode.NOT_LEADER_OR_FOLLOWER,
    currentLeader: { leaderId: leader.id, leaderEpoch: epoch },
    highWatermark: -1,
    logStartOffset: -1,
  })
})

t.test('A52, A55: records, or where the logs part', async (t) => {
  const { sim, leader, epoch } = quorum()
  const answer = ask(sim, leader, 1, fetch({ epoch, offset: 0, lastEpoch: 0 }))
  t.match(answer, { errorCode: 0, nodeEndpoints: [{ nodeId: leader.id, port: leader.id, rack: null }] })
  t.match(partitionOf(answer), {
    errorCode: 0,
    highWatermark: leader.highWatermark,
    logStartOffset: 0,
    currentLeader: { leaderId: leader.id, leaderEpoch: epoch },
    divergingEpoch: { epoch: -1, endOffset: -1 },
    snapshotId: { epoch: -1, endOffset: -1 },
  })
  t.equal(JSON.parse(String(partitionOf(answer).records)).length, leader.log.endOffset)
  t.match(askVersion(sim, leader, 1, 16, fetch({ epoch, offset: 0, lastEpoch: 0 })), { nodeEndpoints: [] })
  const ahead = fetches(sim, leader, { epoch, offset: 99, lastEpoch: epoch })
  t.match(ahead, { errorCode: 0, divergingEpoch: { epoch, endOffset: leader.log.endOffset } })
  t.equal((ahead.records as Buffer).length, 0)
})

t.test('A54, N-A20: who has everything waits for more, or for its time to end', async (t) => {
  const { sim, leader, epoch } = quorum()
  const end = { epoch, offset: leader.log.endOffset, lastEpoch: epoch, maxWaitMs: 300 }
  t.match(fetches(sim, leader, { ...end, maxWaitMs: 0 }), { errorCode: 0 })
  t.match(fetches(sim, leader, { ...end, highWatermark: 0n }), { errorCode: 0 }, 'it does not know what is committed')
  const waiting = (act: () => void) => {
    let answer: Record<string, unknown> | undefined
    leader.receive({ apiKey: 1, version: 18, body: { clusterId: null, ...fetch(end) } } as never, (response) => {
      answer = partitionOf(response as never)
    })
    t.equal(answer, undefined)
    act()
    return answer
  }
  const empty = waiting(() => sim.run(300))
  t.match(empty, { errorCode: 0, highWatermark: leader.highWatermark })
  t.equal((empty!.records as Buffer).length, 0)
  const woken = waiting(() => leader.append('new'))
  t.equal(JSON.parse(String(woken!.records))[0].value, 'new')
  sim.settle()
  sim.run(100)
  Object.assign(end, { offset: leader.log.endOffset })
  t.match(
    waiting(() => leader.resign()),
    { errorCode: ErrorCode.NOT_LEADER_OR_FOLLOWER },
  )
})

/** Sends fetches and remembers which of them have been answered, by the id of the replica. */
function parking(sim: Simulation, leader: TestNode, position: Position) {
  const answered: number[] = []
  const send = (id: number, more: Partial<Position> = {}) => {
    const body = { clusterId: null, ...fetch({ ...position, ...more, id }) }
    leader.receive({ apiKey: 1, version: 18, body } as never, () => answered.push(id))
  }
  const after = (ms: number) => {
    sim.run(ms)
    return answered.splice(0)
  }
  return { send, after }
}

t.test('A3, A54: nobody waits longer than ten times what replicas ask for', async (t) => {
  const { sim, leader, epoch } = quorum()
  const { send, after } = parking(sim, leader, { epoch, offset: leader.log.endOffset, lastEpoch: epoch })
  send(9, { maxWaitMs: 0x7fffffff })
  t.strictSame(after(4999), [])
  t.strictSame(after(1), [9])
})

t.test('A6, A54: one fetch of each replica waits, and voters have a place whoever else waits', async (t) => {
  const { sim, leader, epoch, follower } = quorum()
  const end = { epoch, offset: leader.log.endOffset, lastEpoch: epoch, maxWaitMs: 500 }
  const { send, after } = parking(sim, leader, end)
  follower.crash()
  send(9)
  t.strictSame(after(0), [])
  send(9)
  t.strictSame(after(0), [9], 'the first of them')
  send(9, { directory: directoryId(10) })
  t.strictSame(after(0), [], 'another replica of that id')
  for (let id = 100; id < 1100; id++) send(id)
  t.ok(after(0).length > 0, 'there is an end to it')
  send(99)
  t.strictSame(after(0), [99], 'answered at once')
  send(follower.id)
  t.strictSame(after(0), [])
  send(follower.id)
  t.strictSame(after(0), [follower.id], 'the one before')
})

t.test('A62, A63: a leader that would take back what is committed stops its follower', async (t) => {
  const none = { epoch: -1, endOffset: -1 }
  const records = Buffer.alloc(0)
  for (const kind of ['snapshotId', 'divergingEpoch']) {
    const { leader, epoch, follower } = quorum()
    const { highWatermark } = follower
    const answerWith = (endOffset: number) => {
      const currentLeader = { leaderId: leader.id, leaderEpoch: epoch }
      const told = { divergingEpoch: none, snapshotId: none, [kind]: { epoch, endOffset } }
      const partition = { partitionIndex: 0, errorCode: 0, highWatermark, currentLeader, records, ...told }
      follower.answer(1, { errorCode: 0, responses: [{ partitions: [partition] }], nodeEndpoints: [] })
    }
    t.ok(highWatermark > 1)
    t.throws(() => answerWith(highWatermark - 1), /below the high watermark/, kind)
  }
})

t.test('A57: nothing of an older epoch is committed by counting', async (t) => {
  const sim = new Simulation(1)
  const options = sim.optionsFor(1, [1, 2, 3].map(staticVoter), 0)
  options.log.append({ epoch: 2, value: 'old' })
  const node = sim.add({ ...options, stored: { epoch: 4, leaderId: -1, votedKey: { id: 1, directoryId: ZERO_UUID } } })
  node.answer(52, {
    errorCode: 0,
    ...inTopic({ errorCode: 0, leaderId: -1, leaderEpoch: 4, voteGranted: true }),
    nodeEndpoints: [],
  })
  t.match(node.raft.leadership, { role: 'leader', epoch: 4 })
  sim.run(5)
  ask(sim, node, 1, fetch({ id: 2, epoch: 4, offset: 1, lastEpoch: 2 }))
  t.equal(node.highWatermark, -1, 'a majority has the old record')
  ask(sim, node, 1, fetch({ id: 2, epoch: 4, offset: 2, lastEpoch: 4 }))
  t.equal(node.highWatermark, 2, 'and the new one')
})

t.test('A50, A74, A75: FetchSnapshot', async (t) => {
  const { sim, leader, epoch, follower } = quorum()
  const offset = leader.highWatermark
  const id = { offset, epoch }
  const error = (node: TestNode, body: object) => partitionOf(ask(sim, node, 59, body)).errorCode
  t.equal(error(leader, fetchSnapshot(epoch, id, 0)), ErrorCode.SNAPSHOT_NOT_FOUND)
  t.equal(error(leader, fetchSnapshot(epoch, { offset: 0, epoch: 0 }, 0)), ErrorCode.SNAPSHOT_NOT_FOUND)
  leader.snapshot(offset)
  t.match(fetches(sim, leader, { epoch, offset: 0, lastEpoch: 0 }), { snapshotId: { endOffset: offset, epoch } })
  t.equal(error(follower, fetchSnapshot(epoch, id, 0)), ErrorCode.NOT_LEADER_OR_FOLLOWER)
  t.equal(error(leader, fetchSnapshot(epoch - 1, id, 0)), ErrorCode.FENCED_LEADER_EPOCH)
  t.equal(error(leader, fetchSnapshot(epoch + 1, id, 0)), ErrorCode.UNKNOWN_LEADER_EPOCH)
  t.equal(error(leader, fetchSnapshot(epoch, id, -1)), ErrorCode.POSITION_OUT_OF_RANGE)
  const size = leader.log.snapshotSize(id)!
  t.equal(error(leader, fetchSnapshot(epoch, id, size)), ErrorCode.POSITION_OUT_OF_RANGE)
  const part = partitionOf(ask(sim, leader, 59, fetchSnapshot(epoch, id, size - 4)))
  t.match(part, { errorCode: 0, size, position: size - 4, snapshotId: { endOffset: offset, epoch } })
  t.equal((part.unalignedRecords as Buffer).length, 4)
  const other = fetchSnapshot(epoch, id, 0)
  other.topics[0]!.name = 'other'
  t.equal(error(leader, other), ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
  t.match(ask(sim, leader, 59, { ...other, topics: [] }), { errorCode: ErrorCode.INVALID_REQUEST })
})

t.test('A60, A92: DescribeQuorum', async (t) => {
  const { sim, leader, epoch, follower } = quorum()
  t.match(ask(sim, follower, 55, inTopic({})), { errorCode: ErrorCode.NOT_LEADER_OR_FOLLOWER, topics: [] })
  t.match(partitionOf(ask(sim, leader, 55, inTopic({}, 'other'))), { errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION })
  ask(sim, leader, 1, fetch({ epoch, offset: leader.log.endOffset, lastEpoch: epoch }))
  const answer = ask(sim, leader, 55, inTopic({}))
  const nowMs = sim.time.wallMs()
  const partition = partitionOf(answer) as { currentVoters: Record<string, unknown>[]; observers: unknown[] }
  t.match(partition, { leaderId: leader.id, leaderEpoch: epoch, highWatermark: leader.highWatermark })
  const [own, ...others] = partition.currentVoters
  t.match(own, {
    replicaId: leader.id,
    replicaDirectoryId: directoryId(leader.id),
    logEndOffset: leader.log.endOffset,
    lastFetchTimestamp: nowMs,
    lastCaughtUpTimestamp: nowMs,
  })
  t.equal(others.length, 2)
  t.ok(others.every(({ logEndOffset }) => logEndOffset === leader.log.endOffset))
  t.match(partition.observers, [{ replicaId: 9, lastFetchTimestamp: nowMs, lastCaughtUpTimestamp: nowMs }])
  t.match(
    answer.nodes,
    [1, 2, 3].map((nodeId) => ({ nodeId, listeners: [{ name: 'CONTROLLER', port: nodeId }] })),
  )
  const old = askVersion(sim, leader, 55, 1, inTopic({}))
  t.match(old, { nodes: [] }, 'no place for them')
  t.match(partitionOf(old).observers, [{ replicaDirectoryId: ZERO_UUID }])
  sim.run(300_000)
  t.same(partitionOf(ask(sim, sim.leader!, 55, inTopic({}))).observers, [])
})

t.test('A85, A86, N-A23: what forbids a new voter, in this order', async (t) => {
  const { sim, leader, follower } = quorum()
  const error = (body: object, node = leader, withinMs = 0) => ask(sim, node, 80, body, withinMs).errorCode
  t.equal(error({ ...addition(4, ZERO_UUID), clusterId: 'x' }, follower), ErrorCode.INCONSISTENT_CLUSTER_ID)
  t.equal(error(addition(4, ZERO_UUID), follower), ErrorCode.NOT_LEADER_OR_FOLLOWER)
  t.equal(error(addition(4, ZERO_UUID)), ErrorCode.INVALID_REQUEST)
  t.equal(error({ ...addition(4), listeners: [{ name: 'OTHER', host: 'node', port: 4 }] }), ErrorCode.INVALID_REQUEST)
  t.equal(error(addition(2, directoryId(8))), ErrorCode.DUPLICATE_VOTER)
  t.equal(error(addition(4), leader, 2100), ErrorCode.REQUEST_TIMED_OUT, 'it does not answer')
  const fourth = sim.add({ id: 4, log: new MemoryLog(), bootstrapServers: [1, 2, 3] })
  sim.cut(fourth.id, leader.id)
  t.equal(error(addition(4), leader, 2100), ErrorCode.REQUEST_TIMED_OUT, 'nor can it be reached')
  sim.heal()
  sim.settle()
  sim.run(100)
  const second = () => ask(sim, leader, 80, addition(5)).errorCode
  leader.receive({ apiKey: 80, version: 1, body: { clusterId: null, ...addition(4) } } as never, () => {})
  t.equal(second(), ErrorCode.REQUEST_TIMED_OUT, 'one change at a time')
  sim.until('it votes', () => fourth.raft.isVoter)
  sim.run(100)
  t.equal(error(addition(4)), ErrorCode.DUPLICATE_VOTER)
})

t.test('A85: a quorum by configuration cannot change', async (t) => {
  const { sim, leader } = quorum(0)
  t.match(ask(sim, leader, 80, addition(4)), { errorCode: ErrorCode.UNSUPPORTED_VERSION })
  t.match(ask(sim, leader, 81, removal(2)), { errorCode: ErrorCode.UNSUPPORTED_VERSION })
})

t.test('N-A23: who adds itself is answered when the record is appended', async (t) => {
  const { sim, leader } = quorum()
  const fourth = sim.add({ id: 4, log: new MemoryLog(), bootstrapServers: [1, 2, 3] })
  sim.settle()
  sim.run(100)
  for (const node of sim.nodes) if (node !== leader && node !== fourth) sim.cut(leader.id, node.id)
  const answer = ask(sim, leader, 80, { ...addition(4), ackWhenCommitted: false }, 500)
  t.match(answer, { errorCode: 0 })
  t.ok(leader.log.voterSet!.offset >= leader.highWatermark, 'not committed')
  t.match(ask(sim, leader, 81, removal(4)), { errorCode: ErrorCode.REQUEST_TIMED_OUT }, 'and it is under way')
})

t.test('A88, A90: what forbids a removal, and what ends one', async (t) => {
  const { sim, leader, follower } = quorum()
  const error = (body: object, node = leader) => ask(sim, node, 81, body).errorCode
  t.equal(error(removal(2), follower), ErrorCode.NOT_LEADER_OR_FOLLOWER)
  t.equal(error(removal(2, ZERO_UUID)), ErrorCode.INVALID_REQUEST)
  t.equal(error(removal(7)), ErrorCode.VOTER_NOT_FOUND)
  t.equal(error(removal(2, directoryId(8))), ErrorCode.VOTER_NOT_FOUND)
  sim.isolate(leader.id)
  t.match(ask(sim, leader, 81, removal(follower.id), 2100), { errorCode: ErrorCode.REQUEST_TIMED_OUT })
  const alone = Simulation.of(1, { count: 1, kraftVersion: 1 })
  alone.run(10)
  t.match(ask(alone, alone.node(1), 81, removal(1)), { errorCode: ErrorCode.VOTER_NOT_FOUND }, 'the last one')
  const other = quorum()
  other.sim.isolate(other.leader.id)
  let answer: unknown
  const body = { clusterId: null, ...removal(other.follower.id) }
  other.leader.receive({ apiKey: 81, version: 0, body } as never, (response) => {
    answer = response
  })
  other.leader.resign()
  t.match(answer, { errorCode: ErrorCode.NOT_LEADER_OR_FOLLOWER })
})

t.test('A89: UpdateRaftVoter', async (t) => {
  const { sim, leader, epoch, follower } = quorum()
  const error = (body: object, node = leader) => ask(sim, node, 82, body).errorCode
  t.match(ask(sim, follower, 82, update(2, epoch)), {
    errorCode: ErrorCode.NOT_LEADER_OR_FOLLOWER,
    currentLeader: { leaderId: leader.id, leaderEpoch: epoch, host: 'node', port: leader.id },
  })
  t.equal(error(update(2, epoch - 1)), ErrorCode.FENCED_LEADER_EPOCH)
  t.equal(error({ ...update(2, epoch), listeners: [] }), ErrorCode.INVALID_REQUEST)
  const broken = { minSupportedVersion: 2, maxSupportedVersion: 1 }
  t.equal(error({ ...update(2, epoch), kRaftVersionFeature: broken }), ErrorCode.INVALID_REQUEST)
  const tooOld = { minSupportedVersion: 0, maxSupportedVersion: 0 }
  t.equal(error({ ...update(2, epoch), kRaftVersionFeature: tooOld }), ErrorCode.INVALID_REQUEST)
  t.equal(error(update(7, epoch)), ErrorCode.VOTER_NOT_FOUND)
  const { endOffset } = leader.log
  t.equal(error(update(follower.id, epoch)), ErrorCode.NONE)
  t.equal(leader.log.endOffset, endOffset, 'as it was: nothing to write')
  t.equal(error(update(follower.id, epoch, 99)), ErrorCode.NONE)
  t.equal(leader.log.endOffset, endOffset + 1)
  t.equal(leader.raft.voters.find(({ id }) => id === follower.id)!.endpoints[0]!.port, 99)
  t.equal(error(update(follower.id, epoch, 98)), ErrorCode.REQUEST_TIMED_OUT, 'the last change is not committed')
})
