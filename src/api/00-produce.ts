/**
 * Produce: v0-13
 *
 * Behavior
 * - Each partition succeeds or fails alone; the replica manager validates and appends (facts C1-C40).
 * - acks=0 has no reply; an error under acks=0 closes the connection, the only signal that is left.
 * - WRITE on each topic, and on the transactional id where there is one.
 * - Never creates a topic. Internal topics refuse clients, all but the admin client.
 * - Transactional batches need a transactional id (fact C2) and a coordinator that knows of them, which is not here yet:
 *   they are refused, for nobody would ever end their transaction and consumers would wait behind it.
 *
 * Version notes
 * - v0-2 carry message sets of magic 0 or 1, which are stored as magic 2. Apache Kafka 4 refuses them and advertises
 *   them all the same, for librdkafka's sake (KAFKA-18659); we serve them.
 * - v7 is the first that may carry zstd (KIP-110); v8 reports the records at fault (KIP-467).
 * - v10 names the new leader (KIP-951); v13 names topics by id (KIP-516).
 */
import { ProduceRequest, ProduceResponse } from '../../protocol/api/00-produce.ts'
import { ErrorCode, errorMessage, ProtocolError } from '../../protocol/errors.ts'
import { BATCH_OVERHEAD, BatchView } from '../../protocol/records/batch.ts'
import { ZERO_UUID } from '../../protocol/wire/uuid.ts'
import type { ProduceResult } from '../replica/types.ts'
import { rightTo } from './authorize.ts'
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
    needs: 'resources',
    pipelined: true,
    borrows: true,

    async handle(request, context) {
      const isTransactional = request.topicData.some(({ partitionData }) => partitionData.some(isInTransaction))
      if (isTransactional) {
        const { transactionalId } = request
        const mayUse = rightTo(services, context, 'WRITE', 'TRANSACTIONAL_ID')
        if (transactionalId === null || !mayUse(transactionalId))
          throw new ProtocolError(ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
      }
      const mayWrite = rightTo(services, context, 'WRITE', 'TOPIC')
      const refused: ProduceResult[] = []
      const entries: { topic: string; topicId: string; partition: number; records: Buffer }[] = []
      for (const { name, topicId, partitionData } of request.topicData) {
        const byId = context.apiVersion >= 13
        const topic = byId ? services.image().topics.byId.get(topicId)?.name : name
        const isForbidden = topic !== undefined && !mayWrite(topic)
        for (const data of partitionData) {
          const { index, records } = data
          const entry = { topic: topic ?? name, topicId: byId ? topicId : ZERO_UUID, partition: index }
          if (topic === undefined) refused.push(refusal(entry, ErrorCode.UNKNOWN_TOPIC_ID))
          else if (isForbidden) refused.push(refusal(entry, ErrorCode.TOPIC_AUTHORIZATION_FAILED))
          else if (isInternalTopic(topic) && context.clientId !== ADMIN_CLIENT_ID) {
            refused.push(refusal(entry, ErrorCode.INVALID_TOPIC_EXCEPTION))
          } else if (isInTransaction(data)) {
            refused.push(refusal(entry, ErrorCode.NOT_ENOUGH_REPLICAS, UNVERIFIED))
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

    refuse(request, errorCode) {
      if (request.acks === 0) return new CloseConnection('a produce request with acks=0 failed')
      return {
        responses: request.topicData.map(({ name, topicId, partitionData }) => ({
          name,
          topicId,
          partitionResponses: partitionData.map(({ index }) => ({
            index,
            errorCode,
            baseOffset: -1,
            errorMessage: errorMessage(errorCode),
          })),
        })),
      }
    },
  })

const EMPTY = Buffer.alloc(0)

/** As Apache Kafka says it while the transaction coordinator is away; this node has none yet (fact C40). */
const UNVERIFIED = 'Whether the partition is part of the transaction cannot be verified: COORDINATOR_NOT_AVAILABLE.'

function isInTransaction({ records }: { records: Buffer | null }): boolean {
  if (records === null || records.length < BATCH_OVERHEAD) return false
  const batch = new BatchView(records, 0, records.length)
  return batch.magic === 2 && batch.isTransactional
}

function refusal(
  entry: { topic: string; topicId: string; partition: number },
  errorCode: ErrorCode,
  errorMessage: string | null = null,
): ProduceResult {
  return {
    ...entry,
    errorCode,
    baseOffset: -1,
    logAppendTimeMs: -1,
    logStartOffset: -1,
    recordErrors: [],
    errorMessage,
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
