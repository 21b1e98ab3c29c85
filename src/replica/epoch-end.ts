import { ErrorCode } from '../../protocol/errors.ts'
import { ZERO_UUID } from '../../protocol/wire/uuid.ts'
import type { ReplicaContext } from './context.ts'
import type { EpochEndEntry, EpochEndResult } from './types.ts'

/**
 * Where the leader epochs asked for end in this broker's logs (KIP-101, KIP-279; D37): the latest epoch at the log end,
 * an older one where the next begins, -1 and -1 for one that has not been. Leaders only.
 */
export function offsetForLeaderEpoch(context: ReplicaContext, entries: readonly EpochEndEntry[]): EpochEndResult[] {
  return entries.map((entry) => {
    const { topic, partition: index } = entry
    const partition = context.find({ topic, topicId: ZERO_UUID, partition: index })
    const code = typeof partition === 'number' ? partition : partition.check(entry.currentLeaderEpoch, true)
    if (typeof partition === 'number' || code !== ErrorCode.NONE) {
      return { topic, partition: index, errorCode: code, leaderEpoch: -1, endOffset: -1 }
    }
    const { epoch, endOffset } = partition.log.endOffsetForEpoch(entry.leaderEpoch)
    return { topic, partition: index, errorCode: ErrorCode.NONE, leaderEpoch: epoch, endOffset }
  })
}
