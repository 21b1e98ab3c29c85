import { message } from '../schema/message.ts'
import { array, int16, int32, string } from '../schema/types.ts'

/** Topology of a streams group (KIP-1071). */

const TopicConfig = { key: string, value: string }

const TopicInfo = {
  name: string,
  partitions: int32,
  replicationFactor: int16,
  topicConfigs: array(TopicConfig),
}

export const StreamsGroupTopologyKey = message(
  'StreamsGroupTopologyKey',
  { key: 23, versions: [0, 0], flexible: 'never' },
  {
    groupId: string,
  },
)
export type StreamsGroupTopologyKey = typeof StreamsGroupTopologyKey.T

export const StreamsGroupTopologyValue = message(
  'StreamsGroupTopologyValue',
  { key: 23, versions: [0, 0], flexible: 0 },
  {
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
  },
)
export type StreamsGroupTopologyValue = typeof StreamsGroupTopologyValue.T
