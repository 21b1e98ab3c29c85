import { message } from '../schema/message.ts'
import { array, boolean, int8, int16, int32, int53, string, struct, uint16 } from '../schema/types.ts'

/** StreamsGroupHeartbeat: the one request of a member of a streams group; carries topology and tasks (KIP-1071). */

const KeyValue = { key: string, value: string }

const TopicInfo = {
  name: string,
  partitions: int32,
  replicationFactor: int16,
  topicConfigs: array(KeyValue),
}

const TaskIds = { subtopologyId: string, partitions: array(int32) }

const TaskOffset = { subtopologyId: string, partition: int32, offset: int53 }

const TopicPartition = { topic: string, partitions: array(int32) }

export const StreamsGroupHeartbeatRequest = message(
  'StreamsGroupHeartbeatRequest',
  { key: 88, versions: [0, 0], flexible: 0 },
  {
    groupId: string,
    memberId: string,
    memberEpoch: int32,
    endpointInformationEpoch: int32,
    instanceId: string.nullable().default(null),
    rackId: string.nullable().default(null),
    rebalanceTimeoutMs: int32.default(-1),
    topology: struct({
      epoch: int32,
      subtopologies: array({
        subtopologyId: string,
        sourceTopics: array(string),
        sourceTopicRegex: array(string),
        stateChangelogTopics: array(TopicInfo),
        repartitionSinkTopics: array(string),
        repartitionSourceTopics: array(TopicInfo),
        copartitionGroups: array({
          sourceTopics: array(int16),
          sourceTopicRegex: array(int16),
          repartitionSourceTopics: array(int16),
        }),
      }),
    })
      .nullable()
      .default(null),
    activeTasks: array(TaskIds).nullable().default(null),
    standbyTasks: array(TaskIds).nullable().default(null),
    warmupTasks: array(TaskIds).nullable().default(null),
    processId: string.nullable().default(null),
    userEndpoint: struct({ host: string, port: uint16 }).nullable().default(null),
    clientTags: array(KeyValue).nullable().default(null),
    taskOffsets: array(TaskOffset).nullable().default(null),
    taskEndOffsets: array(TaskOffset).nullable().default(null),
    shutdownApplication: boolean.default(false),
  },
)
export type StreamsGroupHeartbeatRequest = typeof StreamsGroupHeartbeatRequest.T

export const StreamsGroupHeartbeatResponse = message(
  'StreamsGroupHeartbeatResponse',
  { key: 88, versions: [0, 0], flexible: 0 },
  {
    throttleTimeMs: int32,
    errorCode: int16,
    errorMessage: string.nullable().default(null),
    memberId: string,
    memberEpoch: int32,
    heartbeatIntervalMs: int32,
    acceptableRecoveryLag: int32,
    taskOffsetIntervalMs: int32,
    status: array({ statusCode: int8, statusDetail: string }).nullable(),
    activeTasks: array(TaskIds).nullable().default(null),
    standbyTasks: array(TaskIds).nullable().default(null),
    warmupTasks: array(TaskIds).nullable().default(null),
    endpointInformationEpoch: int32,
    partitionsByUserEndpoint: array({
      userEndpoint: struct({ host: string, port: uint16 }),
      activePartitions: array(TopicPartition),
      standbyPartitions: array(TopicPartition),
    })
      .nullable()
      .default(null),
  },
)
export type StreamsGroupHeartbeatResponse = typeof StreamsGroupHeartbeatResponse.T
