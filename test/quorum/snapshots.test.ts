import path from 'node:path'
import t from 'tap'
import type { FetchSnapshotResponse } from '../../protocol/api/59-fetch-snapshot.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import type { MetadataRecord } from '../../protocol/metadata/index.ts'
import { ControlType } from '../../protocol/records/control.ts'
import { ZERO_UUID } from '../../protocol/wire/uuid.ts'
import { record } from '../../src/metadata/record.ts'
import type { QuorumConfig } from '../../src/quorum/config.ts'
import { listSnapshots, snapshotName } from '../../src/quorum/snapshot.ts'
import { SnapshotStore } from '../../src/quorum/snapshot-store.ts'
import { LOG_DIR, QuorumCluster, type QuorumNode, topic, voterOf } from './cluster.ts'

/** Snapshots after little, and of several downloads each. */
const OFTEN: Partial<QuorumConfig> = {
  'metadata.log.max.record.bytes.between.snapshots': 2000,
  'controller.quorum.fetch.snapshot.max.bytes': 700,
  'metadata.log.segment.bytes': 4096,
}

const snapshotsOf = (node: QuorumNode) => listSnapshots(node.disk, LOG_DIR).map(({ offset }) => offset)

async function write(cluster: QuorumCluster, names: readonly string[]): Promise<void> {
  const leader = cluster.leader!
  const appends = names.map((name) => leader.quorum.append([topic(name)]))
  await cluster.time.run(100)
  await Promise.all(appends)
}

const namesFrom = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => `t${String(from + index).padStart(3, '0')}`)

t.test('A70, A72: every node takes snapshots of its own, at the same bytes, and they say the same', async (t) => {
  const cluster = new QuorumCluster({ observers: [4], config: OFTEN })
  cluster.startAll()
  await cluster.elected()
  for (let at = 0; at < 60; at += 10) await write(cluster, namesFrom(at, at + 10))
  await cluster.settled()
  const saidBy = (node: QuorumNode) => {
    const store = new SnapshotStore({ disk: node.disk, random: cluster.random }, LOG_DIR)
    return store.ids.map((id) => [...store.batches(id)].map(({ records }) => records.map(({ value }) => value)))
  }
  for (const node of cluster.nodes) {
    const bases = [...node.contents.map(({ offset }) => offset), node.quorum.nextOffset]
    t.ok(snapshotsOf(node).length >= 2)
    for (const offset of snapshotsOf(node)) t.ok(bases.includes(offset), 'between batches')
    t.strictSame(saidBy(node), saidBy(cluster.leader!))
  }
})

t.test('A70: after an interval, but only if there is something new', async (t) => {
  const cluster = new QuorumCluster({ config: { 'metadata.log.max.snapshot.interval.ms': 10_000 } })
  cluster.startAll()
  await cluster.elected()
  await write(cluster, ['a'])
  await cluster.time.run(11_000)
  t.strictSame(snapshotsOf(cluster.leader!), [], 'nothing happened')
  await write(cluster, ['b'])
  t.strictSame(snapshotsOf(cluster.leader!), [cluster.leader!.quorum.nextOffset])
  const never = new QuorumCluster({ config: { 'metadata.log.max.snapshot.interval.ms': 0 } })
  never.startAll()
  await never.elected()
  await never.time.run(15_000)
  await write(never, ['a'])
  t.strictSame(snapshotsOf(never.leader!), [])
})

t.test('A71: not within a metadata transaction', async (t) => {
  const cluster = new QuorumCluster({ config: { 'metadata.log.max.record.bytes.between.snapshots': 1 } })
  cluster.startAll()
  const leader = await cluster.elected()
  const append = async (records: MetadataRecord[]) => {
    const appended = leader.quorum.append(records)
    await cluster.time.run(50)
    await appended
  }
  await append([topic('a')])
  const before = snapshotsOf(leader)
  t.strictSame(before, [leader.quorum.nextOffset])
  await append([record('BeginTransactionRecord', 0, { name: 'x' }), topic('b')])
  await append([topic('c')])
  t.strictSame(snapshotsOf(leader), before)
  await append([record('EndTransactionRecord', 0, {})])
  t.strictSame(snapshotsOf(leader), [...before, leader.quorum.nextOffset])
})

t.test('A73: the log begins at a newer snapshot when log and snapshots are too large, or too old', async (t) => {
  for (const config of [{ 'metadata.max.retention.bytes': 3000 }, { 'metadata.max.retention.ms': 30_000 }]) {
    const cluster = new QuorumCluster({ config: { ...OFTEN, ...config } })
    cluster.startAll()
    const leader = await cluster.elected()
    for (let at = 0; at < 100; at += 10) await write(cluster, namesFrom(at, at + 10))
    const before = snapshotsOf(leader)
    t.ok(before.length > 2)
    t.equal(leader.quorum.log.logStartOffset, 0)
    await cluster.time.run(61_000)
    await write(cluster, ['last'])
    for (const node of cluster.nodes) {
      const kept = snapshotsOf(node)
      t.ok(kept.length >= 1 && kept.length < before.length, `${kept} of ${before}`)
      t.equal(node.quorum.log.logStartOffset, kept[0])
      t.ok(node.quorum.log.segments[0]!.baseOffset > 0, 'whole segments go too')
    }
    const { names } = leader
    for (const node of cluster.nodes) node.kill()
    cluster.startAll()
    const next = await cluster.elected()
    await cluster.settled()
    t.strictSame(next.names, names, 'a restart from snapshot and log')
  }
})

