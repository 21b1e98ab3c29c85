/**
 * DeleteRecords: v0-2
 *
 * Behavior
 * - DELETE on each topic.
 * - Raises the log start of partitions led here, and answers when every live replica has followed or the time is up
 *   (KIP-107; facts R-D74 to R-D76). Internal topics are refused.
 *
 * Version notes
 * - v2 flexible. Versions mean the same.
 */
import { DeleteRecordsRequest, DeleteRecordsResponse } from '../../protocol/api/21-delete-records.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import type { DeleteRecordsEntry, DeleteRecordsResult } from '../replica/types.ts'
import { rightTo } from './authorize.ts'
import { handlerFor } from './handler.ts'
import type { Services } from './services.ts'
import { groupByTopic, isInternalTopic } from './topics.ts'

export const deleteRecords = (services: Services) =>
  handlerFor(DeleteRecordsRequest, DeleteRecordsResponse, {
    key: 21,
    versions: [0, 2],
    needs: 'resources',

    async handle(request, context) {
      const mayDelete = rightTo(services, context, 'DELETE', 'TOPIC')
      const refused: DeleteRecordsResult[] = []
      const entries: DeleteRecordsEntry[] = []
      for (const { name: topic, partitions } of request.topics) {
        for (const { partitionIndex: partition, offset } of partitions) {
          const refuse = (errorCode: ErrorCode) => refused.push({ topic, partition, errorCode, lowWatermark: -1 })
          if (!mayDelete(topic)) refuse(ErrorCode.TOPIC_AUTHORIZATION_FAILED)
          else if (isInternalTopic(topic)) refuse(ErrorCode.INVALID_TOPIC_EXCEPTION)
          else entries.push({ topic, partition, offset })
        }
      }
      const deleted = await services.replicas.deleteRecords(request.timeoutMs, entries)
      return {
        throttleTimeMs: 0,
        topics: groupByTopic([...refused, ...deleted]).map(({ topic, items }) => ({
          name: topic,
          partitions: items.map(({ partition, lowWatermark, errorCode }) => ({
            partitionIndex: partition,
            lowWatermark,
            errorCode,
          })),
        })),
      }
    },

    refuse: (request, errorCode) => ({
      throttleTimeMs: 0,
      topics: request.topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, lowWatermark: -1, errorCode })),
      })),
    }),
  })
