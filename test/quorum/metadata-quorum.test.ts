import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import t from 'tap'
import { decodeQuorumState, encodeQuorumState } from '../../protocol/checkpoint/quorum-state.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import type { MetadataRecord } from '../../protocol/metadata/index.ts'
import { batches } from '../../protocol/records/batch.ts'
import { ZERO_UUID } from '../../protocol/wire/uuid.ts'
import { defaultsOf } from '../../src/base/config.ts'
import { DiskError } from '../../src/base/disk.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { createMemorySystem, type MemorySystem } from '../../src/base/memory-system.ts'
import type { System } from '../../src/base/ports.ts'
import { createSystem } from '../../src/base/system.ts'
import { freshFeatureRecords } from '../../src/controller/features.ts'
import { createLogEnvironment } from '../../src/log/environment.ts'
import { imageRecords } from '../../src/metadata/image-records.ts'
import { record } from '../../src/metadata/record.ts'
import { decodeBatches } from '../../src/quorum/batches.ts'
import { type QuorumConfig, quorumConfig } from '../../src/quorum/config.ts'
import { MetadataQuorum, type QuorumOptions } from '../../src/quorum/metadata-quorum.ts'
import { encodeSnapshot, listSnapshots, snapshotName } from '../../src/quorum/snapshot.ts'
import {
  CLUSTER_ID,
  controllerOver,
  createRequest,
  directoryOf,
  heartbeatOf,
  newTopic,
  registrationOf,
} from '../controller/harness.ts'

const DIR = '/disk/data'
const LOG_DIR = path.join(DIR, '__cluster_metadata-0')
const endpoints = [{ name: 'CONTROLLER', host: 'localhost', port: 9093 }]

function world(seed = 1): MemorySystem {
  const system = createMemorySystem(seed)
  system.disk.makeDir(DIR)
  system.disk.syncDir('/disk')
  return system
}

/** Alone, and so the leader at once. */
function open(system: Omit<System, 'network'>, change: Partial<QuorumOptions> = {}): MetadataQuorum {
  const quorum = loaded(system, change)
  quorum.start()
  return quorum
}

function loaded(system: Omit<System, 'network'>, change: Partial<QuorumOptions> = {}): MetadataQuorum {
  return MetadataQuorum.open({
    environment: createLogEnvironment(system, silentLogger),
    dir: DIR,
    nodeId: 1,
    directoryId: directoryOf(1),
    clusterId: CLUSTER_ID,
    isController: true,
    peers: undefined,
    config: defaultsOf(quorumConfig),
    endpoints,
    freshRecords: freshFeatureRecords,
    onFailure: (cause) => {
      // A life that a crash ended may find its disk gone.
      if (!(cause instanceof DiskError && cause.code === 'EBADF')) throw cause
    },
    ...change,
  })
}

const topic = (name: string) =>
  record('TopicRecord', 0, { name, topicId: Buffer.alloc(16, name).toString('base64url') })
const namesOf = (quorum: MetadataQuorum) => [...quorum.loader.image.topics.byName.keys()].sort()

/** A controller of a node in its nth life, its broker registered and live. */
async function live(quorum: MetadataQuorum, system: Omit<System, 'network'>, life = 0) {
  const { loader, kraftVersion } = quorum
  const controller = controllerOver(quorum, { image: loader.image, system, kraftVersion, alone: true })
  await controller.activate(quorum.bootstrapRecords, loader.transactionOpen)
  const { brokerEpoch = -1n } = await controller.registerBroker(registrationOf(1, life), 4)
  await controller.brokerHeartbeat(heartbeatOf(1, brokerEpoch, loader.image.offset))
  return controller
}

const imageOf = (quorum: MetadataQuorum): MetadataRecord[] => [...imageRecords(quorum.loader.image)]

