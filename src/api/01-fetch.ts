/**
 * Fetch: v0-18
 *
 * Behavior
 * - Bytes go out as they are stored: whole batches, by reference (facts D1-D21). Waits for min_bytes up to max_wait_ms.
 * - READ on each topic; a broker that follows needs CLUSTER_ACTION instead.
 * - v7+ fetches run in sessions, so that a client names only what changed (KIP-227; facts D22-D28).
 *
 * Version notes
 * - v0-1 get magic 0 and v2-3 magic 1, converted; Apache Kafka 4 begins at v4.
 * - v4 isolation levels (KIP-98), v9 leader epochs (KIP-320), v10 zstd (KIP-110), v11 racks (KIP-392),
 *   v12 diverging epochs (KIP-595), v13 topic ids (KIP-516), v15 replica state (KIP-903), v16 endpoints (KIP-951),
 *   v17 directory ids (KIP-853), v18 the replica's high watermark (KIP-1166).
 */
import { FetchRequest, FetchResponse } from '../../protocol/api/01-fetch.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import { ZERO_UUID } from '../../protocol/wire/uuid.ts'
import type { FetchPartitionResult, PartitionName } from '../replica/types.ts'
import { EVERYTHING, mayOnCluster, type Right, rightTo, split } from './authorize.ts'
import { handlerFor, type RequestContext } from './handler.ts'
import type { Services } from './services.ts'
import { nodeEndpoints } from './topics.ts'

type Request = FetchRequest
type Response = typeof FetchResponse.Input

const CURRENT_LEADER_SINCE = 12
const TOPIC_IDS_SINCE = 13
const ENDPOINTS_SINCE = 16

export const fetch = (services: Services) =>
  handlerFor(FetchRequest, FetchResponse, {
    key: 1,
    versions: [0, 18],
    needs: 'resources',

    async handle(request, context) {
      const replicaId = context.apiVersion >= 15 ? request.replicaState.replicaId : request.replicaId
      const session = services.fetchSessions.begin(sessionRequest(services, request, replicaId, context))
      if (session.errorCode !== ErrorCode.NONE) return { ...session.build([]), responses: [] }
      const [partitions, refused] = split(session.partitions, rightToRead(services, replicaId, context), ({ topic }) =>
        topic === '' && replicaId < 0 ? undefined : topic,
      )
      const fetched = await services.replicas.fetch(
        {
          replicaId,
          replicaEpoch: Number(request.replicaState.replicaEpoch),
          maxWaitMs: request.maxWaitMs,
          minBytes: request.minBytes,
          maxBytes: request.maxBytes,
          isolationLevel: request.isolationLevel,
          apiVersion: context.apiVersion,
          rackId: request.rackId,
        },
        partitions,
      )
      const results = refused.length === 0 ? fetched : [...fetched, ...refused.map(forbidden)]
      return response(services, session.build(results), context)
    },

    refuse: (request, errorCode, { apiVersion }) => ({
      errorCode,
      sessionId: request.sessionId,
      responses:
        apiVersion >= TOPIC_IDS_SINCE
          ? []
          : request.topics.map(({ topic, partitions }) => ({
              topic,
              partitions: partitions.map(({ partition }) => ({
                partitionIndex: partition,
                errorCode,
                highWatermark: -1,
                records: EMPTY,
              })),
            })),
    }),
  })

/** Clients break on null (fact N-F11). */
const EMPTY = Buffer.alloc(0)

function rightToRead(services: Services, replicaId: number, context: RequestContext): Right {
  if (replicaId < 0) return rightTo(services, context, 'READ', 'TOPIC')
  return mayOnCluster(services, context, 'CLUSTER_ACTION') ? EVERYTHING : () => false
}

const forbidden = ({ topic, topicId, partition }: PartitionName): FetchPartitionResult => ({
  ...{ topic, topicId, partition },
  errorCode: ErrorCode.TOPIC_AUTHORIZATION_FAILED,
  highWatermark: -1,
  lastStableOffset: -1,
  logStartOffset: -1,
  abortedTransactions: null,
  preferredReadReplica: -1,
  records: [],
})

function sessionRequest(services: Services, request: Request, replicaId: number, { apiVersion }: RequestContext) {
  const byTopicId = apiVersion >= TOPIC_IDS_SINCE
  const nameOf = (topicId: string) => services.image().topics.byId.get(topicId)?.name ?? ''
  const named = (topic: string, topicId: string) =>
    byTopicId ? { topic: nameOf(topicId), topicId } : { topic, topicId: ZERO_UUID }
  return {
    sessionId: request.sessionId,
    sessionEpoch: request.sessionEpoch,
    byTopicId,
    fromFollower: replicaId >= 0,
    partitions: request.topics.flatMap(({ topic, topicId, partitions }) =>
      partitions.map((partition) => ({ ...named(topic, topicId), ...partition })),
    ),
    forgotten: request.forgottenTopicsData.flatMap(({ topic, topicId, partitions }) =>
      partitions.map((partition) => ({ ...named(topic, topicId), partition })),
    ),
    nameOf,
  }
}

function response(
  services: Services,
  answer: {
    errorCode: number
    sessionId: number
    responses: { topic: string; topicId: string; partitions: FetchPartitionResult[] }[]
  },
  { apiVersion, connection }: RequestContext,
): Response {
  const leaders: number[] = []
  const responses = answer.responses.map(({ topic, topicId, partitions }) => ({
    topic,
    topicId,
    partitions: partitions.map((result) => {
      if (result.currentLeader && apiVersion >= ENDPOINTS_SINCE) leaders.push(result.currentLeader.leaderId)
      return {
        partitionIndex: result.partition,
        errorCode: result.errorCode,
        highWatermark: result.highWatermark,
        lastStableOffset: result.lastStableOffset,
        logStartOffset: result.logStartOffset,
        abortedTransactions: aborted(result.abortedTransactions),
        preferredReadReplica: result.preferredReadReplica,
        records: result.records,
        ...(result.divergingEpoch ? { divergingEpoch: result.divergingEpoch } : {}),
        ...(result.currentLeader && apiVersion >= CURRENT_LEADER_SINCE ? { currentLeader: result.currentLeader } : {}),
      }
    }),
  }))
  return {
    errorCode: answer.errorCode,
    sessionId: answer.sessionId,
    responses,
    nodeEndpoints: nodeEndpoints(services.image(), leaders, connection.listener),
  }
}

const aborted = (transactions: FetchPartitionResult['abortedTransactions']) =>
  transactions?.map(({ producerId, firstOffset }) => ({ producerId: BigInt(producerId), firstOffset })) ?? null
