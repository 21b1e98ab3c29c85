import { message } from '../schema/message.ts'
import { int8, int32, int53, string, struct, uuid } from '../schema/types.ts'

/** A partition's remote segments are to be deleted, are being deleted, or are gone (KIP-405). */

export const RemotePartitionDeleteMetadataRecord = message(
  'RemotePartitionDeleteMetadataRecord',
  { key: 2, versions: [0, 0], flexible: 0 },
  {
    topicIdPartition: struct({ name: string, id: uuid, partition: int32 }),
    brokerId: int32,
    eventTimestampMs: int53,
    remotePartitionDeleteState: int8,
  },
)
export type RemotePartitionDeleteMetadataRecord = typeof RemotePartitionDeleteMetadataRecord.T