/** What the log holds, by offset: types of metadata records, numbers of control records. */
function contents(quorum: MetadataQuorum) {
  return [...quorum.log.batches(0)].flatMap((bytes) =>
    [...decodeBatches(bytes)].map((batch) => ({
      offset: batch.baseOffset,
      epoch: batch.epoch,
      types: batch.records.map(({ type }) => type),
    })),
  )
}

t.test('A7, A35, A98, N-B15: an empty directory gets what formatting and a first start of 4.3 write', async (t) => {
  const system = world()
  const quorum = open(system)
  t.strictSame(
    [...system.disk.files().keys()].filter((file) => !/\.(index|timeindex|txnindex)$/.test(file)),
    [
      `${LOG_DIR}/00000000000000000000-0000000000.checkpoint`,
      `${LOG_DIR}/00000000000000000000.log`,
      `${LOG_DIR}/leader-epoch-checkpoint`,
      `${LOG_DIR}/partition.metadata`,
      `${LOG_DIR}/quorum-state`,
      `${DIR}/bootstrap.checkpoint`,
    ],
  )
  t.strictSame(contents(quorum), [{ offset: 0, epoch: 1, types: [2, 5, 6] }])
  t.match(quorum, {
    epoch: 1,
    kraftVersion: 1,
    nextOffset: 3,
    voters: [{ id: 1, directoryId: directoryOf(1), endpoints }],
  })
  t.strictSame(quorum.bootstrapRecords, freshFeatureRecords())
  t.equal(system.disk.readFile(`${LOG_DIR}/leader-epoch-checkpoint`).toString(), '0\n1\n1 0\n')
  await live(quorum, system)
  t.strictSame(contents(quorum).slice(1, 2), [
    {
      offset: 3,
      epoch: 1,
      types: [
        'BeginTransactionRecord',
        ...new Array(6).fill('FeatureLevelRecord'),
        'ConfigRecord',
        'EndTransactionRecord',
      ],
    },
  ])
})

t.test('A21, B42: quorum-state says who leads in which epoch', async (t) => {
  const system = world()
  open(system)
  const text = system.disk.readFile(`${LOG_DIR}/quorum-state`).toString()
  t.equal(
    text,
    '{"leaderId":1,"leaderEpoch":1,"votedId":-1,"votedDirectoryId":"AAAAAAAAAAAAAAAAAAAAAA","data_version":1}',
  )
})

t.test('A82, A97: static voters mean kraft.version 0, and no voters in the log', async (t) => {
  const system = world()
  const config = { ...defaultsOf(quorumConfig), 'controller.quorum.voters': ['1@localhost:9093'] }
  for (const epoch of [1, 2]) {
    const quorum = open(system, { config })
    t.match(quorum, { kraftVersion: 0, epoch })
    t.strictSame(contents(quorum).at(-1), { offset: epoch - 1, epoch, types: [2] })
    await quorum.close()
  }
  const state = decodeQuorumState(system.disk.readFile(`${LOG_DIR}/quorum-state`).toString())
  t.match(state, { version: 0, currentVoters: [1], leaderEpoch: 2 })
  t.notOk(system.disk.exists(`${LOG_DIR}/${snapshotName({ offset: 0, epoch: 0 })}`))
})

t.test('A59: commits reach image and listeners in order, before the append is answered', async (t) => {
  const system = world()
  const quorum = open(system)
  const seen: string[] = []
  quorum.loader.subscribe((_, image) => seen.push(`image ${image.offset}`))
  quorum.onCommit((records, offset, epoch) => seen.push(`commit ${records.length} ${offset} ${epoch}`))
  const appends = [quorum.append([topic('a'), topic('b')]), quorum.append([topic('c')])].map((append) =>
    append.then((offset) => seen.push(`answer ${offset}`)),
  )
  t.equal(quorum.nextOffset, 6, 'offsets are given at once')
  t.strictSame(seen, [])
  await Promise.all(appends)
  t.strictSame(seen, ['image 4', 'commit 2 4 1', 'image 5', 'commit 1 5 1', 'answer 4', 'answer 5'])
  t.equal(quorum.highWatermark, 6)
})

