import { message } from '../schema/message.ts'
import { array, boolean, int16, int32, int53, string } from '../schema/types.ts'

/**
 * DescribeLogDirs: log directories of a broker and the replicas in them (KIP-113).
 * v2 flexible; v3 top-level error; v4 size of the volumes (KIP-827); v5 cordoned directories (KIP-1066).
 */

export const DescribeLogDirsRequest = message(
  'DescribeLogDirsRequest',
  { key: 35, versions: [0, 5], flexible: 2 },
  {
    topics: array({ topic: string, partitions: array(int32) }).nullable(),
  },
)
export type DescribeLogDirsRequest = typeof DescribeLogDirsRequest.T

export const DescribeLogDirsResponse = message(
  'DescribeLogDirsResponse',
  { key: 35, versions: [0, 5], flexible: 2 },
  {
    throttleTimeMs: int32,
    errorCode: int16.since(3).ignorable(),
    results: array({
      errorCode: int16,
      logDir: string,
      topics: array({
        name: string,
        partitions: array({
          partitionIndex: int32,
          partitionSize: int53,
          offsetLag: int53,
          isFutureKey: boolean,
        }),
      }),
      totalBytes: int53.since(4).default(-1).ignorable(),
      usableBytes: int53.since(4).default(-1).ignorable(),
      isCordoned: boolean.since(5).default(false).ignorable(),
    }),
  },
)
export type DescribeLogDirsResponse = typeof DescribeLogDirsResponse.T
