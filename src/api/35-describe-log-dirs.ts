/**
 * DescribeLogDirs: v0-5
 *
 * Behavior
 * - Every log directory of the broker that is asked, with those of the wanted replicas that lie in it; null means all.
 *   One that is offline is KAFKA_STORAGE_ERROR and says no more (KIP-113).
 * - A replica's lag is how far its log is behind its high watermark. One that moves is in two directories: where it goes
 *   to it is a future one, and lags behind the other; -1 where that one's directory is offline.
 *
 * Version notes
 * - v3 error at the top; v4 size of the volume (KIP-827); v5 cordoned directories (KIP-1066). Apache Kafka 4 begins at v1.
 */
import { DescribeLogDirsRequest, DescribeLogDirsResponse } from '../../protocol/api/35-describe-log-dirs.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import { handlerFor } from './handler.ts'
import type { LogDirUsage, Services } from './services.ts'

/** What there is to lag behind is not online. */
const UNKNOWN_LAG = -1

export const describeLogDirs = (services: Services) =>
  handlerFor(DescribeLogDirsRequest, DescribeLogDirsResponse, {
    key: 35,
    versions: [0, 5],
    needs: 'DESCRIBE',

    handle({ topics }) {
      const dirs = services.logDirs()
      const endOf = currentEnds(dirs)
      const wanted = topics && new Map(topics.map(({ topic, partitions }) => [topic, new Set(partitions)]))
      return {
        throttleTimeMs: 0,
        errorCode: ErrorCode.NONE,
        results: dirs.map((dir) => ({
          errorCode: dir.isOnline ? ErrorCode.NONE : ErrorCode.KAFKA_STORAGE_ERROR,
          logDir: dir.path,
          topics: topicsOf(
            dir,
            endOf,
            (topic, partition) => wanted === null || wanted.get(topic)?.has(partition) === true,
          ),
          totalBytes: dir.totalBytes,
          usableBytes: dir.usableBytes,
          isCordoned: dir.isCordoned,
        })),
      }
    },

    refuse: (_request, errorCode) => ({ throttleTimeMs: 0, errorCode, results: [] }),
  })

type Partition = { partitionIndex: number; partitionSize: number; offsetLag: number; isFutureKey: boolean }

type Log = LogDirUsage['logs'][number]

const keyOf = ({ topic, partition }: Log): string => `${topic}-${partition}`

/** Where the replicas end that others may be on their way to. */
function currentEnds(dirs: readonly LogDirUsage[]): ReadonlyMap<string, number> {
  const current = dirs.flatMap(({ logs }) => logs.filter(({ isFuture }) => !isFuture))
  return new Map(current.map((log) => [keyOf(log), log.logEndOffset]))
}

function lagOf(log: Log, endOf: ReadonlyMap<string, number>): number {
  if (!log.isFuture) return Math.max(0, log.highWatermark - log.logEndOffset)
  const end = endOf.get(keyOf(log))
  return end === undefined ? UNKNOWN_LAG : end - log.logEndOffset
}

function topicsOf(
  { logs }: LogDirUsage,
  endOf: ReadonlyMap<string, number>,
  isWanted: (topic: string, partition: number) => boolean,
) {
  const byTopic = new Map<string, Partition[]>()
  for (const log of logs) {
    const { topic, partition, sizeBytes, isFuture } = log
    if (!isWanted(topic, partition)) continue
    const offsetLag = lagOf(log, endOf)
    const shown = { partitionIndex: partition, partitionSize: sizeBytes, offsetLag, isFutureKey: isFuture }
    const siblings = byTopic.get(topic)
    if (siblings === undefined) byTopic.set(topic, [shown])
    else siblings.push(shown)
  }
  return [...byTopic].map(([name, partitions]) => ({ name, partitions }))
}
