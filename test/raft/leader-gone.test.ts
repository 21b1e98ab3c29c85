import t from 'tap'
import { ErrorCode } from '../../protocol/errors.ts'
import { attemptSpreadMs } from '../../src/raft/arithmetic.ts'
import { ask, partitionOf, vote } from './asking.ts'
import { CONFIG, type TestNode } from './cluster.ts'
import { Simulation } from './simulation.ts'

/** ADR 10: who is refused at the leader's address does not wait for the fetch timeout to end. */

const FETCH = 1
const SEEDS = 100

function quorum({ seed = 7, count = 3, observers = 0 } = {}): { sim: Simulation; leader: TestNode } {
  const sim = Simulation.of(seed, { count, kraftVersion: 1, observers })
  sim.settle()
  return { sim, leader: sim.leader! }
}

const followersOf = (sim: Simulation): TestNode[] => sim.nodes.filter((node) => node.isUp && !node.leads)

for (const count of [3, 4, 5]) {
  t.test(`F12: a killed leader of ${count} voters is followed within the election timeout`, async (t) => {
    const late: string[] = []
    for (let seed = 1; seed <= SEEDS; seed++) {
      const { sim, leader } = quorum({ seed, count })
      sim.run(sim.random.below(1000))
      const atMs = sim.time.monotonicMs()
      leader.crash(leader.log.endOffset)
      sim.until('another leader', () => sim.leader !== undefined)
      const ms = sim.time.monotonicMs() - atMs
      if (ms > CONFIG.electionTimeoutMs) late.push(`seed ${seed}: ${ms} ms`)
    }
    t.same(late, [])
  })
}

t.test('F12: so is one of five whose follower died with it', async (t) => {
  const { sim, leader } = quorum({ count: 5 })
  const atMs = sim.time.monotonicMs()
  followersOf(sim)[0]!.crash()
  leader.crash()
  sim.until('another leader', () => sim.leader !== undefined)
  t.ok(sim.time.monotonicMs() - atMs <= CONFIG.electionTimeoutMs)
})

t.test('a leader that is silent and not gone has the whole fetch timeout', async (t) => {
  const { sim, leader } = quorum()
  sim.isolate(leader.id)
  leader.crash()
  sim.run(CONFIG.fetchTimeoutMs - 600)
  for (const follower of followersOf(sim)) t.equal(follower.raft.leadership.role, 'follower')
})

t.test('a request that fails in another way tells nothing of the leader', async (t) => {
  const { sim } = quorum()
  const [follower] = followersOf(sim) as [TestNode]
  for (const error of [ErrorCode.NETWORK_EXCEPTION, ErrorCode.REQUEST_TIMED_OUT, ErrorCode.UNSUPPORTED_VERSION]) {
    follower.refuse(FETCH, error)
    sim.run(2 * attemptSpreadMs(0))
    t.equal(follower.raft.leadership.role, 'follower', `error ${error}`)
  }
})

t.test('a leader that is heard again before anybody stood has its whole time again', async (t) => {
  const { sim, leader } = quorum()
  const { epoch } = leader.raft.leadership
  for (const follower of followersOf(sim)) follower.refuse(FETCH, ErrorCode.BROKER_NOT_AVAILABLE)
  sim.run(60_000)
  t.match(leader.raft.leadership, { role: 'leader', epoch })
  for (const follower of followersOf(sim)) t.match(follower.raft.leadership, { role: 'follower', epoch })
})

t.test('a leader that refuses one voter alone leads on, and is not asked about all the time', async (t) => {
  for (const count of [3, 5]) {
    const { sim, leader } = quorum({ count })
    const { epoch } = leader.raft.leadership
    const [refused, ...others] = followersOf(sim) as [TestNode, ...TestNode[]]
    sim.close(refused.id, leader.id)
    let candidacies = 0
    const { observe } = sim
    sim.observe = (node, ready) => {
      if (ready.leadership?.role === 'prospective') candidacies++
      observe.call(sim, node, ready)
    }
    sim.run(60_000)
    t.match(leader.raft.leadership, { role: 'leader', epoch })
    for (const other of others) t.match(other.raft.leadership, { role: 'follower', epoch })
    t.ok(candidacies > 5 && candidacies < 40, `${candidacies} candidacies in a minute`)
    sim.append()
    sim.heal()
    sim.settle()
    t.match(refused.raft.leadership, { role: 'follower', epoch })
    t.match(leader.raft.leadership, { role: 'leader', epoch })
    const atMs = sim.time.monotonicMs()
    sim.close(refused.id, leader.id)
    sim.until('it stands', () => refused.raft.leadership.role === 'prospective')
    t.ok(sim.time.monotonicMs() - atMs < 600 + attemptSpreadMs(0), 'a fetch later: what was before is forgotten')
  }
})

t.test('N-A8: who is refused by the leader does not defend it', async (t) => {
  const { sim, leader } = quorum()
  const [one, other] = followersOf(sim) as [TestNode, TestNode]
  const { epoch } = leader.raft.leadership
  const asked = vote({ id: other.id, epoch, last: { epoch, offset: one.log.endOffset }, preVote: true })
  const granted = () => partitionOf(ask(sim, one, 52, asked)).voteGranted
  t.equal(granted(), false)
  one.refuse(FETCH, ErrorCode.BROKER_NOT_AVAILABLE)
  t.equal(granted(), true)
  sim.until('it hears the leader', () => granted() === false)
  t.match(one.raft.leadership, { role: 'follower', epoch })
})

t.test('who has not noticed yet rejects, and is asked again soon', async (t) => {
  const { sim, leader } = quorum()
  const [one, other] = followersOf(sim) as [TestNode, TestNode]
  const { epoch } = leader.raft.leadership
  sim.close(one.id, leader.id)
  sim.run(400)
  t.match(other.raft.leadership, { role: 'follower', epoch }, 'it hears the leader')
  const atMs = sim.time.monotonicMs()
  sim.append()
  sim.run(30)
  leader.crash(leader.log.endOffset)
  sim.until('another leader', () => sim.leader !== undefined)
  t.ok(sim.time.monotonicMs() - atMs <= CONFIG.electionTimeoutMs)
  t.equal(sim.leader, other, 'whose log is longer')
})

t.test('an observer goes on asking whom it knows', async (t) => {
  const { sim, leader } = quorum({ observers: 1 })
  const observer = sim.node(4)
  const { epoch } = leader.raft.leadership
  sim.close(observer.id, leader.id)
  sim.run(10_000)
  t.match(observer.raft.leadership, { role: 'follower', epoch, leaderId: leader.id })
})

t.test('each attempt takes its time within twice as long as the one before, and never without end', async (t) => {
  t.same([0, 1, 2, 3].map(attemptSpreadMs), [150, 300, 600, 1200])
  t.ok(attemptSpreadMs(2000) < 10 ** 6)
})