t.test('appends share flushes', async (t) => {
  const system = world()
  const quorum = open(system)
  await quorum.append([topic('first')])
  let syncs = 0
  system.disk.hook = ({ kind }) => {
    if (kind === 'sync') syncs++
    return undefined
  }
  await Promise.all(Array.from({ length: 100 }, (_, i) => quorum.append([topic(`t${i}`)])))
  t.ok(syncs <= 8, `${syncs} fsyncs for 100 appends`)
})

t.test('nothing is committed before it is on the medium', async (t) => {
  const system = world()
  const quorum = open(system)
  const append = quorum.append([topic('a')])
  t.strictSame(namesOf(quorum), [])
  await append
  t.ok(quorum.log.recoveryPoint > 3)
})

t.test('a restart gives the same image, in the next epoch', async (t) => {
  const system = world()
  for (let life = 0; life < 4; life++) {
    const quorum = open(system)
    t.equal(quorum.epoch, 2 * life + 1)
    const controller = await live(quorum, system, life)
    const brokerEpoch = BigInt(controller.image.cluster.brokers.get(1)!.epoch)
    await controller.createTopics(createRequest(newTopic(`t${life}`, { numPartitions: 3 })), 7)
    await controller.allocateProducerIds({ brokerId: 1, brokerEpoch })
    const before = imageOf(quorum)
    if (life % 2 === 0) await quorum.close()
    else system.disk.crash('written')
    const again = open(system)
    t.strictSame(imageOf(again), before, `life ${life}`)
    t.strictSame([again.loader.image.offset, again.loader.image.epoch], [controller.image.offset, 2 * life + 1])
    t.strictSame(again.bootstrapRecords, [], 'not needed any more')
    system.disk.crash('written')
  }
})

t.test('a restart on a real disk', async (t) => {
  const dir = mkdtempSync(path.join(tmpdir(), 'odradek-quorum-'))
  t.teardown(() => rmSync(dir, { recursive: true }))
  const system = createSystem()
  const first = open(system, { dir })
  const controller = await live(first, system)
  await controller.createTopics(createRequest(newTopic('t', { numPartitions: 3 })), 7)
  const before = imageOf(first)
  await first.close()
  const second = open(system, { dir })
  t.strictSame(imageOf(second), before)
  t.equal(second.epoch, 2)
  await live(second, system, 1)
  t.match(second.loader.image.topics.byName.get('t')!.partitions.get(2), { leader: 1, leaderEpoch: 2 })
  await second.close()
})

t.test('A16: the machine may stop at any moment: what was answered is there, in an epoch of its own', async (t) => {
  let steps = Number.POSITIVE_INFINITY
  for (let stopAt = 0; stopAt < steps; stopAt++) {
    const system = world()
    const epochs = new Set<number>()
    let acknowledged: string[] = []
    let step = 0
    system.disk.hook = ({ kind }) => {
      if (kind === 'lock') return undefined
      return step++ >= stopAt ? new DiskError('EIO', 'the machine has stopped') : undefined
    }
    try {
      for (let life = 0; life < 2; life++) {
        const quorum = open(system, { onFailure: () => {} })
        for (const name of ['a', 'b']) {
          await quorum.append([topic(`${name}${life}`)])
          acknowledged = [...acknowledged, `${name}${life}`]
          epochs.add(quorum.epoch)
        }
        await quorum.close()
      }
      steps = Math.min(steps, step)
    } catch (error) {
      if (!(error instanceof DiskError)) throw error
    }
    system.disk.hook = undefined
    system.disk.crash('synced')
    const quorum = open(system)
    const found = namesOf(quorum)
    if (!acknowledged.every((name) => found.includes(name))) {
      t.fail(`stopped at step ${stopAt}: ${acknowledged} were answered, ${found} are there`)
    }
    if (epochs.has(quorum.epoch)) t.fail(`stopped at step ${stopAt}: epoch ${quorum.epoch} again`)
    await live(quorum, system)
    if (quorum.loader.image.features.metadataVersion !== 30) t.fail(`stopped at step ${stopAt}: no features`)
  }
  t.ok(steps > 20 && steps < 1000, `${steps} steps`)
})

