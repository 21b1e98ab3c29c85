import t from 'tap'
import { ErrorCode } from '../../protocol/errors.ts'
import type { ElectionState } from '../../src/raft/types.ts'
import { addition, ask, end, partitionOf, removal, vote } from './asking.ts'
import { directoryId, MemoryLog, type TestNode, voter } from './cluster.ts'
import { Simulation } from './simulation.ts'

const quorum = (count: number, kraftVersion: 0 | 1 = 1) => {
  const sim = Simulation.of(7, { count, kraftVersion })
  sim.settle()
  return sim
}

t.test('F13: a leader that is cut off resigns, and what it alone has written vanishes', async (t) => {
  const sim = quorum(3)
  const old = sim.leader!
  sim.isolate(old.id)
  old.append('alone')
  sim.run(3100)
  t.not(old.raft.leadership.role, 'leader', 'within 1.5 times the fetch timeout')
  sim.until('another leader', () => sim.leader !== undefined)
  sim.heal()
  sim.settle()
  t.notOk(old.log.entries.some(({ value }) => value === 'alone'))
  t.same(old.log.entries, sim.leader!.log.entries)
})

t.test('F14: a vote that was given before a crash is kept after it', async (t) => {
  const sim = quorum(3)
  const [one, two, three] = sim.nodes as [TestNode, TestNode, TestNode]
  for (const node of [two, three]) node.crash()
  const last = { epoch: one.log.lastEpoch, offset: one.log.endOffset }
  const epoch = one.raft.leadership.epoch + 5
  t.match(partitionOf(ask(sim, one, 52, vote({ id: 2, epoch, last }))), { errorCode: 0, voteGranted: true })
  one.crash()
  one.start()
  t.match(partitionOf(ask(sim, one, 52, vote({ id: 3, epoch, last }))), { errorCode: 0, voteGranted: false })
  const again = partitionOf(ask(sim, one, 52, vote({ id: 2, epoch, last: { epoch: 0, offset: 0 } })))
  t.match(again, { errorCode: 0, voteGranted: true }, 'the same one gets it again')
})

t.test('F15: a voter whose log is behind cannot win; with pre-votes it does not even raise the epoch', async (t) => {
  const sim = quorum(3)
  const leader = sim.leader!
  const [behind, ahead] = sim.nodes.filter((node) => node !== leader) as [TestNode, TestNode]
  sim.isolate(behind.id)
  for (let count = 0; count < 3; count++) sim.append()
  sim.until('commit without it', () => ahead.highWatermark === leader.log.endOffset)
  const { epoch } = leader.raft.leadership
  leader.crash()
  sim.heal()
  ask(sim, behind, 54, end(leader.id, epoch, []))
  t.equal(behind.raft.leadership.role, 'prospective', 'it is the first')
  sim.until('a leader', () => sim.leader !== undefined)
  t.equal(sim.leader, ahead)
  t.equal(ahead.raft.leadership.epoch, epoch + 1)
})

t.test(
  'F18: a disk that comes back empty under a new directory id does not vote in the place of the old one',
  async (t) => {
    const sim = quorum(3)
    const third = sim.nodes.find((node) => !node.leads)!
    third.crash()
    sim.nodes.splice(sim.nodes.indexOf(third), 1)
    const directory = directoryId(40)
    const wiped = sim.add({ ...third.options, directory, log: new MemoryLog(), stored: undefined })
    sim.settle()
    t.equal(wiped.raft.isVoter, false)
    const leader = sim.leader!
    const other = sim.nodes.find((node) => node !== wiped && node !== leader)!
    other.crash()
    const committed = leader.highWatermark
    sim.append()
    sim.run(1000)
    t.equal(leader.highWatermark, committed, 'the old key counts, the new one does not')
    other.start()
    sim.settle()
    const now = sim.leader!
    t.match(ask(sim, now, 80, addition(third.id, directory)), { errorCode: ErrorCode.DUPLICATE_VOTER })
    t.match(ask(sim, now, 81, removal(third.id), 2000), { errorCode: 0 })
    sim.run(100)
    t.match(ask(sim, now, 80, addition(third.id, directory), 2000), { errorCode: 0 })
    sim.until('a voter again', () => wiped.raft.isVoter)
  },
)

t.test('F19: an observer becomes a voter, the leader removes itself and goes', async (t) => {
  const sim = quorum(3)
  const first = sim.leader!
  const fourth = sim.add({ id: 4, log: new MemoryLog(), bootstrapServers: [1, 2, 3] })
  sim.settle()
  sim.run(100)
  t.equal(fourth.raft.isVoter, false)
  t.match(ask(sim, first, 80, addition(4), 2000), { errorCode: 0, errorMessage: null })
  t.ok(first.log.voterSet!.offset < first.highWatermark, 'answered when it is committed')
  t.match(ask(sim, first, 81, removal(first.id), 2000), { errorCode: 0 })
  t.equal(first.raft.leadership.role, 'resigned')
  sim.until('another leader', () => sim.leader !== undefined)
  t.not(sim.leader, first)
  t.equal(fourth.raft.isVoter, true)
  for (const node of sim.nodes) if (node !== first && node !== fourth && !node.leads) node.crash()
  sim.until('fourth votes', () => sim.leader !== undefined && sim.leader.highWatermark === sim.leader.log.endOffset)
})

