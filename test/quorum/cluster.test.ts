import t from 'tap'
import type { FetchRequest, FetchResponse } from '../../protocol/api/01-fetch.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import { ControlType } from '../../protocol/records/control.ts'
import { QuorumCluster, topic } from './cluster.ts'

const NOT_CONTROLLER = { code: ErrorCode.NOT_CONTROLLER }

t.test('A21, A35: three static voters elect a leader, and quorum-state says so', async (t) => {
  const cluster = new QuorumCluster()
  cluster.startAll()
  const leader = await cluster.elected()
  await cluster.settled()
  const epoch = leader.claimed!
  for (const node of cluster.nodes) {
    t.strictSame(node.quorum.leader, {
      id: leader.id,
      epoch,
      endpoint: { host: `c${leader.id}`, port: 9090 + leader.id },
    })
    t.equal(node.claimed, node === leader ? epoch : undefined)
    t.equal(node.quorum.kraftVersion, 0)
    const { votedId } = JSON.parse(node.state)
    t.equal(
      node.state,
      `{"clusterId":"","leaderId":${leader.id},"leaderEpoch":${epoch},"votedId":${votedId},"appliedOffset":0,` +
        '"currentVoters":[{"voterId":1},{"voterId":2},{"voterId":3}],"data_version":0}',
    )
    t.strictSame(node.contents[0], { offset: 0, epoch, types: [ControlType.LEADER_CHANGE] })
  }
})

t.test(
  'A53, A59: what is appended at the leader is committed and seen everywhere, byte for byte the same',
  async (t) => {
    const cluster = new QuorumCluster({ observers: [4] })
    cluster.startAll()
    const leader = await cluster.elected()
    const seen: string[] = []
    cluster.node(4).quorum.onCommit((records, offset) => seen.push(`${records.length} ${offset}`))
    const first = leader.quorum.nextOffset
    const appends = [leader.quorum.append([topic('a'), topic('b')]), leader.quorum.append([topic('c')])]
    t.strictSame(leader.names, [], 'not before a majority has it')
    await cluster.time.run(100)
    t.strictSame(await Promise.all(appends), [first + 1, first + 2])
    await cluster.settled()
    for (const node of cluster.nodes) {
      t.strictSame(node.names, ['a', 'b', 'c'])
      t.equal(node.bytes, leader.bytes)
    }
    t.strictSame(seen, [`2 ${first + 1}`, `1 ${first + 2}`])
    await cluster.node(4).quorum.caughtUp()
    for (const node of cluster.nodes) {
      if (node !== leader) await t.rejects(node.quorum.append([topic('x')]), NOT_CONTROLLER)
    }
  },
)

t.test(
  'F12: the leader is killed: another one leads, what was committed is there, its first batch names it',
  async (t) => {
    const cluster = new QuorumCluster()
    cluster.startAll()
    const first = await cluster.elected()
    const acknowledged = first.quorum.append([topic('a')])
    await cluster.time.run(50)
    await acknowledged
    const killedMs = cluster.time.monotonicMs()
    first.kill()
    const second = await cluster.elected(first)
    const ms = cluster.time.monotonicMs() - killedMs
    t.ok(ms <= cluster.config['controller.quorum.election.timeout.ms'], `it acts after ${ms} ms (ADR 10)`)
    t.ok(second.claimed! > 1)
    t.strictSame(second.names, ['a'], 'all of it is in the image when it claims')
    t.strictSame(second.contents.at(-1), {
      offset: second.quorum.nextOffset - 1,
      epoch: second.claimed!,
      types: [ControlType.LEADER_CHANGE],
    })
    const append = second.quorum.append([topic('b')])
    await cluster.time.run(100)
    await append
    first.start()
    await cluster.settled()
    t.strictSame(first.names, ['a', 'b'])
    t.equal(first.bytes, second.bytes)
    t.equal(first.claimed, undefined)
  },
)

