import t from 'tap'
import { ErrorCode } from '../../protocol/errors.ts'
import { ask, askVersion, begin, end, inTopic, partitionOf, type Vote, vote } from './asking.ts'
import { directoryId, MemoryLog, staticVoter, type TestNode, voter } from './cluster.ts'
import { Simulation } from './simulation.ts'

const NOW = { epoch: 1, offset: 1 }

/** A voter among three that never hears of the others, in epoch 3, with one record of epoch 1. */
function lonely({ leaderId = -1 } = {}): { sim: Simulation; node: TestNode } {
  const sim = new Simulation(3)
  const log = new MemoryLog()
  log.append({ epoch: 1, value: 'a' })
  const staticVoters = [1, 2, 3].map(staticVoter)
  const node = sim.add({ id: 1, log, staticVoters, stored: { epoch: 3, leaderId, votedKey: undefined } })
  return { sim, node }
}

const votes = (sim: Simulation, node: TestNode, asked: Vote) => partitionOf(ask(sim, node, 52, vote(asked)))

t.test('A24 to A27, N-A7: what is wrong with a vote, in this order', async (t) => {
  const { sim, node } = lonely()
  t.match(ask(sim, node, 52, { ...vote({ id: 2, epoch: 9, last: NOW }), clusterId: 'other' }), {
    errorCode: ErrorCode.INCONSISTENT_CLUSTER_ID,
    topics: [],
  })
  t.match(ask(sim, node, 52, { voterId: -1, ...inTopic({}, 'other') }), { errorCode: ErrorCode.INVALID_REQUEST })
  t.match(ask(sim, node, 52, { voterId: -1, topics: [] }), { errorCode: ErrorCode.INVALID_REQUEST })
  const invalid = { errorCode: ErrorCode.INVALID_REQUEST, voteGranted: false, leaderEpoch: 3, leaderId: -1 }
  t.match(
    votes(sim, node, { id: 2, epoch: 1, last: { epoch: 0, offset: -1 } }),
    invalid,
    'before the epoch is looked at',
  )
  t.match(votes(sim, node, { id: 2, epoch: 4, last: { epoch: -1, offset: 1 } }), invalid)
  t.match(votes(sim, node, { id: 2, epoch: 4, last: { epoch: 4, offset: 1 } }), invalid, 'a log of the epoch to be')
  t.match(votes(sim, node, { id: 2, epoch: 2, last: NOW }), { errorCode: ErrorCode.FENCED_LEADER_EPOCH })
  t.match(votes(sim, node, { id: -5, epoch: 9, last: NOW }), invalid)
  t.equal(node.raft.leadership.epoch, 3, 'nothing has changed')
  const other = { id: 2, directoryId: directoryId(2) }
  t.match(votes(sim, node, { id: 2, epoch: 4, last: NOW, voter: other }), { errorCode: ErrorCode.INVALID_VOTER_KEY })
  t.equal(node.raft.leadership.epoch, 4, 'the epoch moves all the same')
  const elsewhere = { id: 1, directoryId: directoryId(77) }
  t.match(votes(sim, node, { id: 2, epoch: 4, last: NOW, voter: elsewhere }), {
    errorCode: ErrorCode.INVALID_VOTER_KEY,
  })
  const own = { id: 1, directoryId: directoryId(1) }
  t.match(votes(sim, node, { id: 2, epoch: 4, last: NOW, voter: own }), { errorCode: 0, voteGranted: true })
})

t.test('A26, A28: one vote an epoch, for a log as good as ours', async (t) => {
  const { sim, node } = lonely()
  const short = { epoch: 1, offset: 0 }
  t.match(votes(sim, node, { id: 2, epoch: 5, last: short }), { voteGranted: false, leaderEpoch: 5 })
  t.match(node.stored, { epoch: 5, votedKey: undefined }, 'on disk')
  t.match(votes(sim, node, { id: 3, epoch: 5, last: NOW }), { voteGranted: true })
  t.match(node.stored, { epoch: 5, votedKey: { id: 3, directoryId: directoryId(3) } })
  t.match(votes(sim, node, { id: 2, epoch: 5, last: { epoch: 4, offset: 9 } }), { voteGranted: false })
  t.match(votes(sim, node, { id: 3, epoch: 5, last: short }), { voteGranted: true }, 'again, whatever the logs')
  t.match(votes(sim, node, { id: 2, epoch: 6, last: { epoch: 2, offset: 0 } }), { voteGranted: true }, 'the next epoch')
})

