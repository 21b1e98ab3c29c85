/**
 * AlterReplicaLogDirs: v0-2
 *
 * Behavior
 * - Moves replicas of the broker that is asked to others of its log directories (KIP-113; facts R-D89 to R-D92). Each
 *   gets an answer by itself, when its move has begun; DescribeLogDirs shows it as a future replica until it is done.
 * - NONE too where it is there already; another directory than the one it is moving to calls that move off.
 * - A directory is named by its absolute path: LOG_DIR_NOT_FOUND for any other, KAFKA_STORAGE_ERROR where it is offline.
 * - REPLICA_NOT_AVAILABLE where the broker holds no such replica: it will be made in that directory, if it comes.
 *
 * Version notes
 * - v2 flexible. Versions mean the same. Apache Kafka 4 begins at v1.
 */
import {
  AlterReplicaLogDirsRequest,
  AlterReplicaLogDirsResponse,
} from '../../protocol/api/34-alter-replica-log-dirs.ts'
import type { ErrorCode } from '../../protocol/errors.ts'
import type { WantedDirectory } from '../replica/types.ts'
import { handlerFor } from './handler.ts'
import type { Services } from './services.ts'
import { groupByTopic } from './topics.ts'

export const alterReplicaLogDirs = (services: Services) =>
  handlerFor(AlterReplicaLogDirsRequest, AlterReplicaLogDirsResponse, {
    key: 34,
    versions: [0, 2],
    needs: 'ALTER',

    handle(request) {
      const wanted = wantedBy(request)
      const codes = services.replicas.alterLogDirs(wanted)
      return answer(wanted, (place) => codes[place]!)
    },

    refuse: (request, errorCode) => answer(wantedBy(request), () => errorCode),
  })

/** Of several wishes for one replica the last one counts. */
function wantedBy({ dirs }: AlterReplicaLogDirsRequest): WantedDirectory[] {
  const wanted = new Map<string, WantedDirectory>()
  for (const { path: dir, topics } of dirs) {
    for (const { name: topic, partitions } of topics) {
      for (const partition of partitions) wanted.set(`${topic}-${partition}`, { topic, partition, dir })
    }
  }
  return [...wanted.values()]
}

function answer(wanted: readonly WantedDirectory[], codeOf: (place: number) => ErrorCode) {
  const decided = wanted.map(({ topic, partition }, place) => ({ topic, partition, errorCode: codeOf(place) }))
  return {
    throttleTimeMs: 0,
    results: groupByTopic(decided).map(({ topic, items }) => ({
      topicName: topic,
      partitions: items.map(({ partition, errorCode }) => ({ partitionIndex: partition, errorCode })),
    })),
  }
}
