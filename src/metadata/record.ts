import { RegisterBrokerRecord } from '../../protocol/metadata/00-register-broker-record.ts'
import { UnregisterBrokerRecord } from '../../protocol/metadata/01-unregister-broker-record.ts'
import { TopicRecord } from '../../protocol/metadata/02-topic-record.ts'
import { PartitionRecord } from '../../protocol/metadata/03-partition-record.ts'
import { ConfigRecord } from '../../protocol/metadata/04-config-record.ts'
import { PartitionChangeRecord } from '../../protocol/metadata/05-partition-change-record.ts'
import { RemoveTopicRecord } from '../../protocol/metadata/09-remove-topic-record.ts'
import { DelegationTokenRecord } from '../../protocol/metadata/10-delegation-token-record.ts'
import { UserScramCredentialRecord } from '../../protocol/metadata/11-user-scram-credential-record.ts'
import { FeatureLevelRecord } from '../../protocol/metadata/12-feature-level-record.ts'
import { ClientQuotaRecord } from '../../protocol/metadata/14-client-quota-record.ts'
import { ProducerIdsRecord } from '../../protocol/metadata/15-producer-ids-record.ts'
import { BrokerRegistrationChangeRecord } from '../../protocol/metadata/17-broker-registration-change-record.ts'
import { AccessControlEntryRecord } from '../../protocol/metadata/18-access-control-entry-record.ts'
import { RemoveAccessControlEntryRecord } from '../../protocol/metadata/19-remove-access-control-entry-record.ts'
import { NoOpRecord } from '../../protocol/metadata/20-no-op-record.ts'
import { RemoveUserScramCredentialRecord } from '../../protocol/metadata/22-remove-user-scram-credential-record.ts'
import { BeginTransactionRecord } from '../../protocol/metadata/23-begin-transaction-record.ts'
import { EndTransactionRecord } from '../../protocol/metadata/24-end-transaction-record.ts'
import { AbortTransactionRecord } from '../../protocol/metadata/25-abort-transaction-record.ts'
import { RemoveDelegationTokenRecord } from '../../protocol/metadata/26-remove-delegation-token-record.ts'
import { RegisterControllerRecord } from '../../protocol/metadata/27-register-controller-record.ts'
import { ClearElrRecord } from '../../protocol/metadata/28-clear-elr-record.ts'
import type { MetadataRecord, MetadataRecordInput } from '../../protocol/metadata/index.ts'
import type { AnyMessage } from '../../protocol/schema/message.ts'
import { defaultOf } from '../../protocol/schema/types.ts'

/** Types of records that this broker writes, with their layouts. */
const WRITTEN = {
  AbortTransactionRecord,
  AccessControlEntryRecord,
  BeginTransactionRecord,
  BrokerRegistrationChangeRecord,
  ClearElrRecord,
  ClientQuotaRecord,
  ConfigRecord,
  DelegationTokenRecord,
  EndTransactionRecord,
  FeatureLevelRecord,
  NoOpRecord,
  PartitionChangeRecord,
  PartitionRecord,
  ProducerIdsRecord,
  RegisterBrokerRecord,
  RegisterControllerRecord,
  RemoveAccessControlEntryRecord,
  RemoveDelegationTokenRecord,
  RemoveTopicRecord,
  RemoveUserScramCredentialRecord,
  TopicRecord,
  UnregisterBrokerRecord,
  UserScramCredentialRecord,
} as const satisfies Partial<Record<MetadataRecord['type'], AnyMessage>>

type WrittenType = keyof typeof WRITTEN
export type RecordValue<Type extends MetadataRecord['type']> = Extract<MetadataRecord, { type: Type }>['value']

/**
 * A metadata record with every field that was left out at its default, as it would come out of the log: what was just
 * decided and what is read back later are replayed alike.
 */
export function record<Type extends WrittenType>(
  type: Type,
  version: number,
  input: Extract<MetadataRecordInput, { type: Type }>['value'],
): MetadataRecord {
  const given = input as Readonly<Record<string, unknown>>
  const value: Record<string, unknown> = {}
  for (const [name, spec] of WRITTEN[type].struct.fields) {
    value[name] = given[name] === undefined ? defaultOf(spec) : given[name]
  }
  return { type, version, value } as unknown as MetadataRecord
}