t.test('N-A7 to N-A9: a pre-vote changes nothing but the epoch', async (t) => {
  const { sim, node } = lonely()
  t.match(votes(sim, node, { id: 2, epoch: 3, last: { epoch: 3, offset: 5 }, preVote: true }), { voteGranted: true })
  t.match(votes(sim, node, { id: 3, epoch: 3, last: NOW, preVote: true }), { voteGranted: true }, 'for another as well')
  t.match(votes(sim, node, { id: 3, epoch: 3, last: { epoch: 1, offset: 0 }, preVote: true }), { voteGranted: false })
  t.match(node.stored, { epoch: 3, leaderId: -1, votedKey: undefined })
  t.match(votes(sim, node, { id: 2, epoch: 3, last: { epoch: 4, offset: 1 }, preVote: true }), {
    errorCode: ErrorCode.INVALID_REQUEST,
  })
  t.match(votes(sim, node, { id: 2, epoch: 8, last: NOW, preVote: true }), { voteGranted: true, leaderEpoch: 8 })
  t.match(node.stored, { epoch: 8, votedKey: undefined })
})

t.test('A29, N-A8, N-A10: who refuses votes and pre-votes', async (t) => {
  const sim = Simulation.of(5, { count: 3, kraftVersion: 0 })
  sim.settle()
  const leader = sim.leader!
  const follower = sim.nodes.find((node) => node !== leader)!
  const { epoch } = leader.raft.leadership
  const last = { epoch, offset: 99 }
  const older = { epoch: 0, offset: 0 }
  for (const node of [leader, follower]) {
    const known = { errorCode: 0, voteGranted: false, leaderId: leader.id, leaderEpoch: epoch }
    t.match(votes(sim, node, { id: 7, epoch, last: older }), known, 'with the leader')
    t.match(votes(sim, node, { id: 7, epoch, last, preVote: true }), known, 'as long as it is in touch')
  }
  const fresh = lonely()
  t.match(partitionOf(ask(fresh.sim, fresh.node, 53, begin(2, 3))), { errorCode: 0, leaderId: 2, leaderEpoch: 3 })
  t.equal(fresh.node.raft.leadership.role, 'follower')
  t.match(
    votes(fresh.sim, fresh.node, { id: 3, epoch: 3, last: NOW, preVote: true }),
    { voteGranted: true },
    'not fetched',
  )
  t.match(votes(fresh.sim, fresh.node, { id: 3, epoch: 3, last: NOW }), { voteGranted: false })
})

t.test('A31: the leader’s endpoint, for the listener that was asked', async (t) => {
  const { sim, node } = lonely()
  ask(sim, node, 53, begin(2, 3))
  const asked = vote({ id: 3, epoch: 3, last: NOW })
  t.match(ask(sim, node, 52, asked), { nodeEndpoints: [{ nodeId: 2, host: 'node', port: 2 }] })
  t.match(askVersion(sim, node, 52, 0, asked), { nodeEndpoints: [] }, 'no place for it')
})

t.test('N-A6: a voter that knows nothing of pre-votes is asked for its vote', async (t) => {
  const { sim, node } = lonely()
  sim.until('an election', () => node.raft.leadership.role === 'prospective')
  t.equal(node.raft.leadership.epoch, 3)
  node.refuse(52, ErrorCode.UNSUPPORTED_VERSION)
  t.match(node.raft.leadership, { role: 'candidate', epoch: 4 })
  t.match(node.stored, { epoch: 4, votedKey: { id: 1 } })
})

