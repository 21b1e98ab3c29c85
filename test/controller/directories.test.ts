import t from 'tap'
import { ErrorCode } from '../../protocol/errors.ts'
import { assignReplicasToDirs } from '../../src/controller/assign-replicas.ts'
import { brokerHeartbeat } from '../../src/controller/broker-heartbeat.ts'
import { FEATURE } from '../../src/metadata/features.ts'
import type { MetadataImage } from '../../src/metadata/image.ts'
import { record } from '../../src/metadata/record.ts'
import { clusterOf, decisionConfig, directoryOf, heartbeatOf, replayed } from './harness.ts'
import { partitionIn, TOPIC, withTopic } from './partitions.ts'

const [ONE, TWO] = [directoryOf(1), directoryOf(11)]

/** Broker 1 has two directories; each of three partitions has a replica in another of them, or none. */
const broken = (one: { fenced?: boolean } = {}): MetadataImage => {
  const cluster = replayed(clusterOf({ id: 1, ...one }, 2), [
    record('BrokerRegistrationChangeRecord', 2, { brokerId: 1, brokerEpoch: 1n, logDirs: [ONE, TWO] }),
  ])
  const at = (directory: string) => ({ replicas: [1, 2], directories: [directory, directoryOf(2)] })
  return withTopic(cluster, at(ONE), at(TWO), { replicas: [2], directories: [directoryOf(2)] })
}

function beat(image: MetadataImage, offlineLogDirs: string[]) {
  const request = { ...heartbeatOf(1, 1n, 100), offlineLogDirs }
  const context = { config: decisionConfig, registrationOffset: 5, shutdownSeenByAll: false }
  const { records } = brokerHeartbeat(image, request, context)
  return { records, after: replayed(image, records) }
}

t.test('B38: what lies in a directory that failed is led by others, and the directory is struck off', async (t) => {
  const { records, after } = beat(broken(), [ONE])
  t.strictSame(
    records.map(({ type, version }) => [type, version]),
    [
      ['PartitionChangeRecord', 2],
      ['BrokerRegistrationChangeRecord', 2],
    ],
  )
  t.match(partitionIn(after, 0), { leader: 2, isr: [2], leaderEpoch: 6 })
  t.match(partitionIn(after, 1), { leader: 1, isr: [1, 2], leaderEpoch: 5 })
  t.strictSame(after.cluster.brokers.get(1)!.logDirs, [TWO])
  t.strictSame(beat(after, [ONE]).records, [], 'said again, nothing happens')
})

t.test('B38: the last directory stays on the list: the broker is about to stop', async (t) => {
  const { after } = beat(broken(), [ONE, TWO])
  t.match([partitionIn(after, 0), partitionIn(after, 1)], [{ leader: 2 }, { leader: 2 }])
  t.strictSame(after.cluster.brokers.get(1)!.logDirs, [ONE, TWO])
})

t.test('B38, B59: whoever comes back does not lead what has just failed', async (t) => {
  const alone = { replicas: [1], isr: [], elr: [1], leader: -1 }
  const cluster = broken({ fenced: true })
  const image = withTopic(
    { ...cluster, topics: clusterOf(1).topics },
    { ...alone, directories: [ONE] },
    { ...alone, directories: [TWO] },
  )
  const { after } = beat(image, [ONE])
  t.equal(after.cluster.brokers.get(1)!.fenced, false)
  t.match([partitionIn(after, 0), partitionIn(after, 1)], [{ leader: -1 }, { leader: 1 }])
})

t.test('B38: below level 17 nobody asks', async (t) => {
  const old = replayed(broken(), [
    record('FeatureLevelRecord', 0, { name: FEATURE.METADATA_VERSION, featureLevel: 16 }),
  ])
  t.strictSame(beat(old, [ONE]).records, [])
})

interface Assignment {
  directory?: string
  topicId?: string
  partition?: number
  broker?: number
  epoch?: bigint
}

function assign(image: MetadataImage, assignment: Assignment) {
  const { directory = TWO, topicId = TOPIC.topicId, partition = 0, broker = 1, epoch = BigInt(broker) } = assignment
  const topics = [{ topicId, partitions: [{ partitionIndex: partition }] }]
  const request = { brokerId: broker, brokerEpoch: epoch, directories: [{ id: directory, topics }] }
  const { records, response } = assignReplicasToDirs(image, request, decisionConfig)
  const code = response.directories.at(0)?.topics.at(0)?.partitions.at(0)?.errorCode
  return { top: response.errorCode, code, records, after: replayed(image, records) }
}

t.test('B82: a replica is where its broker says', async (t) => {
  const { after, code } = assign(broken(), {})
  t.equal(code, ErrorCode.NONE)
  t.match(partitionIn(after), { directories: [TWO, directoryOf(2)], leader: 1, isr: [1, 2], partitionEpoch: 10 })
  t.strictSame(assign(after, {}).records, [], 'where it was')
})

t.test('B82: what is refused', async (t) => {
  const image = broken()
  t.equal(assign(image, { epoch: 7n }).top, ErrorCode.STALE_BROKER_EPOCH)
  t.equal(assign(image, { broker: 9 }).top, ErrorCode.STALE_BROKER_EPOCH)
  t.equal(assign(image, { topicId: 'UUUUUUUUUUUUUUUUUUUUUQ' }).code, ErrorCode.UNKNOWN_TOPIC_ID)
  t.equal(assign(image, { partition: 9 }).code, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
  t.equal(assign(image, { partition: 2 }).code, ErrorCode.NOT_LEADER_OR_FOLLOWER)
  const old = replayed(image, [record('FeatureLevelRecord', 0, { name: FEATURE.METADATA_VERSION, featureLevel: 16 })])
  t.equal(assign(old, {}).top, ErrorCode.UNSUPPORTED_VERSION)
})

t.test('B82: in a directory that is not online a replica is out of sync, and leads no more', async (t) => {
  const { after, code } = assign(broken(), { directory: directoryOf(5) })
  t.equal(code, ErrorCode.NONE)
  t.match(partitionIn(after), { directories: [directoryOf(5), directoryOf(2)], leader: 2, isr: [2] })
})

t.test('B59, B82: out of a lost directory into a good one, a replica may lead again', async (t) => {
  const lost = { replicas: [1], isr: [1], leader: -1, directories: [directoryOf(5)] }
  const { after } = assign(withTopic({ ...broken(), topics: clusterOf(1).topics }, lost), {})
  t.match(partitionIn(after), { leader: 1, leaderEpoch: 6, directories: [TWO] })
})