t.test('C29: a disk that fails rejects appends and stops the node', async (t) => {
  const system = world()
  const failures: unknown[] = []
  const quorum = open(system, { onFailure: (cause) => failures.push(cause) })
  await quorum.append([topic('a')])
  const broken = new DiskError('EIO', 'no more')
  system.disk.hook = ({ kind }) => (kind === 'sync' ? broken : undefined)
  await t.rejects(quorum.append([topic('b')]), broken)
  t.ok(failures.includes(broken))
  t.strictSame(namesOf(quorum), ['a'], 'what is not committed is not seen')
  system.disk.hook = undefined
  await t.rejects(quorum.append([topic('c')]))
})

t.test('whoever waits for raft hears that it has ended: what it was to do is not begun any more', async (t) => {
  for (const ending of ['closed', 'failed'] as const) {
    const system = world()
    const quorum = open(system, { onFailure: () => {} })
    const asked: Promise<unknown>[] = []
    quorum.onCommit(() => {
      // Both come while raft is at work and have to wait for it.
      asked.push(quorum.resign(), quorum.upgradeKRaftVersion(1, { validateOnly: false }))
      if (ending === 'failed') throw new Error('the listener fell')
      void quorum.close()
    })
    const appended = quorum.append([topic('a')]).catch(() => {})
    await system.time.run(10)
    const { length } = asked
    let settled = 0
    for (const promise of asked) promise.then(() => settled++)
    await system.time.run(1)
    t.strictSame([length, settled], [2, 2], ending)
    await appended
  }
})

t.test('an open transaction is invisible, and known', async (t) => {
  const system = world()
  const quorum = open(system)
  await quorum.append([topic('a')])
  await quorum.append([record('BeginTransactionRecord', 0, { name: 'x' }), topic('b')])
  system.disk.crash('written')
  const again = open(system)
  t.strictSame([namesOf(again), again.loader.transactionOpen], [['a'], true])
  const controller = controllerOver(again, { image: again.loader.image, system })
  await controller.activate(again.bootstrapRecords, again.loader.transactionOpen)
  t.notOk(again.loader.transactionOpen)
  t.strictSame(namesOf(again), ['a'])
  t.equal(again.loader.image.features.metadataVersion, 30, 'the features were still to be written')
})

t.test('A11: the log knows a later epoch than quorum-state', async (t) => {
  const system = world()
  await open(system).close()
  await open(system).close()
  system.disk.remove(`${LOG_DIR}/quorum-state`)
  t.equal(open(system).epoch, 3)
})

t.test('A22: a quorum-state that cannot be read stops the node', async (t) => {
  const system = world()
  await open(system).close()
  for (const text of ['', '{', '{"leaderId":1}', '\0\0']) {
    system.disk.replaceFile(`${LOG_DIR}/quorum-state`, text)
    t.throws(() => open(system), {
      name: 'QuorumError',
      message: /metadata in \/disk\/data cannot be read: quorum-state/,
    })
  }
})

