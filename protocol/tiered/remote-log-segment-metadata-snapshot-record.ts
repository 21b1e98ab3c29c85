import { message } from '../schema/message.ts'
import { array, boolean, bytes, int8, int32, int53, uuid } from '../schema/types.ts'

/**
 * A remote log segment as it stands in a broker's snapshot of its state; the partition is known from where it lies
 * (KIP-405).
 */

export const RemoteLogSegmentMetadataSnapshotRecord = message(
  'RemoteLogSegmentMetadataSnapshotRecord',
  { key: 3, versions: [0, 0], flexible: 0 },
  {
    segmentId: uuid,
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
export type RemoteLogSegmentMetadataSnapshotRecord = typeof RemoteLogSegmentMetadataSnapshotRecord.T
