/**
 * Metadata: v0-13
 *
 * Behavior
 * - Brokers and partitions as this node's image has them, addresses for the listener that was asked.
 * - DESCRIBE on each topic; who asks for all gets those that they may know of. To create one, CREATE on the cluster or
 *   on it.
 * - A missing topic named explicitly is created where `auto.create.topics.enable` and the request allow it, and the same
 *   answer names its live leader. Apache Kafka answers UNKNOWN_TOPIC_OR_PARTITION first and lets the client ask again
 *   (fact H24); clients that stop at the first error are why we wait for our own controller instead.
 *
 * Version notes
 * - v0 lists all topics for an empty list, v1+ for null. v4 may forbid auto-creation. v8-10 authorized operations.
 * - v10 topic ids (KIP-516); v12 a topic may be asked for by id alone; v13 top-level error (KIP-1102), always NONE here.
 */
import { MetadataRequest, MetadataResponse } from '../../protocol/api/03-metadata.ts'
import { ErrorCode, ProtocolError } from '../../protocol/errors.ts'
import { ZERO_UUID } from '../../protocol/wire/uuid.ts'
import type { PartitionImage, TopicImage } from '../metadata/image.ts'
import { authorizedOnCluster, authorizedOperations, type Right, rightTo, topicAccess } from './authorize.ts'
import { createMissingTopic, isCreatable } from './auto-create.ts'
import { handlerFor, type RequestContext } from './handler.ts'
import type { Services } from './services.ts'
import { brokerEndpoint, isInternalTopic, isLegalTopicName, liveBrokers, offlineReplicas } from './topics.ts'

type RequestTopic = NonNullable<MetadataRequest['topics']>[number]
type ResponseTopic = (typeof MetadataResponse.Input)['topics'][number]

/** From this version on a leader that is alive but has no such listener is told apart (KIP-103 follow-up). */
const LISTENER_NOT_FOUND_SINCE = 6
/** v10 and v11 have the field, and nobody may use it. */
const TOPICS_BY_ID_SINCE = 12

export const metadata = (services: Services) =>
  handlerFor(MetadataRequest, MetadataResponse, {
    key: 3,
    versions: [0, 13],
    needs: 'resources',

    async handle(request, context) {
      const { topics: wanted, includeTopicAuthorizedOperations, includeClusterAuthorizedOperations } = request
      const byId = wanted?.some(({ name, topicId }) => name === null || topicId !== ZERO_UUID) === true
      if (byId && context.apiVersion < TOPICS_BY_ID_SINCE) throw new ProtocolError(ErrorCode.INVALID_REQUEST)
      const all = request.topics === null || (context.apiVersion === 0 && request.topics.length === 0)
      const maySee = rightTo(services, context, 'DESCRIBE', 'TOPIC')
      const mayCreate = request.allowAutoTopicCreation && services.config['auto.create.topics.enable']
      const topics: ResponseTopic[] = []
      if (all) {
        for (const topic of services.image().topics.byName.values())
          if (maySee(topic.name)) topics.push(describe(services, topic, context))
      } else {
        // At the same time: where no controller answers, that is waited for once.
        const described = unique(wanted ?? []).map(({ name, topicId }) =>
          name === null || topicId !== ZERO_UUID
            ? describeById(services, topicId, maySee, context)
            : maySee(name)
              ? describeByName(services, name, mayCreate, context)
              : forbidden(name, ZERO_UUID),
        )
        topics.push(...(await Promise.all(described)))
      }
      return {
        ...(includeClusterAuthorizedOperations
          ? { clusterAuthorizedOperations: authorizedOnCluster(services, context) }
          : {}),
        brokers: liveBrokers(services.image(), context.connection.listener),
        clusterId: services.clusterId,
        controllerId: services.controllerId(),
        topics: includeTopicAuthorizedOperations
          ? topics.map((topic) => withOperations(services, topic, context))
          : topics,
      }
    },

    refuse: (request, errorCode) => ({
      brokers: [],
      clusterId: null,
      controllerId: -1,
      topics: (request.topics ?? []).map(({ name, topicId }) => failed(name ?? '', topicId, errorCode)),
      errorCode,
    }),
  })

/** A topic that is named twice is answered once. */
function unique(topics: readonly RequestTopic[]): RequestTopic[] {
  return [...new Map(topics.map((topic) => [`${topic.topicId}/${topic.name}`, topic])).values()]
}

async function describeByName(
  services: Services,
  name: string,
  mayCreate: boolean,
  context: RequestContext,
): Promise<ResponseTopic> {
  const known = services.image().topics.byName.get(name)
  if (known) return describe(services, known, context)
  if (mayCreate && !topicAccess(services, context).mayCreate(name)) return forbidden(name, ZERO_UUID)
  if (!isLegalTopicName(name)) return failed(name, ZERO_UUID, ErrorCode.INVALID_TOPIC_EXCEPTION)
  if (!mayCreate || !isCreatable(name)) return failed(name, ZERO_UUID, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
  const errorCode = await createMissingTopic(services, name)
  const created = services.image().topics.byName.get(name)
  return created ? describe(services, created, context) : failed(name, ZERO_UUID, errorCode)
}

function describeById(services: Services, topicId: string, maySee: Right, context: RequestContext): ResponseTopic {
  const topic = services.image().topics.byId.get(topicId)
  if (topic === undefined) return failed(null, topicId, ErrorCode.UNKNOWN_TOPIC_ID)
  return maySee(topic.name) ? describe(services, topic, context) : forbidden(null, topicId)
}

function withOperations(services: Services, topic: ResponseTopic, context: RequestContext): ResponseTopic {
  if (topic.name === null || topic.errorCode === ErrorCode.TOPIC_AUTHORIZATION_FAILED) return topic
  return { ...topic, topicAuthorizedOperations: authorizedOperations(services, context, 'TOPIC', topic.name) }
}

/** Whether there is such a topic is not told. */
const forbidden = (name: string | null, topicId: string): ResponseTopic =>
  failed(name, topicId, ErrorCode.TOPIC_AUTHORIZATION_FAILED)

function failed(name: string | null, topicId: string, errorCode: ErrorCode): ResponseTopic {
  return { errorCode, name, topicId, isInternal: name !== null && isInternalTopic(name), partitions: [] }
}

function describe(services: Services, topic: TopicImage, context: RequestContext): ResponseTopic {
  return {
    errorCode: ErrorCode.NONE,
    name: topic.name,
    topicId: topic.id,
    isInternal: isInternalTopic(topic.name),
    partitions: [...topic.partitions.values()].map((partition) => describePartition(services, partition, context)),
  }
}

/** Fact H20: what is said of a partition whose leader the client cannot reach. */
function describePartition(
  services: Services,
  partition: PartitionImage,
  { apiVersion, connection }: RequestContext,
): ResponseTopic['partitions'][number] {
  const { brokers } = services.image().cluster
  const alive = (id: number) => brokers.get(id)?.fenced === false
  const reachable = brokerEndpoint(services.image(), partition.leader, connection.listener) !== undefined
  const unreachable =
    alive(partition.leader) && apiVersion >= LISTENER_NOT_FOUND_SINCE
      ? ErrorCode.LISTENER_NOT_FOUND
      : ErrorCode.LEADER_NOT_AVAILABLE
  return {
    errorCode: reachable ? ErrorCode.NONE : unreachable,
    partitionIndex: partition.index,
    leaderId: reachable ? partition.leader : -1,
    leaderEpoch: partition.leaderEpoch,
    replicaNodes: [...partition.replicas],
    isrNodes: [...partition.isr],
    offlineReplicas: offlineReplicas(services.image(), partition),
  }
}
