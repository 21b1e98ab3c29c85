import type {
  AssignReplicasToDirsRequest,
  AssignReplicasToDirsResponse,
} from '../../protocol/api/73-assign-replicas-to-dirs.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import type { MetadataRecord } from '../../protocol/metadata/index.ts'
import { isOnlineDirectory } from '../metadata/directory-id.ts'
import { METADATA_VERSION } from '../metadata/features.ts'
import type { BrokerImage, MetadataImage, PartitionImage, TopicImage } from '../metadata/image.ts'
import { changeOf, isAcceptable } from './leadership.ts'
import { changePartition } from './partition-change.ts'
import type { Decision, DecisionConfig } from './ports.ts'

type Response = typeof AssignReplicasToDirsResponse.Input

/** A broker says which of its directories holds which replica, each replica by itself (KIP-858; fact B82). */
export function assignReplicasToDirs(
  image: MetadataImage,
  request: AssignReplicasToDirsRequest,
  config: DecisionConfig,
): Decision<Response> {
  if (image.features.metadataVersion < METADATA_VERSION.DIRECTORIES) return refused(ErrorCode.UNSUPPORTED_VERSION)
  const broker = image.cluster.brokers.get(request.brokerId)
  if (broker === undefined || BigInt(broker.epoch) !== request.brokerEpoch) return refused(ErrorCode.STALE_BROKER_EPOCH)
  const records: MetadataRecord[] = []
  const directories = request.directories.map(({ id, topics }) => ({
    id,
    topics: topics.map(({ topicId, partitions }) => ({
      topicId,
      partitions: partitions.map(({ partitionIndex }) => {
        const topic = image.topics.byId.get(topicId)
        const errorCode = problemOf(topic, partitionIndex, broker.id)
        if (errorCode === ErrorCode.NONE) records.push(...assigned(image, topic!, partitionIndex, broker, id, config))
        return { partitionIndex, errorCode }
      }),
    })),
  }))
  return { records, response: { throttleTimeMs: 0, errorCode: ErrorCode.NONE, directories }, mayBeSplit: true }
}

const refused = (errorCode: ErrorCode): Decision<Response> => ({
  records: [],
  response: { throttleTimeMs: 0, errorCode, directories: [] },
})

function problemOf(topic: TopicImage | undefined, index: number, brokerId: number): ErrorCode {
  if (topic === undefined) return ErrorCode.UNKNOWN_TOPIC_ID
  const partition = topic.partitions.get(index)
  if (partition === undefined) return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
  return partition.replicas.includes(brokerId) ? ErrorCode.NONE : ErrorCode.NOT_LEADER_OR_FOLLOWER
}

/** A replica in a directory that is not online is in sync no more, and leads no more. */
function assigned(
  image: MetadataImage,
  topic: TopicImage,
  index: number,
  broker: BrokerImage,
  directory: string,
  config: DecisionConfig,
): MetadataRecord[] {
  const partition = topic.partitions.get(index)!
  const { replicas, isr } = partition
  const directories = partition.directories.map((id, place) => (replicas[place] === broker.id ? directory : id))
  const after: PartitionImage = { ...partition, directories }
  const change = changePartition({
    ...changeOf(image, topic, config),
    partition,
    directories,
    isr: isOnlineDirectory(broker, directory) ? isr : isr.filter((id) => id !== broker.id),
    isAcceptable: (id) => isAcceptable(image, after, id),
  })
  return change ? [change] : []
}
