import { DecodeError } from '../errors.ts'
import type { AnyMessage } from '../schema/message.ts'
import { Reader } from '../wire/reader.ts'
import { Writer } from '../wire/writer.ts'
import { RegisterBrokerRecord } from './00-register-broker-record.ts'
import { UnregisterBrokerRecord } from './01-unregister-broker-record.ts'
import { TopicRecord } from './02-topic-record.ts'
import { PartitionRecord } from './03-partition-record.ts'
import { ConfigRecord } from './04-config-record.ts'
import { PartitionChangeRecord } from './05-partition-change-record.ts'
import { FenceBrokerRecord } from './07-fence-broker-record.ts'
import { UnfenceBrokerRecord } from './08-unfence-broker-record.ts'
import { RemoveTopicRecord } from './09-remove-topic-record.ts'
import { DelegationTokenRecord } from './10-delegation-token-record.ts'
import { UserScramCredentialRecord } from './11-user-scram-credential-record.ts'
import { FeatureLevelRecord } from './12-feature-level-record.ts'
import { ClientQuotaRecord } from './14-client-quota-record.ts'
import { ProducerIdsRecord } from './15-producer-ids-record.ts'
import { BrokerRegistrationChangeRecord } from './17-broker-registration-change-record.ts'
import { AccessControlEntryRecord } from './18-access-control-entry-record.ts'
import { RemoveAccessControlEntryRecord } from './19-remove-access-control-entry-record.ts'
import { NoOpRecord } from './20-no-op-record.ts'
import { ZkMigrationStateRecord } from './21-zk-migration-state-record.ts'
import { RemoveUserScramCredentialRecord } from './22-remove-user-scram-credential-record.ts'
import { BeginTransactionRecord } from './23-begin-transaction-record.ts'
import { EndTransactionRecord } from './24-end-transaction-record.ts'
import { AbortTransactionRecord } from './25-abort-transaction-record.ts'
import { RemoveDelegationTokenRecord } from './26-remove-delegation-token-record.ts'
import { RegisterControllerRecord } from './27-register-controller-record.ts'
import { ClearElrRecord } from './28-clear-elr-record.ts'

/**
 * Records of `__cluster_metadata` and its snapshots (KIP-631). On disk: uvarint 1 for the frame version, uvarint type,
 * uvarint version, then the record in its flexible encoding.
 */

const FRAME_VERSION = 1

const MESSAGES = {
  RegisterBrokerRecord,
  UnregisterBrokerRecord,
  TopicRecord,
  PartitionRecord,
  ConfigRecord,
  PartitionChangeRecord,
  FenceBrokerRecord,
  UnfenceBrokerRecord,
  RemoveTopicRecord,
  DelegationTokenRecord,
  UserScramCredentialRecord,
  FeatureLevelRecord,
  ClientQuotaRecord,
  ProducerIdsRecord,
  BrokerRegistrationChangeRecord,
  AccessControlEntryRecord,
  RemoveAccessControlEntryRecord,
  NoOpRecord,
  ZkMigrationStateRecord,
  RemoveUserScramCredentialRecord,
  BeginTransactionRecord,
  EndTransactionRecord,
  AbortTransactionRecord,
  RemoveDelegationTokenRecord,
  RegisterControllerRecord,
  ClearElrRecord,
} as const

type Messages = typeof MESSAGES
export type MetadataRecordType = keyof Messages

/** As decoded: `type` is the record's name and tells its `value`. */
export type MetadataRecord = {
  [Type in MetadataRecordType]: {
    readonly type: Type
    readonly version: number
    readonly value: Messages[Type]['T']
  }
}[MetadataRecordType]

/** As accepted by encode. */
export type MetadataRecordInput = {
  [Type in MetadataRecordType]: {
    readonly type: Type
    readonly version: number
    readonly value: Messages[Type]['Input']
  }
}[MetadataRecordType]

const TYPE_BY_KEY: (MetadataRecordType | undefined)[] = []
for (const type of Object.keys(MESSAGES) as MetadataRecordType[]) TYPE_BY_KEY[MESSAGES[type].key] = type

export function encodeMetadataRecord({ type, version, value }: MetadataRecordInput): Buffer {
  const message: AnyMessage = MESSAGES[type]
  const writer = new Writer()
  writer.uvarint(FRAME_VERSION)
  writer.uvarint(message.key)
  writer.uvarint(version)
  message.encode(writer, version, value)
  return writer.finishContiguous()
}

/**
 * Throws DecodeError, also for a frame version, type or version that is not known: a node that cannot read a record
 * cannot know the cluster.
 */
export function decodeMetadataRecord(bytes: Buffer): MetadataRecord {
  const reader = new Reader(bytes)
  const frameVersion = reader.uvarint()
  if (frameVersion !== FRAME_VERSION) throw new DecodeError(`metadata record of frame version ${frameVersion}`)
  const key = reader.uvarint()
  const type = TYPE_BY_KEY[key]
  if (type === undefined) throw new DecodeError(`no metadata record has type ${key}`)
  const version = reader.uvarint()
  const message: AnyMessage = MESSAGES[type]
  const value = message.decode(reader, version)
  if (reader.remaining > 0) throw new DecodeError(`${reader.remaining} bytes after a ${type}`)
  return { type, version, value } as MetadataRecord
}