t.test('F13: a leader that is cut off resigns, and what it could not commit is gone when it returns', async (t) => {
  const cluster = new QuorumCluster()
  cluster.startAll()
  const first = await cluster.elected()
  const committed = first.quorum.append([topic('a')])
  await cluster.time.run(50)
  await committed
  let resigned = false
  first.quorum.onResign(() => {
    resigned = true
  })
  cluster.isolated.add(first.id)
  const lost = first.quorum.append([topic('lost')])
  const outcome = t.rejects(lost, NOT_CONTROLLER)
  await cluster.time.run(2900)
  t.notOk(resigned, 'not yet')
  await cluster.time.run(200)
  t.ok(resigned, '1.5 times the fetch timeout')
  await outcome
  await t.rejects(first.quorum.append([topic('x')]), NOT_CONTROLLER)
  const second = await cluster.elected(first)
  const append = second.quorum.append([topic('b')])
  await cluster.time.run(100)
  await append
  t.ok(first.quorum.nextOffset > first.quorum.highWatermark, 'it still has what nobody else has')
  cluster.isolated.clear()
  await cluster.settled()
  await cluster.time.run(1000)
  t.strictSame(first.names, ['a', 'b'])
  t.equal(first.bytes, second.bytes)
})

t.test('A42, A44: a leader that leaves in order is followed at once', async (t) => {
  const cluster = new QuorumCluster()
  cluster.startAll()
  const first = await cluster.elected()
  await cluster.settled()
  const beforeMs = cluster.time.monotonicMs()
  const stopped = first.stop()
  await cluster.until(() => cluster.leader !== undefined && cluster.leader !== first)
  t.ok(cluster.time.monotonicMs() - beforeMs < 100, 'without waiting for any timeout')
  await cluster.time.run(100)
  await stopped
})

t.test('a leader may give up and stay', async (t) => {
  const cluster = new QuorumCluster()
  cluster.startAll()
  const first = await cluster.elected()
  await cluster.settled()
  await first.quorum.resign()
  t.equal(first.claimed, undefined)
  const second = await cluster.elected()
  await cluster.settled()
  t.equal(first.quorum.leader.id, second.id)
})

t.test('A16: with the power gone everywhere, what was acknowledged is there', async (t) => {
  for (let seed = 1; seed <= 5; seed++) {
    const cluster = new QuorumCluster({ seed })
    const acknowledged: string[] = []
    for (let life = 0; life < 4; life++) {
      cluster.startAll()
      const leader = await cluster.elected()
      for (const name of ['a', 'b', 'c']) {
        leader.quorum.append([topic(`${name}${life}`)]).then(
          () => acknowledged.push(`${name}${life}`),
          () => {},
        )
        await cluster.time.run(cluster.random.below(8))
      }
      const victims = cluster.nodes.filter(() => cluster.random.below(4) > 0)
      for (const node of victims) node.kill(cluster.random.below(2) === 0 ? 'synced' : 'written')
    }
    for (const node of cluster.nodes) if (node.isUp) node.kill('synced')
    cluster.startAll()
    await cluster.elected()
    await cluster.settled()
    const [one, ...others] = cluster.nodes
    t.ok(
      acknowledged.every((name) => one!.names.includes(name)),
      `seed ${seed}: ${acknowledged} of ${one!.names}`,
    )
    for (const node of others) t.strictSame(node.image, one!.image, `seed ${seed}`)
    for (const { failure } of cluster.nodes) t.equal(failure, undefined, `seed ${seed}`)
  }
})

t.test('N-A39: what arrives damaged is asked for again, with longer and longer pauses', async (t) => {
  for (const dynamic of [false, true]) {
    const cluster = new QuorumCluster({ observers: [4], dynamic })
    cluster.startAll()
    const leader = await cluster.elected()
    await cluster.settled()
    const { quorum } = leader
    const handle = quorum.handle.bind(quorum)
    let isDamaging = true
    let damaged = 0
    quorum.handle = async (apiKey, version, body, from) => {
      const answer = await handle(apiKey, version, body, from)
      if (apiKey !== 1 || (body as FetchRequest).replicaState.replicaId !== 4 || !isDamaging) return answer
      const [part] = (answer as FetchResponse).responses[0]!.partitions
      if (part!.records === null || part!.records.length === 0) return answer
      damaged++
      const records = Buffer.from(part!.records)
      records[records.length - 1]! ^= 1
      part!.records = records
      return answer
    }
    const append = quorum.append([topic('a')])
    await cluster.time.run(1000)
    await append
    t.ok(damaged > 3 && damaged < 10, `asked ${damaged} times in a second`)
    isDamaging = false
    await cluster.settled()
    t.strictSame(cluster.node(4).names, ['a'])
  }
})