t.test('A4, A5, A14: what cannot be', async (t) => {
  const refuses = (change: Partial<QuorumConfig>, message: RegExp, more: Partial<QuorumOptions> = {}) => {
    const config = { ...defaultsOf(quorumConfig), ...change }
    t.throws(() => loaded(world(), { config, ...more }), { name: 'QuorumError', message })
  }
  refuses({ 'controller.quorum.voters': ['2@a:9093', '3@b:9093'] }, /voters 2, 3, and controller 1 is none/)
  refuses({ 'controller.quorum.voters': ['1@a'] }, /expected host:port, not a/)
  refuses({ 'controller.quorum.voters': ['a:9093'] }, /expected id@host:port/)
  refuses({ 'controller.quorum.voters': ['1@0.0.0.0:9093'] }, /no address/)
  refuses({ 'controller.quorum.bootstrap.servers': ['a:b'] }, /expected host:port/)
  refuses({}, /neither controller.quorum.voters nor/, { isController: false })
  const system = world()
  await open(system).close()
  t.throws(() => open(system, { directoryId: directoryOf(2) }), /directory id/)
  const last = { leaderId: 1, leaderEpoch: 2 ** 31 - 1, votedId: -1, votedDirectoryId: ZERO_UUID, currentVoters: [] }
  system.disk.replaceFile(`${LOG_DIR}/quorum-state`, encodeQuorumState(last, 1))
  t.throws(() => open(system), { name: 'QuorumError', message: /epoch 2147483647, the last/ })
  const voted = { leaderId: -1, leaderEpoch: 3, votedId: 2, votedDirectoryId: directoryOf(2), currentVoters: [] }
  system.disk.replaceFile(`${LOG_DIR}/quorum-state`, encodeQuorumState(voted, 1))
  t.throws(() => loaded(system, { isController: false }), /has voted/)
})

for (const [errorCode, what] of [
  [ErrorCode.INCONSISTENT_CLUSTER_ID, /belongs to another cluster/],
  [ErrorCode.CLUSTER_AUTHORIZATION_FAILED, /is not among super.users/],
] as const) {
  t.test(`A24, A47: whose node is turned away (${errorCode}) reads why, once for each of the others`, async (t) => {
    const system = world()
    const warnings: unknown[] = []
    const warn = (message: string, fields: unknown) => {
      t.match(message, what)
      warnings.push(fields)
    }
    let asked = 0
    const send = async () => {
      asked++
      return { errorCode, topics: [], responses: [], nodeEndpoints: [] } as never
    }
    const voters = ['1@localhost:9093', '2@b:9093', '3@c:9093']
    const quorum = open(system, {
      environment: createLogEnvironment(system, { ...silentLogger, warn }),
      config: { ...defaultsOf(quorumConfig), 'controller.quorum.voters': voters },
      peers: { send, close: () => {} },
    })
    await system.time.run(10_000)
    t.ok(asked > 4)
    t.strictSame(
      warnings.toSorted((one, other) => JSON.stringify(one).localeCompare(JSON.stringify(other))),
      [
        { node: 2, address: 'b:9093', clusterId: CLUSTER_ID },
        { node: 3, address: 'c:9093', clusterId: CLUSTER_ID },
      ],
    )
    await quorum.close()
  })
}

t.test('A35: voters are put on record again when this node is reached elsewhere', async (t) => {
  const system = world()
  await open(system).close()
  const same = open(system)
  t.strictSame(contents(same).at(-1)!.types, [2])
  await same.close()
  const moved = open(system, { endpoints: [{ name: 'CONTROLLER', host: 'localhost', port: 19093 }] })
  t.strictSame(contents(moved).at(-1)!.types, [2, 5, 6])
  await moved.close()
  const still = open(system, { endpoints: [{ name: 'CONTROLLER', host: 'localhost', port: 19093 }] })
  t.strictSame(contents(still).at(-1)!.types, [2])
})

