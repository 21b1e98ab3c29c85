/**
 * Produce: v0-13
 *
 * Behavior
 * - Each partition succeeds or fails alone; the replica manager validates and appends (facts C1-C40).
 * - acks=0 has no reply; an error under acks=0 closes the connection, the only signal that is left.
 * - Never creates a topic. Internal topics refuse clients, all but the admin client.
 *
 * Version notes
 * - v0-2 carry message sets of magic 0 or 1, which are stored as magic 2. Apache Kafka 4 refuses them and advertises
 *   them all the same, for librdkafka's sake (KAFKA-18659); we serve them.
 * - v7 is the first that may carry zstd (KIP-110); v8 reports the records at fault (KIP-467).
 * - v10 names the new leader (KIP-951); v13 names topics by id (KIP-516).
 */
import { ProduceRequest, ProduceResponse } from '../../protocol/api/00-produce.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import { ZERO_UUID } from '../../protocol/wire/uuid.ts'
import type { ProduceResult } from '../replica/types.ts'
import { CloseConnection, handlerFor, type RequestContext } from './handler.ts'
import type { Services } from './services.ts'
import { groupByTopic, isInternalTopic, nodeEndpoints } from './topics.ts'

type Response = typeof ProduceResponse.Input

/** KIP-951. */
const CURRENT_LEADER_SINCE = 10
const ADMIN_CLIENT_ID = '__admin_client'

export const produce = (services: Services) =>
  handlerFor(ProduceRequest, ProduceResponse, {
    key: 0,
    versions: [0, 13],
    pipelined: true,

    async handle(request, context) {
      const refused: ProduceResult[] = []
      const entries: { topic: string; topicId: string; partition: number; records: Buffer }[] = []
      for (const { name, topicId, partitionData } of request.topicData) {
        const byId = context.apiVersion >= 13
        const topic = byId ? services.image().topics.byId.get(topicId)?.name : name
        for (const { index, records } of partitionData) {
          const entry = { topic: topic ?? name, topicId: byId ? topicId : ZERO_UUID, partition: index }
          if (topic === undefined) refused.push(refusal(entry, ErrorCode.UNKNOWN_TOPIC_ID))
          else if (isInternalTopic(topic) && context.clientId !== ADMIN_CLIENT_ID) {
            refused.push(refusal(entry, ErrorCode.INVALID_TOPIC_EXCEPTION))
          } else entries.push({ ...entry, records: records ?? EMPTY })
        }
      }
      const { acks, timeoutMs } = request
      const appended = await services.replicas.append({
        acks,
        timeoutMs,
        origin: 'client',
        apiVersion: context.apiVersion,
        entries,
      })
      const results = refused.length === 0 ? appended : [...refused, ...appended]
      if (acks !== 0) return response(services, results, context)
      if (results.some((result) => result.errorCode !== ErrorCode.NONE)) {
        throw new CloseConnection('a produce request with acks=0 failed')
      }
      return null
    },

    refuse: (request, errorCode) => ({
      responses: request.topicData.map(({ name, topicId, partitionData }) => ({
        name,
        topicId,
        partitionResponses: partitionData.map(({ index }) => ({ index, errorCode, baseOffset: -1 })),
      })),
    }),
  })

const EMPTY = Buffer.alloc(0)

function refusal(entry: { topic: string; topicId: string; partition: number }, errorCode: ErrorCode): ProduceResult {
  return {
    ...entry,
    errorCode,
    baseOffset: -1,
    logAppendTimeMs: -1,
    logStartOffset: -1,
    recordErrors: [],
    errorMessage: null,
  }
}

function response(services: Services, results: ProduceResult[], { apiVersion, connection }: RequestContext): Response {
  const namesLeaders = apiVersion >= CURRENT_LEADER_SINCE
  const leaders = results.flatMap(({ currentLeader }) =>
    currentLeader && namesLeaders ? [currentLeader.leaderId] : [],
  )
  return {
    responses: groupByTopic(results).map(({ topic, topicId, items }) => ({
      name: topic,
      topicId,
      partitionResponses: items.map(({ partition, recordErrors, currentLeader, ...result }) => ({
        index: partition,
        errorCode: result.errorCode,
        baseOffset: result.baseOffset,
        logAppendTimeMs: result.logAppendTimeMs,
        logStartOffset: result.logStartOffset,
        recordErrors: recordErrors.map(({ batchIndex, message }) => ({ batchIndex, batchIndexErrorMessage: message })),
        errorMessage: result.errorMessage,
        ...(currentLeader && namesLeaders ? { currentLeader } : {}),
      })),
    })),
    nodeEndpoints: nodeEndpoints(services.image(), leaders, connection.listener),
  }
}
