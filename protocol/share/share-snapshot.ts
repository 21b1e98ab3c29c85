import { message } from '../schema/message.ts'
import { array, int8, int16, int32, int53, string, uuid } from '../schema/types.ts'

/** Full state of a share partition in `__share_group_state` (KIP-932). */

export const ShareSnapshotKey = message(
  'ShareSnapshotKey',
  { key: 0, versions: [0, 0], flexible: 'never' },
  {
    groupId: string,
    topicId: uuid,
    partition: int32,
  },
)
export type ShareSnapshotKey = typeof ShareSnapshotKey.T

export const ShareSnapshotValue = message(
  'ShareSnapshotValue',
  { key: 0, versions: [0, 0], flexible: 0 },
  {
    snapshotEpoch: int32,
    stateEpoch: int32,
    leaderEpoch: int32,
    startOffset: int53,
    deliveryCompleteCount: int32.default(-1).tag(0),
    createTimestamp: int53,
    writeTimestamp: int53,
    stateBatches: array({
      firstOffset: int53,
      lastOffset: int53,
      deliveryState: int8,
      deliveryCount: int16,
    }),
  },
)
export type ShareSnapshotValue = typeof ShareSnapshotValue.T
