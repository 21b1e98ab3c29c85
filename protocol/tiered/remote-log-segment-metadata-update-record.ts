import { message } from '../schema/message.ts'
import { bytes, int8, int32, int53, string, struct, uuid } from '../schema/types.ts'

/** The state of a remote log segment has changed (KIP-405). */

export const RemoteLogSegmentMetadataUpdateRecord = message(
  'RemoteLogSegmentMetadataUpdateRecord',
  { key: 1, versions: [0, 0], flexible: 0 },
  {
    remoteLogSegmentId: struct({
      topicIdPartition: struct({ name: string, id: uuid, partition: int32 }),
      id: uuid,
    }),
    brokerId: int32,
    eventTimestampMs: int53,
    customMetadata: bytes.nullable().default(null),
    remoteLogSegmentState: int8,
  },
)
export type RemoteLogSegmentMetadataUpdateRecord = typeof RemoteLogSegmentMetadataUpdateRecord.T
