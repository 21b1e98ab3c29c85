import { message } from '../schema/message.ts'
import { array, int8, int16, int32, int53, string } from '../schema/types.ts'

/**
 * ListOffsets: the offset at a time, or at one of the special times: -1 end, -2 start, -3 greatest timestamp, -4 local
 * start, -5 last tiered, -6 earliest not yet tiered.
 * v0 answers with a list of segment starts; v1 with one offset and its timestamp (KIP-79); v2 isolation level; v4
 * leader epochs (KIP-320); v6 flexible; v7 -3 (KIP-734); v8 -4 (KIP-405); v9 -5 (KIP-1005); v10 asynchronous remote
 * lookup with a timeout (KIP-1075); v11 -6 (KIP-1023).
 */

export const ListOffsetsRequest = message(
  'ListOffsetsRequest',
  { key: 2, versions: [0, 11], flexible: 6 },
  {
    replicaId: int32,
    isolationLevel: int8.since(2),
    topics: array({
      name: string,
      partitions: array({
        partitionIndex: int32,
        currentLeaderEpoch: int32.since(4).default(-1).ignorable(),
        timestamp: int53,
        maxNumOffsets: int32.until(0).default(1),
      }),
    }),
    timeoutMs: int32.since(10).ignorable(),
  },
)
export type ListOffsetsRequest = typeof ListOffsetsRequest.T

export const ListOffsetsResponse = message(
  'ListOffsetsResponse',
  { key: 2, versions: [0, 11], flexible: 6 },
  {
    throttleTimeMs: int32.since(2).ignorable(),
    topics: array({
      name: string,
      partitions: array({
        partitionIndex: int32,
        errorCode: int16,
        oldStyleOffsets: array(int53).until(0),
        timestamp: int53.since(1).default(-1),
        offset: int53.since(1).default(-1),
        leaderEpoch: int32.since(4).default(-1),
      }),
    }),
  },
)
export type ListOffsetsResponse = typeof ListOffsetsResponse.T