t.test('F20: a node of another cluster is told so and changes nothing', async (t) => {
  const sim = quorum(3)
  const before = sim.nodes.map(({ stored }) => stored as ElectionState)
  const stranger = sim.add({ ...sim.node(1).options, id: 9, clusterId: 'other', log: new MemoryLog() })
  sim.run(10_000)
  t.same(
    sim.nodes.slice(0, 3).map(({ stored }) => stored),
    before,
  )
  t.equal(stranger.log.endOffset, 0)
  t.equal(stranger.raft.leadership.epoch, 0)
  for (const apiKey of [1, 52, 53, 54, 59, 80, 81, 82]) {
    const body = { clusterId: 'other', topics: [] }
    t.match(ask(sim, sim.node(1), apiKey, body), { errorCode: ErrorCode.INCONSISTENT_CLUSTER_ID }, `api ${apiKey}`)
  }
})

t.test('A15, N-A4: a voter that is alone leads at once, and after a restart in the next epoch', async (t) => {
  const sim = Simulation.of(1, { count: 1, kraftVersion: 1 })
  const [node] = sim.nodes as [TestNode]
  t.equal(sim.time.monotonicMs(), 0)
  t.match(node.raft.leadership, { role: 'leader', epoch: 1 })
  node.crash(10)
  node.start()
  t.match(node.raft.leadership, { role: 'leader', epoch: 2 })
})

t.test('A13, N-A13: a start from what the file says', async (t) => {
  const started = (stored: ElectionState | undefined, lastEpoch = 0) => {
    const sim = new Simulation(1)
    const voters = [1, 2, 3].map((id) => voter(id))
    const log = new MemoryLog(voters)
    if (lastEpoch > 0) log.append({ epoch: lastEpoch, value: 'old' })
    return sim.add({ id: 1, log, stored }).raft.leadership
  }
  const votedKey = (id: number) => ({ id, directoryId: directoryId(id) })
  t.match(started(undefined), { role: 'unattached', epoch: 0 })
  t.match(started({ epoch: 3, leaderId: 1, votedKey: undefined }), { role: 'resigned', epoch: 3 })
  t.match(started({ epoch: 3, leaderId: -1, votedKey: votedKey(1) }), { role: 'candidate', epoch: 3 })
  t.match(started({ epoch: 3, leaderId: 2, votedKey: votedKey(3) }), { role: 'follower', epoch: 3, leaderId: 2 })
  t.match(started({ epoch: 3, leaderId: -1, votedKey: votedKey(2) }), { role: 'unattached', epoch: 3 })
  t.match(started({ epoch: 3, leaderId: 8, votedKey: undefined }), { role: 'unattached', epoch: 3, leaderId: 8 })
  t.match(started({ epoch: 3, leaderId: 1, votedKey: undefined }, 5), { role: 'unattached', epoch: 5, leaderId: -1 })
})

t.test('N-A33 to N-A36: from configured voters to voters in the log', async (t) => {
  const sim = quorum(3, 0)
  const leader = sim.leader!
  const { epoch } = leader.raft.leadership
  const upgrade = (level: number, validateOnly = false) => leader.upgrade({ epoch, level, validateOnly })
  t.equal(upgrade(0), ErrorCode.NONE)
  t.equal(upgrade(2), ErrorCode.INVALID_UPDATE_VERSION)
  t.equal(leader.upgrade({ epoch: epoch - 1, level: 1, validateOnly: false }), ErrorCode.NOT_CONTROLLER)
  sim.until('all voters reported', () => upgrade(1, true) === ErrorCode.NONE, 5000)
  t.equal(leader.log.kraftVersion, 0)
  t.equal(upgrade(1), ErrorCode.NONE)
  t.same(
    leader.raft.voters.map(({ directoryId }) => directoryId),
    [1, 2, 3].map((id) => directoryId(id)),
  )
  sim.settle()
  t.equal(upgrade(0), ErrorCode.INVALID_UPDATE_VERSION, 'there is no way back')
})

t.test('N-A24: a controller with auto-join adds itself, and takes its old name out first', async (t) => {
  const sim = quorum(2)
  const joining = sim.add({ id: 3, log: new MemoryLog(), bootstrapServers: [1, 2], config: { autoJoin: true } })
  sim.until('it votes', () => joining.raft.isVoter)
  sim.settle()
  joining.crash()
  sim.nodes.splice(sim.nodes.indexOf(joining), 1)
  const directory = directoryId(50)
  const back = sim.add({ ...joining.options, directory, log: new MemoryLog() })
  sim.until('it votes again', () => back.raft.isVoter)
  t.equal(back.raft.voters.length, 3)
})
