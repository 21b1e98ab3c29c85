import { message } from '../schema/message.ts'
import { array, boolean, int16, int32, int53, string, struct, uint16 } from '../schema/types.ts'

/** StreamsGroupDescribe: state, topology and members of streams groups (KIP-1071). */

const KeyValue = { key: string, value: string }

const TopicInfo = {
  name: string,
  partitions: int32,
  replicationFactor: int16,
  topicConfigs: array(KeyValue),
}

const TaskOffset = { subtopologyId: string, partition: int32, offset: int53 }

const TaskIds = { subtopologyId: string, partitions: array(int32) }

const Assignment = {
  activeTasks: array(TaskIds),
  standbyTasks: array(TaskIds),
  warmupTasks: array(TaskIds),
}

export const StreamsGroupDescribeRequest = message(
  'StreamsGroupDescribeRequest',
  { key: 89, versions: [0, 0], flexible: 0 },
  {
    groupIds: array(string),
    includeAuthorizedOperations: boolean,
  },
)
export type StreamsGroupDescribeRequest = typeof StreamsGroupDescribeRequest.T

export const StreamsGroupDescribeResponse = message(
  'StreamsGroupDescribeResponse',
  { key: 89, versions: [0, 0], flexible: 0 },
  {
    throttleTimeMs: int32,
    groups: array({
      errorCode: int16,
      errorMessage: string.nullable().default(null),
      groupId: string,
      groupState: string,
      groupEpoch: int32,
      assignmentEpoch: int32,
      topology: struct({
        epoch: int32,
        subtopologies: array({
          subtopologyId: string,
          sourceTopics: array(string),
          repartitionSinkTopics: array(string),
          stateChangelogTopics: array(TopicInfo),
          repartitionSourceTopics: array(TopicInfo),
        })
          .nullable()
          .default(null),
      })
        .nullable()
        .default(null),
      members: array({
        memberId: string,
        memberEpoch: int32,
        instanceId: string.nullable().default(null),
        rackId: string.nullable().default(null),
        clientId: string,
        clientHost: string,
        topologyEpoch: int32,
        processId: string,
        userEndpoint: struct({ host: string, port: uint16 }).nullable().default(null),
        clientTags: array(KeyValue),
        taskOffsets: array(TaskOffset),
        taskEndOffsets: array(TaskOffset),
        assignment: struct(Assignment),
        targetAssignment: struct(Assignment),
        isClassic: boolean,
      }),
      authorizedOperations: int32.default(-2147483648),
    }),
  },
)
export type StreamsGroupDescribeResponse = typeof StreamsGroupDescribeResponse.T
