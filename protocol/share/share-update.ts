import { message } from '../schema/message.ts'
import { array, int8, int16, int32, int53, string, uuid } from '../schema/types.ts'

/** Change to the state of a share partition since its last snapshot or update (KIP-932). */

export const ShareUpdateKey = message(
  'ShareUpdateKey',
  { key: 1, versions: [0, 0], flexible: 'never' },
  {
    groupId: string,
    topicId: uuid,
    partition: int32,
  },
)
export type ShareUpdateKey = typeof ShareUpdateKey.T

export const ShareUpdateValue = message(
  'ShareUpdateValue',
  { key: 1, versions: [0, 0], flexible: 0 },
  {
    snapshotEpoch: int32,
    leaderEpoch: int32,
    startOffset: int53,
    deliveryCompleteCount: int32.default(-1).tag(0),
    stateBatches: array({
      firstOffset: int53,
      lastOffset: int53,
      deliveryState: int8,
      deliveryCount: int16,
    }),
  },
)
export type ShareUpdateValue = typeof ShareUpdateValue.T
