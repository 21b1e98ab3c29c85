/**
 * DeleteRecords: v0-2
 *
 * Behavior
 * - Raises the log start of partitions led here, and answers when every live replica has followed or the time is up
 *   (KIP-107; facts R-D74 to R-D76). Internal topics are refused.
 *
 * Version notes
 * - v2 flexible. Versions mean the same.
 */
import { DeleteRecordsRequest, DeleteRecordsResponse } from '../../protocol/api/21-delete-records.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import type { DeleteRecordsEntry, DeleteRecordsResult } from '../replica/types.ts'
import { handlerFor } from './handler.ts'
import type { Services } from './services.ts'
import { groupByTopic, isInternalTopic } from './topics.ts'

export const deleteRecords = (services: Services) =>
  handlerFor(DeleteRecordsRequest, DeleteRecordsResponse, {
    key: 21,
    versions: [0, 2],

    async handle(request) {
      const refused: DeleteRecordsResult[] = []
      const entries: DeleteRecordsEntry[] = []
      for (const { name: topic, partitions } of request.topics) {
        for (const { partitionIndex: partition, offset } of partitions) {
          if (!isInternalTopic(topic)) entries.push({ topic, partition, offset })
          else refused.push({ topic, partition, errorCode: ErrorCode.INVALID_TOPIC_EXCEPTION, lowWatermark: -1 })
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