t.test('A39: BeginQuorumEpoch', async (t) => {
  const { sim, node } = lonely()
  const error = (body: object) => partitionOf(ask(sim, node, 53, body)).errorCode
  t.equal(error(begin(2, 2)), ErrorCode.FENCED_LEADER_EPOCH)
  t.equal(error(begin(-1, 4)), ErrorCode.INVALID_REQUEST)
  t.equal(error(begin(1, 4)), ErrorCode.INVALID_REQUEST, 'it is not us')
  t.equal(node.raft.leadership.epoch, 3)
  t.equal(error(begin(2, 4, { voterId: 3 })), ErrorCode.INVALID_VOTER_KEY)
  t.match(node.raft.leadership, { role: 'follower', epoch: 4, leaderId: 2 }, 'which is decided after following')
  t.equal(error(begin(3, 4)), ErrorCode.INVALID_REQUEST, 'an epoch has one leader')
  t.equal(node.raft.leadership.leaderId, 2)
  t.equal(error(begin(3, 5, { leaderEndpoints: [] })), ErrorCode.NONE)
  t.match(node.raft.leadership, { leaderId: 3, endpoints: voter(3).endpoints }, 'v0: as the voter set has them')
  t.equal(error(begin(8, 6, { leaderEndpoints: [] })), ErrorCode.NONE)
  t.match(node.raft.leadership, { role: 'unattached', epoch: 6, leaderId: 8 }, 'a leader that cannot be reached')
})

t.test('A43: when a follower stands after its leader has resigned', async (t) => {
  const standsAfterMs = (candidates: number[]) => {
    const { sim, node } = lonely()
    ask(sim, node, 53, begin(2, 3))
    ask(sim, node, 54, end(2, 3, candidates))
    const startMs = sim.time.monotonicMs()
    sim.until('it stands', () => node.raft.leadership.role === 'prospective')
    return sim.time.monotonicMs() - startMs
  }
  t.equal(standsAfterMs([]), 0)
  t.equal(standsAfterMs([1, 3]), 0)
  t.equal(standsAfterMs([3, 1]), 500)
  t.equal(standsAfterMs([3, 4]), 1000)
  const { sim, node } = lonely()
  ask(sim, node, 53, begin(2, 4))
  t.match(partitionOf(ask(sim, node, 54, end(2, 3, []))), { errorCode: ErrorCode.FENCED_LEADER_EPOCH, leaderId: 2 })
  t.equal(node.raft.leadership.role, 'follower')
})

t.test('A30: an observer votes too, but never stands', async (t) => {
  const sim = new Simulation(3)
  const log = new MemoryLog()
  const staticVoters = [2, 3].map(staticVoter)
  const node = sim.add({ id: 1, log, staticVoters, controllerRole: false })
  t.match(votes(sim, node, { id: 2, epoch: 2, last: { epoch: 0, offset: 0 } }), { voteGranted: true })
  sim.run(60_000)
  t.match(node.raft.leadership, { role: 'unattached', epoch: 2 })
})

t.test('A44: who has waited long enough to be let go has nothing more to do', async (t) => {
  const { sim, node } = lonely({ leaderId: 1 })
  t.equal(node.raft.leadership.role, 'resigned')
  node.shutdown()
  t.notOk(node.raft.isShutDown, 'no other leader is known')
  sim.time.advance(5000)
  node.tick()
  t.ok(node.raft.isShutDown)
  t.equal(node.raft.nextDeadlineMs, Number.POSITIVE_INFINITY)
})

t.test('A44: who has no term of its own to end waits for nobody', async (t) => {
  const { sim, node } = lonely()
  node.shutdown()
  t.ok(node.raft.isShutDown, 'unattached')
  const candidate = lonely()
  candidate.sim.until('it stands', () => candidate.node.raft.leadership.role === 'prospective')
  candidate.node.shutdown()
  t.ok(candidate.node.raft.isShutDown)
  const led = lonely({ leaderId: 1 })
  led.node.shutdown()
  t.match(votes(led.sim, led.node, { id: 2, epoch: 4, last: NOW }), { leaderEpoch: 4 })
  t.ok(led.node.raft.isShutDown, 'somebody stands in the next epoch')
  t.equal(sim.time.monotonicMs(), 0)
})