t.test('A66 to A68: a snapshot stands for the log below it', async (t) => {
  const system = world()
  const quorum = open(system)
  const controller = await live(quorum, system)
  await controller.createTopics(createRequest(newTopic('a', { numPartitions: 2 })), 7)
  const { image } = quorum.loader
  const before = imageOf(quorum)
  const id = { offset: image.offset + 1, epoch: image.epoch }
  const content = {
    records: imageRecords(image),
    voters: quorum.voters,
    lastTimestamp: 5,
    nowMs: 6,
    epoch: image.epoch,
  }
  system.disk.replaceFile(path.join(LOG_DIR, snapshotName(id)), encodeSnapshot(content))
  system.disk.replaceFile(path.join(LOG_DIR, `${snapshotName(id)}.part`), 'half')
  await controller.createTopics(createRequest(newTopic('b')), 7)
  await quorum.close()
  const both = open(system)
  t.strictSame(namesOf(both), ['a', 'b'])
  t.strictSame(listSnapshots(system.disk, LOG_DIR), [{ offset: 0, epoch: 0 }, id])
  t.notOk(system.disk.exists(path.join(LOG_DIR, `${snapshotName(id)}.part`)), 'leftovers are removed')
  both.log.truncateFullyAndStartAt(id.offset)
  system.disk.crash('written')
  const alone = open(system)
  t.strictSame(imageOf(alone), before, 'the snapshot alone')
  t.equal(alone.kraftVersion, 1)
  t.ok(alone.epoch > image.epoch)
})

t.test('A67: a log that begins above 0 without a snapshot', async (t) => {
  const system = world()
  const quorum = open(system)
  quorum.log.truncateFullyAndStartAt(10)
  system.disk.crash('written')
  t.throws(() => open(system), /no snapshot leads there/)
})

t.test('A68: what is missing in a snapshot that is cut short or damaged is not taken for deleted', async (t) => {
  const system = world()
  const quorum = open(system)
  await quorum.append([topic('a')])
  const { image } = quorum.loader
  await quorum.close()
  const id = { offset: image.offset + 1, epoch: image.epoch }
  const content = {
    records: imageRecords(image),
    voters: quorum.voters,
    lastTimestamp: 5,
    nowMs: 6,
    epoch: image.epoch,
  }
  const whole = encodeSnapshot(content)
  const footerBytes = [...batches(whole)].at(-1)!.sizeInBytes
  const flipped = Buffer.from(whole)
  flipped[whole.length >> 1]! ^= 0xff
  const bad = [Buffer.alloc(0), whole.subarray(0, -footerBytes), whole.subarray(0, -7), flipped]
  for (const name of [snapshotName(id), snapshotName({ ...id, offset: id.offset + 1000 })]) {
    const file = path.join(LOG_DIR, name)
    for (const bytes of bad) {
      system.disk.replaceFile(file, bytes)
      const message = new RegExp(`^the metadata snapshot ${file} is damaged: `)
      t.throws(() => open(system), { name: 'QuorumError', message })
    }
    system.disk.remove(file)
  }
  t.strictSame(namesOf(open(system)), ['a'], 'the log was left alone')
})

t.test('A80: an image of many records goes into several batches', async (t) => {
  const records = Array.from({ length: 25_000 }, (_, i) => record('NoOpRecord', 0, { i } as never))
  const bytes = encodeSnapshot({ records, voters: undefined, lastTimestamp: 0, nowMs: 0, epoch: 2 })
  t.strictSame(
    [...decodeBatches(bytes)].map((batch) => [batch.control, batch.baseOffset, batch.records.length, batch.epoch]),
    [
      [true, 0, 1, 2],
      [false, 1, 10_000, 2],
      [false, 10_001, 10_000, 2],
      [false, 20_001, 5_000, 2],
      [true, 25_001, 1, 2],
    ],
  )
})

