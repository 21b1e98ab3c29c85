import { message } from '../schema/message.ts'
import { array, int32, int64, string } from '../schema/types.ts'

/** Epoch of a streams group, a hash of its topics' metadata, and the topology last validated (KIP-1071). */

export const StreamsGroupMetadataKey = message(
  'StreamsGroupMetadataKey',
  { key: 17, versions: [0, 0], flexible: 'never' },
  {
    groupId: string,
  },
)
export type StreamsGroupMetadataKey = typeof StreamsGroupMetadataKey.T

export const StreamsGroupMetadataValue = message(
  'StreamsGroupMetadataValue',
  { key: 17, versions: [0, 0], flexible: 0 },
  {
    epoch: int32,
    metadataHash: int64,
    validatedTopologyEpoch: int32.default(-1).tag(0),
    lastAssignmentConfigs: array({ key: string, value: string }).nullable().default(null).tag(1),
  },
)
export type StreamsGroupMetadataValue = typeof StreamsGroupMetadataValue.T