t.test('F16, A76: whoever is too far behind gets the snapshot, then the log behind it', async (t) => {
  const cluster = new QuorumCluster({ observers: [4], config: { ...OFTEN, 'metadata.max.retention.bytes': 3000 } })
  const started = [1, 2, 3].map((id) => cluster.node(id))
  for (const node of started) node.start()
  const leader = await cluster.elected()
  const late = started.find((node) => node !== leader)!
  await write(cluster, ['early'])
  await cluster.settled()
  late.kill('synced')
  for (let at = 0; at < 100; at += 10) await write(cluster, namesFrom(at, at + 10))
  await cluster.time.run(61_000)
  t.ok(leader.quorum.log.logStartOffset > 10, 'what they miss is in the log no more')
  const seen: string[][] = []
  for (const node of [late, cluster.node(4)]) {
    const quorum = node.start()
    quorum.loader.subscribe((delta) => {
      if (node === late) seen.push([...delta.topics.changed.values()].map(({ name }) => name))
    })
  }
  await cluster.settled()
  await write(cluster, ['after'])
  await cluster.settled()
  for (const node of [late, cluster.node(4)]) {
    t.strictSame(node.image, leader.image)
    t.ok(node.quorum.log.logStartOffset > 10)
    t.equal(node.quorum.log.logStartOffset, snapshotsOf(node)[0])
  }
  t.notOk(seen.slice(1).flat().includes('early'), 'what it had is not new to it')
  t.strictSame(
    [...late.disk.files().keys()].filter((file) => file.endsWith('.part')),
    [],
  )
  const { names } = leader
  for (const node of cluster.nodes) node.kill('synced')
  cluster.startAll()
  const next = await cluster.elected()
  await cluster.settled()
  for (const node of [next, late, cluster.node(4)]) t.strictSame(node.names, names)
})

t.test(
  'A68, N-A39: a snapshot that arrives damaged is dropped and asked for again, with longer and longer pauses',
  async (t) => {
    for (const dynamic of [false, true]) {
      const cluster = new QuorumCluster({ observers: [4], dynamic, config: OFTEN })
      for (const id of [1, 2, 3]) cluster.node(id).start()
      const leader = await cluster.elected()
      await write(cluster, namesFrom(0, 40))
      await cluster.settled()
      const { quorum } = leader
      const handle = quorum.handle.bind(quorum)
      let isDamaging = true
      let damaged = 0
      quorum.handle = async (apiKey, version, body, from) => {
        const answer = await handle(apiKey, version, body, from)
        const part = apiKey === 59 ? (answer as FetchSnapshotResponse).topics[0]!.partitions[0]! : undefined
        if (!isDamaging || part?.position !== 0) return answer
        damaged++
        // A bit of what the first batch says: its checksum does not hold any more.
        const unalignedRecords = Buffer.from(part.unalignedRecords)
        unalignedRecords[70]! ^= 1
        return {
          ...(answer as object),
          topics: [{ name: '__cluster_metadata', partitions: [{ ...part, unalignedRecords }] }],
        }
      }
      const late = cluster.node(4)
      late.start()
      await cluster.time.run(2000)
      t.equal(late.failure, undefined)
      t.ok(damaged > 3 && damaged < 12, `asked ${damaged} times in two seconds`)
      t.equal(late.quorum.log.logEndOffset, 0)
      isDamaging = false
      await cluster.settled()
      t.strictSame(late.image, leader.image)
      t.strictSame(
        [...late.disk.files().keys()].filter((file) => file.endsWith('.part')),
        [],
      )
    }
  },
)

t.test('A51, A69: a snapshot of its own that the log has left behind while it was flushed is none', async (t) => {
  const cluster = new QuorumCluster({ config: { ...OFTEN, 'metadata.max.retention.bytes': 3000 } })
  cluster.startAll()
  const leader = await cluster.elected()
  const slow = cluster.nodes.find((node) => node !== leader)!
  const flushes: (() => void)[] = []
  const open = slow.disk.open.bind(slow.disk)
  slow.disk.open = (name, options) => {
    const file = open(name, options)
    const flushed = new Promise<void>((resolve) => flushes.push(resolve))
    if (name.endsWith('.part')) file.syncAsync = () => flushed
    return file
  }
  for (let at = 0; at < 30; at += 10) await write(cluster, namesFrom(at, at + 10))
  const files = () => slow.disk.list(LOG_DIR).filter(({ name }) => name.includes('.checkpoint'))
  const partial = files().filter(({ name }) => name.endsWith('.part'))
  t.equal(partial.length, files().length, 'none gets onto the medium')
  t.ok(partial.length > 0)
  cluster.isolated.add(slow.id)
  for (let at = 30; at < 100; at += 10) await write(cluster, namesFrom(at, at + 10))
  await cluster.time.run(61_000)
  cluster.isolated.clear()
  await cluster.until(() => slow.quorum.log.logStartOffset > 0, 'the snapshot of the leader')
  for (const flushed of flushes) flushed()
  await cluster.settled()
  t.equal(files().length, 1)
  t.strictSame(snapshotsOf(slow), [slow.quorum.log.logStartOffset])
  t.equal(slow.failure, undefined)
})

