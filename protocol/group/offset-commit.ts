import { message } from '../schema/message.ts'
import { int32, int53, string, uuid } from '../schema/types.ts'

/**
 * A committed offset. Expire timestamps are of v1 only, leader epochs come with v3 (KIP-320), v4 is flexible and may
 * name the topic's id. Written as v3 unless there is an expire timestamp or a topic id. Key type 0 is that of old
 * releases, with the same layouts.
 */

export const LegacyOffsetCommitKey = message(
  'LegacyOffsetCommitKey',
  { key: 0, versions: [0, 0], flexible: 'never' },
  {
    group: string,
    topic: string,
    partition: int32,
  },
)
export type LegacyOffsetCommitKey = typeof LegacyOffsetCommitKey.T

export const LegacyOffsetCommitValue = message(
  'LegacyOffsetCommitValue',
  { key: 0, versions: [0, 0], flexible: 'never' },
  {
    offset: int53,
    metadata: string,
    commitTimestamp: int53,
  },
)
export type LegacyOffsetCommitValue = typeof LegacyOffsetCommitValue.T

export const OffsetCommitKey = message(
  'OffsetCommitKey',
  { key: 1, versions: [0, 0], flexible: 'never' },
  {
    group: string,
    topic: string,
    partition: int32,
  },
)
export type OffsetCommitKey = typeof OffsetCommitKey.T

export const OffsetCommitValue = message(
  'OffsetCommitValue',
  { key: 1, versions: [0, 4], flexible: 4 },
  {
    offset: int53,
    leaderEpoch: int32.since(3).default(-1).ignorable(),
    metadata: string,
    commitTimestamp: int53,
    expireTimestamp: int53.versions(1, 1).default(-1).ignorable(),
    topicId: uuid.tag(0, 4).ignorable(),
  },
)
export type OffsetCommitValue = typeof OffsetCommitValue.T
