import type { AnyMessage } from '../schema/message.ts'
import { ProduceRequest, ProduceResponse } from './00-produce.ts'
import { FetchRequest, FetchResponse } from './01-fetch.ts'
import { ListOffsetsRequest, ListOffsetsResponse } from './02-list-offsets.ts'
import { MetadataRequest, MetadataResponse } from './03-metadata.ts'
import { OffsetCommitRequest, OffsetCommitResponse } from './08-offset-commit.ts'
import { OffsetFetchRequest, OffsetFetchResponse } from './09-offset-fetch.ts'
import { FindCoordinatorRequest, FindCoordinatorResponse } from './10-find-coordinator.ts'
import { JoinGroupRequest, JoinGroupResponse } from './11-join-group.ts'
import { HeartbeatRequest, HeartbeatResponse } from './12-heartbeat.ts'
import { LeaveGroupRequest, LeaveGroupResponse } from './13-leave-group.ts'
import { SyncGroupRequest, SyncGroupResponse } from './14-sync-group.ts'
import { DescribeGroupsRequest, DescribeGroupsResponse } from './15-describe-groups.ts'
import { ListGroupsRequest, ListGroupsResponse } from './16-list-groups.ts'
import { SaslHandshakeRequest, SaslHandshakeResponse } from './17-sasl-handshake.ts'
import { ApiVersionsRequest, ApiVersionsResponse } from './18-api-versions.ts'
import { CreateTopicsRequest, CreateTopicsResponse } from './19-create-topics.ts'
import { DeleteTopicsRequest, DeleteTopicsResponse } from './20-delete-topics.ts'
import { DeleteRecordsRequest, DeleteRecordsResponse } from './21-delete-records.ts'
import { InitProducerIdRequest, InitProducerIdResponse } from './22-init-producer-id.ts'
import { OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse } from './23-offset-for-leader-epoch.ts'
import { AddPartitionsToTxnRequest, AddPartitionsToTxnResponse } from './24-add-partitions-to-txn.ts'
import { AddOffsetsToTxnRequest, AddOffsetsToTxnResponse } from './25-add-offsets-to-txn.ts'
import { EndTxnRequest, EndTxnResponse } from './26-end-txn.ts'
import { WriteTxnMarkersRequest, WriteTxnMarkersResponse } from './27-write-txn-markers.ts'
import { TxnOffsetCommitRequest, TxnOffsetCommitResponse } from './28-txn-offset-commit.ts'
import { DescribeAclsRequest, DescribeAclsResponse } from './29-describe-acls.ts'
import { CreateAclsRequest, CreateAclsResponse } from './30-create-acls.ts'
import { DeleteAclsRequest, DeleteAclsResponse } from './31-delete-acls.ts'
import { DescribeConfigsRequest, DescribeConfigsResponse } from './32-describe-configs.ts'
import { AlterConfigsRequest, AlterConfigsResponse } from './33-alter-configs.ts'
import { AlterReplicaLogDirsRequest, AlterReplicaLogDirsResponse } from './34-alter-replica-log-dirs.ts'
import { DescribeLogDirsRequest, DescribeLogDirsResponse } from './35-describe-log-dirs.ts'
import { SaslAuthenticateRequest, SaslAuthenticateResponse } from './36-sasl-authenticate.ts'
import { CreatePartitionsRequest, CreatePartitionsResponse } from './37-create-partitions.ts'
import { CreateDelegationTokenRequest, CreateDelegationTokenResponse } from './38-create-delegation-token.ts'
import { RenewDelegationTokenRequest, RenewDelegationTokenResponse } from './39-renew-delegation-token.ts'
import { ExpireDelegationTokenRequest, ExpireDelegationTokenResponse } from './40-expire-delegation-token.ts'
import { DescribeDelegationTokenRequest, DescribeDelegationTokenResponse } from './41-describe-delegation-token.ts'
import { DeleteGroupsRequest, DeleteGroupsResponse } from './42-delete-groups.ts'
import { ElectLeadersRequest, ElectLeadersResponse } from './43-elect-leaders.ts'
import { IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse } from './44-incremental-alter-configs.ts'
import {
  AlterPartitionReassignmentsRequest,
  AlterPartitionReassignmentsResponse,
} from './45-alter-partition-reassignments.ts'
import {
  ListPartitionReassignmentsRequest,
  ListPartitionReassignmentsResponse,
} from './46-list-partition-reassignments.ts'
import { OffsetDeleteRequest, OffsetDeleteResponse } from './47-offset-delete.ts'
import { DescribeClientQuotasRequest, DescribeClientQuotasResponse } from './48-describe-client-quotas.ts'
import { AlterClientQuotasRequest, AlterClientQuotasResponse } from './49-alter-client-quotas.ts'
import {
  DescribeUserScramCredentialsRequest,
  DescribeUserScramCredentialsResponse,
} from './50-describe-user-scram-credentials.ts'
import {
  AlterUserScramCredentialsRequest,
  AlterUserScramCredentialsResponse,
} from './51-alter-user-scram-credentials.ts'
import { VoteRequest, VoteResponse } from './52-vote.ts'
import { BeginQuorumEpochRequest, BeginQuorumEpochResponse } from './53-begin-quorum-epoch.ts'
import { EndQuorumEpochRequest, EndQuorumEpochResponse } from './54-end-quorum-epoch.ts'
import { DescribeQuorumRequest, DescribeQuorumResponse } from './55-describe-quorum.ts'
import { AlterPartitionRequest, AlterPartitionResponse } from './56-alter-partition.ts'
import { UpdateFeaturesRequest, UpdateFeaturesResponse } from './57-update-features.ts'
import { EnvelopeRequest, EnvelopeResponse } from './58-envelope.ts'
import { FetchSnapshotRequest, FetchSnapshotResponse } from './59-fetch-snapshot.ts'
import { DescribeClusterRequest, DescribeClusterResponse } from './60-describe-cluster.ts'
import { DescribeProducersRequest, DescribeProducersResponse } from './61-describe-producers.ts'
import { BrokerRegistrationRequest, BrokerRegistrationResponse } from './62-broker-registration.ts'
import { BrokerHeartbeatRequest, BrokerHeartbeatResponse } from './63-broker-heartbeat.ts'
import { UnregisterBrokerRequest, UnregisterBrokerResponse } from './64-unregister-broker.ts'
import { DescribeTransactionsRequest, DescribeTransactionsResponse } from './65-describe-transactions.ts'
import { ListTransactionsRequest, ListTransactionsResponse } from './66-list-transactions.ts'
import { AllocateProducerIdsRequest, AllocateProducerIdsResponse } from './67-allocate-producer-ids.ts'
import { ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse } from './68-consumer-group-heartbeat.ts'
import { ConsumerGroupDescribeRequest, ConsumerGroupDescribeResponse } from './69-consumer-group-describe.ts'
import { ControllerRegistrationRequest, ControllerRegistrationResponse } from './70-controller-registration.ts'
import {
  GetTelemetrySubscriptionsRequest,
  GetTelemetrySubscriptionsResponse,
} from './71-get-telemetry-subscriptions.ts'
import { PushTelemetryRequest, PushTelemetryResponse } from './72-push-telemetry.ts'
import { AssignReplicasToDirsRequest, AssignReplicasToDirsResponse } from './73-assign-replicas-to-dirs.ts'
import { ListConfigResourcesRequest, ListConfigResourcesResponse } from './74-list-config-resources.ts'
import { DescribeTopicPartitionsRequest, DescribeTopicPartitionsResponse } from './75-describe-topic-partitions.ts'
import { ShareGroupHeartbeatRequest, ShareGroupHeartbeatResponse } from './76-share-group-heartbeat.ts'
import { ShareGroupDescribeRequest, ShareGroupDescribeResponse } from './77-share-group-describe.ts'
import { ShareFetchRequest, ShareFetchResponse } from './78-share-fetch.ts'
import { ShareAcknowledgeRequest, ShareAcknowledgeResponse } from './79-share-acknowledge.ts'
import { AddRaftVoterRequest, AddRaftVoterResponse } from './80-add-raft-voter.ts'
import { RemoveRaftVoterRequest, RemoveRaftVoterResponse } from './81-remove-raft-voter.ts'
import { UpdateRaftVoterRequest, UpdateRaftVoterResponse } from './82-update-raft-voter.ts'
import {
  InitializeShareGroupStateRequest,
  InitializeShareGroupStateResponse,
} from './83-initialize-share-group-state.ts'
import { ReadShareGroupStateRequest, ReadShareGroupStateResponse } from './84-read-share-group-state.ts'
import { WriteShareGroupStateRequest, WriteShareGroupStateResponse } from './85-write-share-group-state.ts'
import { DeleteShareGroupStateRequest, DeleteShareGroupStateResponse } from './86-delete-share-group-state.ts'
import {
  ReadShareGroupStateSummaryRequest,
  ReadShareGroupStateSummaryResponse,
} from './87-read-share-group-state-summary.ts'
import { StreamsGroupHeartbeatRequest, StreamsGroupHeartbeatResponse } from './88-streams-group-heartbeat.ts'
import { StreamsGroupDescribeRequest, StreamsGroupDescribeResponse } from './89-streams-group-describe.ts'
import {
  DescribeShareGroupOffsetsRequest,
  DescribeShareGroupOffsetsResponse,
} from './90-describe-share-group-offsets.ts'
import { AlterShareGroupOffsetsRequest, AlterShareGroupOffsetsResponse } from './91-alter-share-group-offsets.ts'
import { DeleteShareGroupOffsetsRequest, DeleteShareGroupOffsetsResponse } from './92-delete-share-group-offsets.ts'
/**
 * Every API of Kafka 4.3 for clients, brokers and controllers: keys 0 to 92 without 4 to 7, which 4.0 removed. All
 * versions that ever were are defined; which of them are served is the handlers' business.
 */

