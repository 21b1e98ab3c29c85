import { message } from '../schema/message.ts'
import { array, boolean, int16, int32, string, uuid } from '../schema/types.ts'

/**
 * Metadata: brokers, controller, and leaders and replicas of topics' partitions.
 * v0 asks for all topics with an empty list, v1 on with null; v1 controller, racks, internal topics; v2 cluster id; v4
 * whether to create missing topics; v5 offline replicas (KIP-112); v7 leader epochs (KIP-320); v8 authorized
 * operations (KIP-430); v9 flexible; v10 topic ids in the answer (KIP-516); v11 no more cluster operations,
 * DescribeCluster has them; v12 asking by topic id; v13 a top-level error, for REBOOTSTRAP_REQUIRED (KIP-1102).
 */

export const MetadataRequest = message(
  'MetadataRequest',
  { key: 3, versions: [0, 13], flexible: 9 },
  {
    topics: array({ topicId: uuid.since(10).ignorable(), name: string.nullableSince(10) }).nullableSince(1),
    allowAutoTopicCreation: boolean.since(4).default(true),
    includeClusterAuthorizedOperations: boolean.versions(8, 10),
    includeTopicAuthorizedOperations: boolean.since(8),
  },
)
export type MetadataRequest = typeof MetadataRequest.T

export const MetadataResponse = message(
  'MetadataResponse',
  { key: 3, versions: [0, 13], flexible: 9 },
  {
    throttleTimeMs: int32.since(3).ignorable(),
    brokers: array({
      nodeId: int32,
      host: string,
      port: int32,
      rack: string.since(1).nullable().default(null).ignorable(),
    }),
    clusterId: string.since(2).nullable().default(null).ignorable(),
    controllerId: int32.since(1).default(-1).ignorable(),
    topics: array({
      errorCode: int16,
      name: string.nullableSince(12),
      topicId: uuid.since(10).ignorable(),
      isInternal: boolean.since(1).default(false).ignorable(),
      partitions: array({
        errorCode: int16,
        partitionIndex: int32,
        leaderId: int32,
        leaderEpoch: int32.since(7).default(-1).ignorable(),
        replicaNodes: array(int32),
        isrNodes: array(int32),
        offlineReplicas: array(int32).since(5).ignorable(),
      }),
      topicAuthorizedOperations: int32.since(8).default(-2147483648),
    }),
    clusterAuthorizedOperations: int32.versions(8, 10).default(-2147483648),
    errorCode: int16.since(13).ignorable(),
  },
)
export type MetadataResponse = typeof MetadataResponse.T
