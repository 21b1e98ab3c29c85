import { message } from '../schema/message.ts'
import { array, boolean, bytes, int8, int32, int53, string, struct, uuid } from '../schema/types.ts'

/** A log segment was, or is being, copied to remote storage (KIP-405). */

export const RemoteLogSegmentMetadataRecord = message(
  'RemoteLogSegmentMetadataRecord',
  { key: 0, versions: [0, 0], flexible: 0 },
  {
    remoteLogSegmentId: struct({
      topicIdPartition: struct({ name: string, id: uuid, partition: int32 }),
      id: uuid,
    }),
    startOffset: int53,
    endOffset: int53,
    brokerId: int32,
    maxTimestampMs: int53,
    eventTimestampMs: int53,
    segmentLeaderEpochs: array({ leaderEpoch: int32, offset: int53 }),
    segmentSizeInBytes: int32,
    customMetadata: bytes.nullable().default(null),
    remoteLogSegmentState: int8,
    txnIndexEmpty: boolean.tag(0),
  },
)
export type RemoteLogSegmentMetadataRecord = typeof RemoteLogSegmentMetadataRecord.T