/** Kinds of listener on which an API is at home. */
export type ListenerKind = 'broker' | 'controller'

/** What all APIs have in common. */
export interface Api {
  readonly key: number
  readonly name: string
  readonly request: AnyMessage
  readonly response: AnyMessage
  readonly listeners: readonly ListenerKind[]
}

const BROKER = ['broker'] as const
const CONTROLLER = ['controller'] as const
const BOTH = ['broker', 'controller'] as const

// One row, one line: a table.
// biome-ignore format: see above
export const API_TABLE = [
  { key: 0, name: 'Produce', request: ProduceRequest, response: ProduceResponse, listeners: BROKER },
  { key: 1, name: 'Fetch', request: FetchRequest, response: FetchResponse, listeners: BOTH },
  { key: 2, name: 'ListOffsets', request: ListOffsetsRequest, response: ListOffsetsResponse, listeners: BROKER },
  { key: 3, name: 'Metadata', request: MetadataRequest, response: MetadataResponse, listeners: BROKER },
  { key: 8, name: 'OffsetCommit', request: OffsetCommitRequest, response: OffsetCommitResponse, listeners: BROKER },
  { key: 9, name: 'OffsetFetch', request: OffsetFetchRequest, response: OffsetFetchResponse, listeners: BROKER },
  { key: 10, name: 'FindCoordinator', request: FindCoordinatorRequest, response: FindCoordinatorResponse, listeners: BROKER },
  { key: 11, name: 'JoinGroup', request: JoinGroupRequest, response: JoinGroupResponse, listeners: BROKER },
  { key: 12, name: 'Heartbeat', request: HeartbeatRequest, response: HeartbeatResponse, listeners: BROKER },
  { key: 13, name: 'LeaveGroup', request: LeaveGroupRequest, response: LeaveGroupResponse, listeners: BROKER },
  { key: 14, name: 'SyncGroup', request: SyncGroupRequest, response: SyncGroupResponse, listeners: BROKER },
  { key: 15, name: 'DescribeGroups', request: DescribeGroupsRequest, response: DescribeGroupsResponse, listeners: BROKER },
  { key: 16, name: 'ListGroups', request: ListGroupsRequest, response: ListGroupsResponse, listeners: BROKER },
  { key: 17, name: 'SaslHandshake', request: SaslHandshakeRequest, response: SaslHandshakeResponse, listeners: BOTH },
  { key: 18, name: 'ApiVersions', request: ApiVersionsRequest, response: ApiVersionsResponse, listeners: BOTH },
  { key: 19, name: 'CreateTopics', request: CreateTopicsRequest, response: CreateTopicsResponse, listeners: BOTH },
  { key: 20, name: 'DeleteTopics', request: DeleteTopicsRequest, response: DeleteTopicsResponse, listeners: BOTH },
  { key: 21, name: 'DeleteRecords', request: DeleteRecordsRequest, response: DeleteRecordsResponse, listeners: BROKER },
  { key: 22, name: 'InitProducerId', request: InitProducerIdRequest, response: InitProducerIdResponse, listeners: BROKER },
  { key: 23, name: 'OffsetForLeaderEpoch', request: OffsetForLeaderEpochRequest, response: OffsetForLeaderEpochResponse, listeners: BROKER },
  { key: 24, name: 'AddPartitionsToTxn', request: AddPartitionsToTxnRequest, response: AddPartitionsToTxnResponse, listeners: BROKER },
  { key: 25, name: 'AddOffsetsToTxn', request: AddOffsetsToTxnRequest, response: AddOffsetsToTxnResponse, listeners: BROKER },
  { key: 26, name: 'EndTxn', request: EndTxnRequest, response: EndTxnResponse, listeners: BROKER },
  { key: 27, name: 'WriteTxnMarkers', request: WriteTxnMarkersRequest, response: WriteTxnMarkersResponse, listeners: BROKER },
  { key: 28, name: 'TxnOffsetCommit', request: TxnOffsetCommitRequest, response: TxnOffsetCommitResponse, listeners: BROKER },
  { key: 29, name: 'DescribeAcls', request: DescribeAclsRequest, response: DescribeAclsResponse, listeners: BOTH },
  { key: 30, name: 'CreateAcls', request: CreateAclsRequest, response: CreateAclsResponse, listeners: BOTH },
  { key: 31, name: 'DeleteAcls', request: DeleteAclsRequest, response: DeleteAclsResponse, listeners: BOTH },
  { key: 32, name: 'DescribeConfigs', request: DescribeConfigsRequest, response: DescribeConfigsResponse, listeners: BOTH },
  { key: 33, name: 'AlterConfigs', request: AlterConfigsRequest, response: AlterConfigsResponse, listeners: BOTH },
  { key: 34, name: 'AlterReplicaLogDirs', request: AlterReplicaLogDirsRequest, response: AlterReplicaLogDirsResponse, listeners: BROKER },
  { key: 35, name: 'DescribeLogDirs', request: DescribeLogDirsRequest, response: DescribeLogDirsResponse, listeners: BROKER },
  { key: 36, name: 'SaslAuthenticate', request: SaslAuthenticateRequest, response: SaslAuthenticateResponse, listeners: BOTH },
  { key: 37, name: 'CreatePartitions', request: CreatePartitionsRequest, response: CreatePartitionsResponse, listeners: BOTH },
  { key: 38, name: 'CreateDelegationToken', request: CreateDelegationTokenRequest, response: CreateDelegationTokenResponse, listeners: BOTH },
  { key: 39, name: 'RenewDelegationToken', request: RenewDelegationTokenRequest, response: RenewDelegationTokenResponse, listeners: BOTH },
  { key: 40, name: 'ExpireDelegationToken', request: ExpireDelegationTokenRequest, response: ExpireDelegationTokenResponse, listeners: BOTH },
  { key: 41, name: 'DescribeDelegationToken', request: DescribeDelegationTokenRequest, response: DescribeDelegationTokenResponse, listeners: BOTH },
  { key: 42, name: 'DeleteGroups', request: DeleteGroupsRequest, response: DeleteGroupsResponse, listeners: BROKER },
  { key: 43, name: 'ElectLeaders', request: ElectLeadersRequest, response: ElectLeadersResponse, listeners: BOTH },
  { key: 44, name: 'IncrementalAlterConfigs', request: IncrementalAlterConfigsRequest, response: IncrementalAlterConfigsResponse, listeners: BOTH },
  { key: 45, name: 'AlterPartitionReassignments', request: AlterPartitionReassignmentsRequest, response: AlterPartitionReassignmentsResponse, listeners: BOTH },
  { key: 46, name: 'ListPartitionReassignments', request: ListPartitionReassignmentsRequest, response: ListPartitionReassignmentsResponse, listeners: BOTH },
  { key: 47, name: 'OffsetDelete', request: OffsetDeleteRequest, response: OffsetDeleteResponse, listeners: BROKER },
  { key: 48, name: 'DescribeClientQuotas', request: DescribeClientQuotasRequest, response: DescribeClientQuotasResponse, listeners: BROKER },
  { key: 49, name: 'AlterClientQuotas', request: AlterClientQuotasRequest, response: AlterClientQuotasResponse, listeners: BOTH },
  { key: 50, name: 'DescribeUserScramCredentials', request: DescribeUserScramCredentialsRequest, response: DescribeUserScramCredentialsResponse, listeners: BOTH },
  { key: 51, name: 'AlterUserScramCredentials', request: AlterUserScramCredentialsRequest, response: AlterUserScramCredentialsResponse, listeners: BOTH },
  { key: 52, name: 'Vote', request: VoteRequest, response: VoteResponse, listeners: CONTROLLER },
  { key: 53, name: 'BeginQuorumEpoch', request: BeginQuorumEpochRequest, response: BeginQuorumEpochResponse, listeners: CONTROLLER },
  { key: 54, name: 'EndQuorumEpoch', request: EndQuorumEpochRequest, response: EndQuorumEpochResponse, listeners: CONTROLLER },
  { key: 55, name: 'DescribeQuorum', request: DescribeQuorumRequest, response: DescribeQuorumResponse, listeners: BOTH },
  { key: 56, name: 'AlterPartition', request: AlterPartitionRequest, response: AlterPartitionResponse, listeners: CONTROLLER },
  { key: 57, name: 'UpdateFeatures', request: UpdateFeaturesRequest, response: UpdateFeaturesResponse, listeners: BOTH },
  { key: 58, name: 'Envelope', request: EnvelopeRequest, response: EnvelopeResponse, listeners: CONTROLLER },
  { key: 59, name: 'FetchSnapshot', request: FetchSnapshotRequest, response: FetchSnapshotResponse, listeners: CONTROLLER },
  { key: 60, name: 'DescribeCluster', request: DescribeClusterRequest, response: DescribeClusterResponse, listeners: BOTH },
  { key: 61, name: 'DescribeProducers', request: DescribeProducersRequest, response: DescribeProducersResponse, listeners: BROKER },
  { key: 62, name: 'BrokerRegistration', request: BrokerRegistrationRequest, response: BrokerRegistrationResponse, listeners: CONTROLLER },
  { key: 63, name: 'BrokerHeartbeat', request: BrokerHeartbeatRequest, response: BrokerHeartbeatResponse, listeners: CONTROLLER },
  { key: 64, name: 'UnregisterBroker', request: UnregisterBrokerRequest, response: UnregisterBrokerResponse, listeners: BOTH },
  { key: 65, name: 'DescribeTransactions', request: DescribeTransactionsRequest, response: DescribeTransactionsResponse, listeners: BROKER },
  { key: 66, name: 'ListTransactions', request: ListTransactionsRequest, response: ListTransactionsResponse, listeners: BROKER },
  { key: 67, name: 'AllocateProducerIds', request: AllocateProducerIdsRequest, response: AllocateProducerIdsResponse, listeners: CONTROLLER },
  { key: 68, name: 'ConsumerGroupHeartbeat', request: ConsumerGroupHeartbeatRequest, response: ConsumerGroupHeartbeatResponse, listeners: BROKER },
  { key: 69, name: 'ConsumerGroupDescribe', request: ConsumerGroupDescribeRequest, response: ConsumerGroupDescribeResponse, listeners: BROKER },
  { key: 70, name: 'ControllerRegistration', request: ControllerRegistrationRequest, response: ControllerRegistrationResponse, listeners: CONTROLLER },
  { key: 71, name: 'GetTelemetrySubscriptions', request: GetTelemetrySubscriptionsRequest, response: GetTelemetrySubscriptionsResponse, listeners: BROKER },
  { key: 72, name: 'PushTelemetry', request: PushTelemetryRequest, response: PushTelemetryResponse, listeners: BROKER },
  { key: 73, name: 'AssignReplicasToDirs', request: AssignReplicasToDirsRequest, response: AssignReplicasToDirsResponse, listeners: CONTROLLER },
  { key: 74, name: 'ListConfigResources', request: ListConfigResourcesRequest, response: ListConfigResourcesResponse, listeners: BROKER },
  { key: 75, name: 'DescribeTopicPartitions', request: DescribeTopicPartitionsRequest, response: DescribeTopicPartitionsResponse, listeners: BROKER },
  { key: 76, name: 'ShareGroupHeartbeat', request: ShareGroupHeartbeatRequest, response: ShareGroupHeartbeatResponse, listeners: BROKER },
  { key: 77, name: 'ShareGroupDescribe', request: ShareGroupDescribeRequest, response: ShareGroupDescribeResponse, listeners: BROKER },
  { key: 78, name: 'ShareFetch', request: ShareFetchRequest, response: ShareFetchResponse, listeners: BROKER },
  { key: 79, name: 'ShareAcknowledge', request: ShareAcknowledgeRequest, response: ShareAcknowledgeResponse, listeners: BROKER },
  { key: 80, name: 'AddRaftVoter', request: AddRaftVoterRequest, response: AddRaftVoterResponse, listeners: BOTH },
  { key: 81, name: 'RemoveRaftVoter', request: RemoveRaftVoterRequest, response: RemoveRaftVoterResponse, listeners: BOTH },
  { key: 82, name: 'UpdateRaftVoter', request: UpdateRaftVoterRequest, response: UpdateRaftVoterResponse, listeners: CONTROLLER },
  { key: 83, name: 'InitializeShareGroupState', request: InitializeShareGroupStateRequest, response: InitializeShareGroupStateResponse, listeners: BROKER },
  { key: 84, name: 'ReadShareGroupState', request: ReadShareGroupStateRequest, response: ReadShareGroupStateResponse, listeners: BROKER },
  { key: 85, name: 'WriteShareGroupState', request: WriteShareGroupStateRequest, response: WriteShareGroupStateResponse, listeners: BROKER },
  { key: 86, name: 'DeleteShareGroupState', request: DeleteShareGroupStateRequest, response: DeleteShareGroupStateResponse, listeners: BROKER },
  { key: 87, name: 'ReadShareGroupStateSummary', request: ReadShareGroupStateSummaryRequest, response: ReadShareGroupStateSummaryResponse, listeners: BROKER },
  { key: 88, name: 'StreamsGroupHeartbeat', request: StreamsGroupHeartbeatRequest, response: StreamsGroupHeartbeatResponse, listeners: BROKER },
  { key: 89, name: 'StreamsGroupDescribe', request: StreamsGroupDescribeRequest, response: StreamsGroupDescribeResponse, listeners: BROKER },
  { key: 90, name: 'DescribeShareGroupOffsets', request: DescribeShareGroupOffsetsRequest, response: DescribeShareGroupOffsetsResponse, listeners: BROKER },
  { key: 91, name: 'AlterShareGroupOffsets', request: AlterShareGroupOffsetsRequest, response: AlterShareGroupOffsetsResponse, listeners: BROKER },
  { key: 92, name: 'DeleteShareGroupOffsets', request: DeleteShareGroupOffsetsRequest, response: DeleteShareGroupOffsetsResponse, listeners: BROKER },] as const satisfies readonly Api[]

export type ApiKey = (typeof API_TABLE)[number]['key']
/** The definition of an API, by its key. */
export type ApiOf<Key extends ApiKey> = Extract<(typeof API_TABLE)[number], { key: Key }>
/** A decoded request. */
export type RequestOf<Key extends ApiKey> = ApiOf<Key>['request']['T']
/** A response to be encoded. */
export type ResponseOf<Key extends ApiKey> = ApiOf<Key>['response']['Input']

const BY_KEY: readonly (Api | undefined)[] = API_TABLE.reduce<Api[]>((byKey, api) => {
  byKey[api.key] = api
  return byKey
}, [])

/** The API of a key; undefined for a key that Kafka does not have or no longer has. */
export function apiByKey<Key extends ApiKey>(key: Key): ApiOf<Key>
export function apiByKey(key: number): Api | undefined
export function apiByKey(key: number): Api | undefined {
  return BY_KEY[key]
}
