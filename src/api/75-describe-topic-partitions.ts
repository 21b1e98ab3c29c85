/**
 * DescribeTopicPartitions: v0
 *
 * Behavior
 * - Topics sorted by name, partitions in order, at most `response_partition_limit` of them; where more remain the cursor
 *   says where to go on (KIP-966, fact H22). Named topics that do not exist are UNKNOWN_TOPIC_OR_PARTITION; an empty
 *   list asks for all.
 * - DESCRIBE on each topic; who asks for all gets those that they may know of.
 */
import {
  DescribeTopicPartitionsRequest,
  DescribeTopicPartitionsResponse,
} from '../../protocol/api/75-describe-topic-partitions.ts'
import { ErrorCode, ProtocolError } from '../../protocol/errors.ts'
import { ZERO_UUID } from '../../protocol/wire/uuid.ts'
import type { MetadataImage, PartitionImage } from '../metadata/image.ts'
import { authorizedOperations, rightTo, split } from './authorize.ts'
import { handlerFor } from './handler.ts'
import type { Services } from './services.ts'
import { isInternalTopic, isLegalTopicName, offlineReplicas } from './topics.ts'

type Response = typeof DescribeTopicPartitionsResponse.Input
type ResponseTopic = Response['topics'][number]

export const describeTopicPartitions = (services: Services) =>
  handlerFor(DescribeTopicPartitionsRequest, DescribeTopicPartitionsResponse, {
    key: 75,
    versions: [0, 0],
    needs: 'resources',

    handle({ topics: named, cursor, responsePartitionLimit }, context) {
      if (cursor && cursor.partitionIndex < 0) throw new ProtocolError(ErrorCode.INVALID_REQUEST)
      const image = services.image()
      const limit = Math.min(responsePartitionLimit, services.config['max.request.partition.size.limit'])
      // A cursor comes from an earlier answer to the same question.
      if (cursor && named.length > 0 && !named.some(({ name }) => name === cursor.topicName))
        throw new ProtocolError(ErrorCode.INVALID_REQUEST)
      const names = named.length > 0 ? named.map(({ name }) => name) : [...image.topics.byName.keys()]
      const mayDescribe = rightTo(services, context, 'DESCRIBE', 'TOPIC')
      const [seen, hidden] = split([...new Set(names)].sort(), mayDescribe, (name) => name)
      const { topics, nextCursor } = page(image, seen, cursor, Math.max(1, limit))
      const described = topics.map((topic) => {
        const topicAuthorizedOperations = authorizedOperations(services, context, 'TOPIC', topic.name!)
        return { ...topic, topicAuthorizedOperations }
      })
      const here = named.length > 0 ? hidden.filter((name) => name >= (cursor?.topicName ?? '')) : []
      const forbidden = here.map((name) => failed(name, TOPIC_AUTHORIZATION_FAILED))
      return { throttleTimeMs: 0, topics: [...described, ...forbidden], nextCursor }
    },

    refuse: (request, errorCode) => ({
      throttleTimeMs: 0,
      topics: request.topics.map(({ name }) => failed(name, errorCode)),
    }),
  })

const { TOPIC_AUTHORIZATION_FAILED } = ErrorCode

const failed = (name: string, errorCode: ErrorCode): ResponseTopic => ({
  errorCode,
  name,
  topicId: ZERO_UUID,
  isInternal: isInternalTopic(name),
  partitions: [],
})

function page(
  image: MetadataImage,
  names: string[],
  cursor: { topicName: string; partitionIndex: number } | null,
  limit: number,
): { topics: ResponseTopic[]; nextCursor: Response['nextCursor'] } {
  const topics: ResponseTopic[] = []
  let room = limit
  for (const name of names) {
    if (cursor && name < cursor.topicName) continue
    const topic = image.topics.byName.get(name)
    if (!topic) {
      const errorCode = isLegalTopicName(name)
        ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
        : ErrorCode.INVALID_TOPIC_EXCEPTION
      topics.push(failed(name, errorCode))
      continue
    }
    if (room === 0) return { topics, nextCursor: { topicName: name, partitionIndex: 0 } }
    const first = cursor?.topicName === name ? cursor.partitionIndex : 0
    const remaining = [...topic.partitions.values()].filter(({ index }) => index >= first)
    const partitions = remaining.slice(0, room).map((partition) => describe(image, partition))
    topics.push({ ...failed(name, ErrorCode.NONE), topicId: topic.id, partitions })
    room -= partitions.length
    const next = remaining[partitions.length]
    if (next) return { topics, nextCursor: { topicName: name, partitionIndex: next.index } }
  }
  return { topics, nextCursor: null }
}

function describe(image: MetadataImage, partition: PartitionImage): ResponseTopic['partitions'][number] {
  const alive = (id: number) => image.cluster.brokers.get(id)?.fenced === false
  return {
    errorCode: alive(partition.leader) ? ErrorCode.NONE : ErrorCode.LEADER_NOT_AVAILABLE,
    partitionIndex: partition.index,
    leaderId: alive(partition.leader) ? partition.leader : -1,
    leaderEpoch: partition.leaderEpoch,
    replicaNodes: [...partition.replicas],
    isrNodes: [...partition.isr],
    eligibleLeaderReplicas: [...partition.elr],
    lastKnownElr: [...partition.lastKnownElr],
    offlineReplicas: offlineReplicas(image, partition),
  }
}
