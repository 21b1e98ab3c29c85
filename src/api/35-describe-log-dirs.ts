/**
 * DescribeLogDirs: v0-5
 *
 * Behavior
 * - Every log directory of the broker that is asked, with those of the wanted replicas that lie in it; null means all.
 *   One that is offline is KAFKA_STORAGE_ERROR and says no more (KIP-113).
 * - A replica's lag is how far its log is behind its high watermark. Nothing moves between directories here, so no
 *   replica is a future one.
 *
 * Version notes
 * - v3 error at the top; v4 size of the volume (KIP-827); v5 cordoned directories (KIP-1066). Apache Kafka 4 begins at v1.
 */
import { DescribeLogDirsRequest, DescribeLogDirsResponse } from '../../protocol/api/35-describe-log-dirs.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import { handlerFor } from './handler.ts'
import type { LogDirUsage, Services } from './services.ts'

export const describeLogDirs = (services: Services) =>
  handlerFor(DescribeLogDirsRequest, DescribeLogDirsResponse, {
    key: 35,
    versions: [0, 5],

    handle({ topics }) {
      const wanted = topics && new Map(topics.map(({ topic, partitions }) => [topic, new Set(partitions)]))
      return {
        throttleTimeMs: 0,
        errorCode: ErrorCode.NONE,
        results: services.logDirs().map((dir) => ({
          errorCode: dir.isOnline ? ErrorCode.NONE : ErrorCode.KAFKA_STORAGE_ERROR,
          logDir: dir.path,
          topics: topicsOf(dir, (topic, partition) => wanted === null || wanted.get(topic)?.has(partition) === true),
          totalBytes: dir.totalBytes,
          usableBytes: dir.usableBytes,
          isCordoned: dir.isCordoned,
        })),
      }
    },

    refuse: (_request, errorCode) => ({ throttleTimeMs: 0, errorCode, results: [] }),
  })

type Partition = { partitionIndex: number; partitionSize: number; offsetLag: number; isFutureKey: boolean }

function topicsOf({ logs }: LogDirUsage, isWanted: (topic: string, partition: number) => boolean) {
  const byTopic = new Map<string, Partition[]>()
  for (const { topic, partition, sizeBytes, logEndOffset, highWatermark } of logs) {
    if (!isWanted(topic, partition)) continue
    const offsetLag = Math.max(0, highWatermark - logEndOffset)
    const shown = { partitionIndex: partition, partitionSize: sizeBytes, offsetLag, isFutureKey: false }
    const siblings = byTopic.get(topic)
    if (siblings === undefined) byTopic.set(topic, [shown])
    else siblings.push(shown)
  }
  return [...byTopic].map(([name, partitions]) => ({ name, partitions }))
}