t.test('A74: a snapshot is read at once as far as was asked, whatever was asked', async (t) => {
  const cluster = new QuorumCluster({ config: OFTEN })
  cluster.startAll()
  const leader = await cluster.elected()
  await write(cluster, namesFrom(0, 40))
  await cluster.settled()
  const offset = snapshotsOf(leader).at(-1)!
  const snapshotId = { endOffset: offset, epoch: leader.claimed! }
  const read = async (maxBytes: number) => {
    const partition = { partition: 0, currentLeaderEpoch: leader.claimed!, snapshotId, position: 0 }
    const topics = [{ name: '__cluster_metadata', partitions: [{ ...partition, replicaDirectoryId: ZERO_UUID }] }]
    const body = { clusterId: null, replicaId: 9, maxBytes, topics }
    const answer = await leader.quorum.handle(59, 1, body, { listener: 'CONTROLLER' })
    const [part] = (answer as FetchSnapshotResponse).topics[0]!.partitions
    return [part!.errorCode, part!.unalignedRecords.length]
  }
  t.strictSame(await read(-1), [0, 0])
  t.strictSame(await read(100), [0, 100])
  t.equal(leader.failure, undefined)
})

t.test('C14: who comes late has caught up with all that is committed, not with its first piece', async (t) => {
  for (const config of [{}, OFTEN]) {
    const cluster = new QuorumCluster({ observers: [4], config })
    for (const id of [1, 2, 3]) cluster.node(id).start()
    const leader = await cluster.elected()
    await write(cluster, namesFrom(0, 40))
    await write(cluster, ['last'])
    await cluster.settled()
    t.equal(snapshotsOf(leader).length > 0, config === OFTEN)
    const late = cluster.node(4)
    const names = late
      .start({ 'controller.quorum.fetch.max.bytes': 300 })
      .caughtUp()
      .then(() => late.names)
    await cluster.settled()
    t.strictSame(await names, leader.names)
  }
})

t.test('A98, A37: voters that formatting wrote; the first leader puts them into the log', async (t) => {
  const cluster = new QuorumCluster({ observers: [4], dynamic: true })
  cluster.startAll()
  const leader = await cluster.elected()
  await write(cluster, ['a'])
  await cluster.settled()
  const types = [ControlType.LEADER_CHANGE, ControlType.KRAFT_VERSION, ControlType.KRAFT_VOTERS]
  t.strictSame(leader.contents[0]!.types, types)
  for (const node of cluster.nodes) {
    t.equal(node.quorum.kraftVersion, 1)
    t.strictSame(node.quorum.voters, [1, 2, 3].map(voterOf))
    // Node 4 wrote it before it had heard of any voters.
    t.match(JSON.parse(node.state), { leaderId: leader.id, data_version: node.id === 4 ? 0 : 1 })
  }
  const voted = JSON.parse(leader.state)
  t.equal(
    leader.state,
    `{"leaderId":${leader.id},"leaderEpoch":${leader.claimed},"votedId":${voted.votedId},` +
      `"votedDirectoryId":"${voted.votedDirectoryId}","data_version":1}`,
  )
})

t.test('A67: what is half there goes at the start; a download is one only when it is complete', async (t) => {
  const cluster = new QuorumCluster()
  const { disk } = cluster.node(1)
  disk.makeDir(LOG_DIR)
  const id = { offset: 7, epoch: 2 }
  disk.replaceFile(path.join(LOG_DIR, '00000000000000000007-0000000002-123.checkpoint.part'), 'half')
  disk.replaceFile(path.join(LOG_DIR, `${snapshotName(id)}.deleted`), 'old')
  const store = new SnapshotStore({ disk, random: cluster.random }, LOG_DIR)
  t.equal(disk.list(LOG_DIR).length, 0)
  store.take({ step: 'begin', id })
  store.take({ step: 'write', id, position: 0, bytes: Buffer.from('no batch') })
  t.throws(() => store.take({ step: 'write', id, position: 3, bytes: Buffer.from('x') }), /position 3, at 8/)
  t.throws(() => store.take({ step: 'install', id }), { code: ErrorCode.CORRUPT_MESSAGE })
  t.equal(store.latest, undefined)
  t.strictSame(disk.list(LOG_DIR), [], 'nothing is left of it')
  store.take({ step: 'begin', id })
  store.take({ step: 'drop', id })
  t.strictSame(store.ids, [])
})