// Written by Apache Kafka 4.3.0's storage tool: `format --standalone`.
const APACHE_BOOTSTRAP =
  'AAAAAAAAAAAAAABHAAAAAAKJNnIXACAAAAAAAAABogRj5AoAAAGiBGPkCv//////////////////AAAAASoAAAAIAAAAAxYAAAAA' +
  'AAAAAAAAAAAAAAAAAAAAAQAAAPEAAAAAAgdkSI4AAAAAAAUAAAGiBGPkJQAAAaIEY+Ql//////////////////8AAAAGOgAAAAEu' +
  'AQwAEW1ldGFkYXRhLnZlcnNpb24AHgAAWgAAAgFOAQwAIWVsaWdpYmxlLmxlYWRlci5yZXBsaWNhcy52ZXJzaW9uAAEAADQAAAQB' +
  'KAEMAA5ncm91cC52ZXJzaW9uAAEAADQAAAYBKAEMAA5zaGFyZS52ZXJzaW9uAAEAADgAAAgBLAEMABBzdHJlYW1zLnZlcnNpb24A' +
  'AQAAQAAACgE0AQwAFHRyYW5zYWN0aW9uLnZlcnNpb24AAgAAAAAAAAAAAAcAAAA/AAAAAAL3uzhPACAAAAAAAAABogRj5CYAAAGi' +
  'BGPkJv//////////////////AAAAARoAAAAIAAAABAYAAAAA'
const APACHE_VOTERS =
  'AAAAAAAAAAAAAACaAAAAAAJ8J9rnACAAAAACAAABogRj5D4AAAGiBGPkPv//////////////////AAAAAyoAAAAIAAAAAxYAAAAA' +
  'AaIEY+Q0AAAeAAACCAAAAAUKAAAAAQAAggEAAAQIAAAABm4AAAIAAAAB7k6e8qTgTeCTG/sG+AALVgILQ09OVFJPTExFUgpsb2Nh' +
  'bGhvc3RzNQAAAAABAAAAAAAAAAAAAAADAAAAPwAAAAACEeO6xAAgAAAAAAAAAaIEY+REAAABogRj5ET//////////////////wAA' +
  'AAEaAAAACAAAAAQGAAAAAA=='

/** Batches without the times of their writing. */
const said = (bytes: Buffer) =>
  [...decodeBatches(bytes)].map((batch) => ({
    ...batch,
    timestamp: 0,
    records: batch.records.map(({ type, value }) => ({ type, ...value, lastContainedLogTimestamp: 0 })),
  }))

t.test('A96, A98: what formatting writes is what Apache Kafka 4.3 writes', async (t) => {
  const theirs = Buffer.from(APACHE_BOOTSTRAP, 'base64')
  const theirVoters = Buffer.from(APACHE_VOTERS, 'base64')
  const directoryId = '7k6e8qTgTeCTG_sG-AALVg'
  const system = world()
  open(system, { directoryId, endpoints: [{ name: 'CONTROLLER', host: 'localhost', port: 29493 }] })
  const ours = system.disk.readFile(`${DIR}/bootstrap.checkpoint`)
  const ourVoters = system.disk.readFile(path.join(LOG_DIR, snapshotName({ offset: 0, epoch: 0 })))
  t.strictSame(said(ours), said(theirs))
  t.strictSame(said(ourVoters), said(theirVoters))
  t.strictSame([ours.length, ourVoters.length], [theirs.length, theirVoters.length])
})

t.test('A96, N-B15: a directory that Apache Kafka formatted is taken as it is', async (t) => {
  const system = world()
  system.disk.makeDir(LOG_DIR)
  system.disk.replaceFile(`${DIR}/bootstrap.checkpoint`, Buffer.from(APACHE_BOOTSTRAP, 'base64'))
  const voters = path.join(LOG_DIR, snapshotName({ offset: 0, epoch: 0 }))
  system.disk.replaceFile(voters, Buffer.from(APACHE_VOTERS, 'base64'))
  const freshRecords = () => t.fail('it is formatted') as never
  t.throws(() => open(system, { freshRecords }), /directory id/, 'of another disk')
  const quorum = open(system, { freshRecords, directoryId: '7k6e8qTgTeCTG_sG-AALVg' })
  t.strictSame(contents(quorum), [{ offset: 0, epoch: 1, types: [2, 5, 6] }])
  t.strictSame(quorum.bootstrapRecords, freshFeatureRecords())
})
