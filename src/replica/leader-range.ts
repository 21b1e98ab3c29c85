import { ErrorCode } from '../../protocol/errors.ts'
import type { Offset } from '../base/brand.ts'
import { listOffsetsVersion } from './inter-broker-versions.ts'
import { SPECIAL_TIMESTAMP } from './list-offsets.ts'
import type { Partition } from './partition.ts'
import type { LeaderLink } from './ports.ts'

/** Where the leader's log begins and ends, for a follower that it has nothing for; or why it does not say. */
export async function leaderRange(
  link: LeaderLink | undefined,
  partition: Partition,
  { brokerId, metadataVersion }: { brokerId: number; metadataVersion: number },
): Promise<{ start: Offset; end: Offset } | ErrorCode> {
  if (link === undefined) return ErrorCode.NETWORK_EXCEPTION
  const ask = async (timestamp: number): Promise<{ offset: Offset } | ErrorCode> => {
    const entry = { partitionIndex: partition.index, currentLeaderEpoch: partition.leaderEpoch, timestamp }
    const request = { replicaId: brokerId, isolationLevel: 0, topics: [{ name: partition.topic, partitions: [entry] }] }
    const { topics } = await link.listOffsets(request, listOffsetsVersion(metadataVersion))
    const answer = topics[0]?.partitions[0]
    if (answer === undefined) return ErrorCode.UNKNOWN_SERVER_ERROR
    return answer.errorCode === ErrorCode.NONE ? answer : (answer.errorCode as ErrorCode)
  }
  try {
    const end = await ask(SPECIAL_TIMESTAMP.LATEST)
    if (typeof end === 'number') return end
    const start = await ask(SPECIAL_TIMESTAMP.EARLIEST)
    return typeof start === 'number' ? start : { start: start.offset, end: end.offset }
  } catch {
    // The link broke; the next fetch meets that too and begins anew.
    return ErrorCode.NETWORK_EXCEPTION
  }
}
