import path from 'node:path'
import { ErrorCode } from '../../protocol/errors.ts'
import { canMove } from '../log/file-names.ts'
import type { LogManager } from '../log/log-manager.ts'
import { errorCodeOf } from './error-code.ts'
import type { Partition } from './partition.ts'
import type { ReplicaMoves } from './replica-moves.ts'
import type { WantedDirectory } from './types.ts'

/**
 * Has a replica moved to another log directory, or made there when it comes (D89). `find`: the replica here, or why there
 * is none.
 */
export function alterReplicaLogDir(
  { topic, partition: index, dir }: WantedDirectory,
  {
    logs,
    moves,
    find,
  }: { logs: LogManager; moves: ReplicaMoves; find(topic: string, index: number): Partition | ErrorCode },
): ErrorCode {
  if (!canMove({ topic, partition: index })) return ErrorCode.INVALID_TOPIC_EXCEPTION
  const target = logs.dirs.find(({ path: known }) => known === dir)
  if (target === undefined) return ErrorCode.LOG_DIR_NOT_FOUND
  if (!target.isOnline) return ErrorCode.KAFKA_STORAGE_ERROR
  const partition = find(topic, index)
  if (typeof partition === 'number') {
    if (partition === ErrorCode.KAFKA_STORAGE_ERROR) return partition
    logs.wish(topic, index, dir)
    return partition === ErrorCode.NOT_LEADER_OR_FOLLOWER ? ErrorCode.REPLICA_NOT_AVAILABLE : partition
  }
  if (partition.state === 'offline') return ErrorCode.KAFKA_STORAGE_ERROR
  try {
    return moveTo(dir, partition, { logs, moves })
  } catch (error) {
    return errorCodeOf(error)
  }
}

function moveTo(
  dir: string,
  partition: Partition,
  { logs, moves }: { logs: LogManager; moves: ReplicaMoves },
): ErrorCode {
  const { topic, index, log } = partition
  const future = logs.future(topic, index)
  const isThere = future !== undefined && path.dirname(future.dir) === dir
  if (future !== undefined && !isThere) moves.cancel(partition)
  if (path.dirname(log.dir) === dir) return ErrorCode.NONE
  // It might lie in the one that is offline, and come back with it as a second copy.
  if (!isThere && logs.dirs.some(({ isOnline }) => !isOnline)) return ErrorCode.KAFKA_STORAGE_ERROR
  moves.begin(partition, isThere ? future : logs.createFuture(log, dir))
  return ErrorCode.NONE
}
