import { decodeGroupRecord, encodeGroupRecord } from '../../../protocol/group/index.ts'
import { Reader } from '../../../protocol/wire/reader.ts'
import { ZERO_UUID } from '../../../protocol/wire/uuid.ts'
import type { EncodedRecord, RecordCodec } from '../runtime/ports.ts'
import type { ForeignKind, GroupRecord, StoredGroup } from './records.ts'

/** Versions that values are written in: those of Kafka 4.1 and later (facts N-E29, N-E30). */
const GROUP_VALUE_VERSION = 3
const OFFSET_VALUE_VERSION = 4
/** Has an expire timestamp, as no other: written when the request gave a retention time (fact E6). */
const EXPIRING_OFFSET_VALUE_VERSION = 1

/** Key types that say whether a group of another kind exists. */
const FOREIGN_KINDS: ReadonlyMap<number, ForeignKind> = new Map([
  [3, 'consumer'],
  [11, 'share'],
  [17, 'streams'],
])
/** Offsets in their two key types, and classic groups (fact E4). */
const OWN_TYPES: ReadonlySet<number> = new Set([0, 1, 2])

/** Records of `__consumer_offsets` as Kafka lays them out. */
export const groupRecordCodec: RecordCodec<GroupRecord> = { encode, decode }

function encode(record: GroupRecord): EncodedRecord {
  switch (record.type) {
    case 'group': {
      const { groupId, value } = record
      const members = value?.members ?? []
      return encodeGroupRecord({
        type: 'GroupMetadata',
        key: { group: groupId },
        version: GROUP_VALUE_VERSION,
        value: value && { ...value, members: [...members] },
      })
    }
    case 'offset': {
      const { groupId, topic, partition, value } = record
      const expires = value !== null && value.expireTimestamp !== -1
      return encodeGroupRecord({
        type: 'OffsetCommit',
        key: { group: groupId, topic, partition },
        version: expires ? EXPIRING_OFFSET_VALUE_VERSION : OFFSET_VALUE_VERSION,
        value,
      })
    }
    case 'foreign':
      throw new Error('groups of other kinds are read, not written')
  }
}

/** Throws DecodeError for bytes that are no record, and for a newer version of a value (fact N-E31). */
function decode(key: Buffer, value: Buffer | null): GroupRecord | undefined {
  const reader = new Reader(key)
  const type = reader.int16()
  const kind = FOREIGN_KINDS.get(type)
  // What else is in such records is the business of a coordinator that knows them; any version will do.
  if (kind !== undefined) return { type: 'foreign', kind, groupId: reader.string(), exists: value !== null }
  if (!OWN_TYPES.has(type)) return undefined
  const record = decodeGroupRecord(key, value)
  switch (record?.type) {
    case 'LegacyOffsetCommit':
    case 'OffsetCommit': {
      const { group: groupId, topic, partition } = record.key
      const fields = record.value && { leaderEpoch: -1, expireTimestamp: -1, topicId: ZERO_UUID, ...record.value }
      return { type: 'offset', groupId, topic, partition, value: fields }
    }
    case 'GroupMetadata':
      return { type: 'group', groupId: record.key.group, value: record.value && ownBytes(record.value) }
    default:
      return undefined
  }
}

/** Copies the few bytes that stay, so that the batch they were read from need not. */
function ownBytes(value: StoredGroup): StoredGroup {
  const members = value.members.map((member) => ({
    ...member,
    subscription: Buffer.from(member.subscription),
    assignment: Buffer.from(member.assignment),
  }))
  return { ...value, members }
}
