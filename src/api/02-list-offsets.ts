/**
 * ListOffsets: v0-11
 *
 * Behavior
 * - The offset at a time, or at one of the special ones: -1 latest, -2 earliest, -3 largest timestamp, -4 earliest
 *   local, -5 latest tiered, -6 earliest pending upload (facts D29-D36, N-F14).
 * - DESCRIBE on each topic.
 * - The same partition twice is INVALID_REQUEST for it.
 *
 * Version notes
 * - v0 lists segment bases, newest first; Apache Kafka 4 begins at v1.
 * - v2 isolation level (KIP-98), v4 leader epochs (KIP-320), v7 -3, v8 -4, v9 -5, v10 timeout, v11 -6 (KIP-1023).
 */
import { ListOffsetsRequest, ListOffsetsResponse } from '../../protocol/api/02-list-offsets.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import type { ListOffsetsResult } from '../replica/types.ts'
import { rightTo, split } from './authorize.ts'
import { handlerFor } from './handler.ts'
import type { Services } from './services.ts'
import { groupByTopic } from './topics.ts'

const LEADER_EPOCHS_SINCE = 4

export const listOffsets = (services: Services) =>
  handlerFor(ListOffsetsRequest, ListOffsetsResponse, {
    key: 2,
    versions: [0, 11],
    needs: 'resources',

    async handle(request, context) {
      const { replicaId, isolationLevel } = request
      const { apiVersion } = context
      const asked = request.topics.flatMap(({ name, partitions }) =>
        partitions.map(({ partitionIndex, ...asked }) => ({ topic: name, partition: partitionIndex, ...asked })),
      )
      const mayDescribe = rightTo(services, context, 'DESCRIBE', 'TOPIC')
      const [partitions, refused] = split(asked, mayDescribe, ({ topic }) => topic)
      const listed = await services.replicas.listOffsets({ replicaId, isolationLevel, apiVersion }, partitions)
      const results = [...listed, ...refused.map(forbidden)]
      return {
        topics: groupByTopic(results).map(({ topic, items }) => ({
          name: topic,
          partitions: items.map(({ partition, errorCode, timestamp, offset, leaderEpoch, oldStyleOffsets }) =>
            apiVersion === 0
              ? { partitionIndex: partition, errorCode, oldStyleOffsets }
              : {
                  partitionIndex: partition,
                  errorCode,
                  timestamp,
                  offset,
                  ...(apiVersion >= LEADER_EPOCHS_SINCE ? { leaderEpoch } : {}),
                },
          ),
        })),
      }
    },

    refuse: (request, errorCode) => ({
      topics: request.topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })),
      })),
    }),
  })

const forbidden = ({ topic, partition }: { topic: string; partition: number }): ListOffsetsResult => ({
  topic,
  partition,
  errorCode: ErrorCode.TOPIC_AUTHORIZATION_FAILED,
  timestamp: -1,
  offset: -1,
  leaderEpoch: -1,
  oldStyleOffsets: [],
})
