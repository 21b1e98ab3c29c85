import t from 'tap'
import type { AddRaftVoterResponse } from '../../protocol/api/80-add-raft-voter.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import { CLUSTER_ID } from '../controller/harness.ts'
import { endpointsOf, QuorumCluster, type QuorumNode, topic, voterOf } from './cluster.ts'

async function ask(cluster: QuorumCluster, apiKey: 80 | 81, of: QuorumNode, directoryId = of.directoryId) {
  const body = {
    clusterId: CLUSTER_ID,
    voterId: of.id,
    voterDirectoryId: directoryId,
    ...(apiKey === 80 && { timeoutMs: 1000, listeners: endpointsOf(of.id), ackWhenCommitted: true }),
  }
  const asked = cluster.leader!.quorum.handle(apiKey, 0, body, { listener: 'CONTROLLER' })
  let response: AddRaftVoterResponse | undefined
  asked.then((said) => {
    response = said as AddRaftVoterResponse
  })
  await cluster.until(() => response !== undefined, 'an answer')
  return response!.errorCode
}

async function write(cluster: QuorumCluster, name: string): Promise<void> {
  const append = cluster.leader!.quorum.append([topic(name)])
  await cluster.time.run(100)
  await append
}

const idsOf = (node: QuorumNode) => node.quorum.voters.map(({ id }) => id)

t.test('F19, A85 to A88: an observer becomes a voter, the leader leaves the voters and resigns', async (t) => {
  const cluster = new QuorumCluster({ joiners: [4], dynamic: true })
  cluster.startAll()
  const first = await cluster.elected()
  await write(cluster, 'a')
  await cluster.settled()
  await cluster.time.run(1000)
  t.equal(await ask(cluster, 80, cluster.node(4)), ErrorCode.NONE)
  t.strictSame(first.quorum.voters, [1, 2, 3, 4].map(voterOf))
  t.equal(await ask(cluster, 80, cluster.node(4)), ErrorCode.DUPLICATE_VOTER)
  t.equal(await ask(cluster, 81, first), ErrorCode.NONE)
  const second = await cluster.elected(first)
  t.not(second, first)
  await write(cluster, 'b')
  await cluster.settled()
  const others = cluster.nodes.filter((node) => node !== first)
  for (const node of cluster.nodes) {
    t.strictSame(
      idsOf(node),
      others.map(({ id }) => id),
    )
    t.strictSame(node.names, ['a', 'b'], 'who left the voters goes on as an observer')
  }
  for (const node of cluster.nodes) node.kill('synced')
  for (const node of others) node.start()
  await cluster.elected()
  for (const node of others) t.equal(node.quorum.voters.length, 3, 'as the log has it')
})

t.test('F18, A91: a voter whose disk is new does not vote until it is removed and added', async (t) => {
  const cluster = new QuorumCluster({ dynamic: true })
  cluster.startAll()
  await cluster.elected()
  await write(cluster, 'a')
  const lost = cluster.nodes.find((node) => node !== cluster.leader)!
  lost.kill()
  const old = lost.directoryId
  lost.replaceDisk()
  lost.start()
  await write(cluster, 'b')
  await cluster.settled()
  t.strictSame(lost.names, ['a', 'b'])
  t.match(JSON.parse(lost.state), { votedId: -1 })
  t.ok(lost.quorum.voters.some(({ directoryId }) => directoryId === old))
  t.equal(await ask(cluster, 80, lost), ErrorCode.DUPLICATE_VOTER)
  t.equal(await ask(cluster, 81, lost, old), ErrorCode.NONE)
  await cluster.time.run(1000)
  t.equal(await ask(cluster, 80, lost), ErrorCode.NONE)
  await cluster.time.run(1000)
  for (const node of cluster.nodes) t.notOk(node.quorum.voters.some(({ directoryId }) => directoryId === old))
})

t.test('N-A24: with auto-join that happens by itself', async (t) => {
  const config = { 'controller.quorum.auto.join.enable': true }
  const cluster = new QuorumCluster({ dynamic: true, joiners: [4], config })
  cluster.startAll()
  await cluster.elected()
  await cluster.until(() => cluster.nodes.every(({ quorum }) => quorum.voters.length === 4), 'four voters')
  const lost = cluster.nodes.find((node) => node !== cluster.leader)!
  lost.kill()
  lost.replaceDisk()
  lost.start()
  const isIn = () => cluster.leader!.quorum.voters.some(({ directoryId }) => directoryId === lost.directoryId)
  await cluster.until(isIn, 'the new disk among the voters')
  await cluster.time.run(1000)
  t.strictSame([...idsOf(cluster.leader!)].sort(), [1, 2, 3, 4])
})

t.test('A83: voters that were never committed are none again when the log is cut', async (t) => {
  const cluster = new QuorumCluster({ joiners: [4], dynamic: true })
  cluster.startAll()
  const first = await cluster.elected()
  await write(cluster, 'a')
  await cluster.settled()
  await cluster.time.run(1000)
  for (const node of cluster.nodes) if (node !== first) cluster.isolated.add(node.id)
  const asked = first.quorum.handle(
    81,
    0,
    { clusterId: CLUSTER_ID, voterId: first.id, voterDirectoryId: first.directoryId },
    { listener: 'CONTROLLER' },
  )
  await cluster.time.run(10)
  t.equal(first.quorum.voters.length, 2, 'at once')
  cluster.isolated.clear()
  cluster.isolated.add(first.id)
  await cluster.elected(first)
  await cluster.time.run(1000)
  t.match(await asked, { errorCode: ErrorCode.REQUEST_TIMED_OUT })
  cluster.isolated.clear()
  await cluster.settled()
  await cluster.time.run(1000)
  for (const node of cluster.nodes) t.strictSame(idsOf(node), [1, 2, 3])
})

t.test('N-A33 to N-A36: static voters go into the log when kraft.version is raised', async (t) => {
  const cluster = new QuorumCluster({ observers: [4] })
  cluster.startAll()
  const leader = await cluster.elected()
  await cluster.time.run(3000)
  const upgrade = (validateOnly: boolean) => leader.quorum.upgradeKRaftVersion(1, { validateOnly })
  t.equal(await upgrade(true), ErrorCode.NONE)
  t.equal(leader.quorum.kraftVersion, 0)
  t.equal(await upgrade(false), ErrorCode.NONE)
  await write(cluster, 'a')
  await cluster.settled()
  for (const node of cluster.nodes) {
    t.equal(node.quorum.kraftVersion, 1)
    t.strictSame(node.quorum.voters, [1, 2, 3].map(voterOf))
  }
  for (const node of cluster.nodes) node.kill('synced')
  cluster.startAll()
  await cluster.elected()
  await write(cluster, 'b')
  t.match(JSON.parse(cluster.leader!.state), { data_version: 1 })
})
