/**
 * OffsetForLeaderEpoch: v0-4
 *
 * Behavior
 * - CLUSTER_ACTION, which brokers have, or DESCRIBE on each topic.
 * - Where a leader epoch ends in this leader's log, for whoever must truncate or detect truncation (fact D37).
 *
 * Version notes
 * - v1 answers the epoch it speaks of, v2 takes the asker's current leader epoch (KIP-320), v3 the replica id.
 *   Apache Kafka 4 begins at v2.
 */
import {
  OffsetForLeaderEpochRequest,
  OffsetForLeaderEpochResponse,
} from '../../protocol/api/23-offset-for-leader-epoch.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import { EVERYTHING, mayOnCluster, rightTo, split } from './authorize.ts'
import { handlerFor } from './handler.ts'
import type { Services } from './services.ts'
import { groupByTopic } from './topics.ts'

export const offsetForLeaderEpoch = (services: Services) =>
  handlerFor(OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse, {
    key: 23,
    versions: [0, 4],
    needs: 'resources',

    async handle(request, context) {
      const asked = request.topics.flatMap(({ topic, partitions }) => partitions.map((asked) => ({ topic, ...asked })))
      const isBroker = mayOnCluster(services, context, 'CLUSTER_ACTION')
      const mayDescribe = isBroker ? EVERYTHING : rightTo(services, context, 'DESCRIBE', 'TOPIC')
      const [partitions, refused] = split(asked, mayDescribe, ({ topic }) => topic)
      const found = await services.replicas.offsetForLeaderEpoch({ replicaId: request.replicaId }, partitions)
      const results = [...found, ...refused.map(forbidden)]
      return {
        topics: groupByTopic(results).map(({ topic, items }) => ({
          topic,
          partitions: items.map(({ errorCode, partition, leaderEpoch, endOffset }) => ({
            errorCode,
            partition,
            leaderEpoch,
            endOffset,
          })),
        })),
      }
    },

    refuse: (request, errorCode) => ({
      topics: request.topics.map(({ topic, partitions }) => ({
        topic,
        partitions: partitions.map(({ partition }) => ({ errorCode, partition, leaderEpoch: -1, endOffset: -1 })),
      })),
    }),
  })

const forbidden = ({ topic, partition }: { topic: string; partition: number }) => ({
  topic,
  partition,
  errorCode: ErrorCode.TOPIC_AUTHORIZATION_FAILED,
  leaderEpoch: -1,
  endOffset: -1,
})
