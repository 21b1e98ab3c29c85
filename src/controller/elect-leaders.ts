import type { ElectLeadersRequest, ElectLeadersResponse } from '../../protocol/api/43-elect-leaders.ts'
import { ErrorCode, errorMessage } from '../../protocol/errors.ts'
import type { MetadataRecord } from '../../protocol/metadata/index.ts'
import { type MetadataImage, NO_LEADER, type PartitionImage, type TopicImage } from '../metadata/image.ts'
import type { RecordValue } from '../metadata/record.ts'
import { changedPartition } from '../metadata/topics-delta.ts'
import { changeOf, isAcceptable } from './leadership.ts'
import { changePartition, type Election } from './partition-change.ts'
import type { Decision, DecisionConfig } from './ports.ts'
import { isUncleanElectionEnabled } from './topic-configs.ts'

/** As the protocol numbers them (KIP-460). */
export const ELECTION_TYPE = { PREFERRED: 0, UNCLEAN: 1 } as const
/** Elections of one run of the balance, at most (fact B65). */
const MAX_ELECTIONS = 1000

type Response = typeof ElectLeadersResponse.Input

/** Elects leaders now (KIP-183, KIP-460; fact B64). A null list stands for all, and then what is not needed is left out. */
export function electLeaders(
  image: MetadataImage,
  { electionType, topicPartitions }: ElectLeadersRequest,
  config: DecisionConfig,
): Decision<Response> {
  if (electionType !== ELECTION_TYPE.PREFERRED && electionType !== ELECTION_TYPE.UNCLEAN) return invalidType()
  const election = electionType === ELECTION_TYPE.PREFERRED ? 'PREFERRED' : 'UNCLEAN'
  const records: MetadataRecord[] = []
  const wanted =
    topicPartitions ??
    [...image.topics.byName.values()].map(({ name, partitions }) => ({
      topic: name,
      partitions: [...partitions.keys()],
    }))
  const elected = new Set<string>()
  const replicaElectionResults = wanted.flatMap(({ topic, partitions }) => {
    const results = partitions.flatMap((partitionId) => {
      // Named again, it has the leader that it was to have.
      const name = `${partitionId} of ${topic}`
      const errorCode = elected.has(name)
        ? ErrorCode.ELECTION_NOT_NEEDED
        : elect(image, topic, partitionId, election, config, records)
      if (errorCode === ErrorCode.NONE) elected.add(name)
      if (topicPartitions === null && errorCode === ErrorCode.ELECTION_NOT_NEEDED) return []
      return [{ partitionId, errorCode, errorMessage: errorMessage(errorCode) }]
    })
    return topicPartitions === null && results.length === 0 ? [] : [{ topic, partitionResult: results }]
  })
  return { records, response: { throttleTimeMs: 0, errorCode: ErrorCode.NONE, replicaElectionResults } }
}

const invalidType = (): Decision<Response> => ({
  records: [],
  response: { throttleTimeMs: 0, errorCode: ErrorCode.INVALID_REQUEST, replicaElectionResults: [] },
})

function elect(
  image: MetadataImage,
  topicName: string,
  partitionId: number,
  election: Election,
  config: DecisionConfig,
  records: MetadataRecord[],
): ErrorCode {
  const topic = image.topics.byName.get(topicName)
  const partition = topic?.partitions.get(partitionId)
  if (topic === undefined || partition === undefined) return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
  const preferred = election === 'PREFERRED'
  if (preferred ? partition.leader === partition.replicas[0] : partition.leader !== NO_LEADER)
    return ErrorCode.ELECTION_NOT_NEEDED
  const record = change(image, topic, partition, election, config)
  const leader = record ? changedPartition(partition, record.value as RecordValue<'PartitionChangeRecord'>).leader : -1
  if (preferred ? leader !== partition.replicas[0] : leader === NO_LEADER)
    return preferred ? ErrorCode.PREFERRED_LEADER_NOT_AVAILABLE : ErrorCode.ELIGIBLE_LEADERS_NOT_AVAILABLE
  records.push(record!)
  return ErrorCode.NONE
}

function change(
  image: MetadataImage,
  topic: TopicImage,
  partition: PartitionImage,
  election: Election,
  config: DecisionConfig,
): MetadataRecord | undefined {
  return changePartition({
    ...changeOf(image, topic, config),
    election,
    partition,
    isAcceptable: (id) => isAcceptable(image, partition, id),
  })
}

/** What a periodic run decides; `more`: it stopped at its limit, and wants to go on at once. */
export interface Elections {
  readonly records: readonly MetadataRecord[]
  readonly more: boolean
}

/** Partitions that another replica leads than the preferred one, where that one can (fact B65). */
export function balanceLeaders(image: MetadataImage, config: DecisionConfig): Elections {
  return electWhere(
    image,
    config,
    'PREFERRED',
    ({ leader, replicas }) => leader !== NO_LEADER && leader !== replicas[0],
  )
}

/** Partitions without a leader of topics that take any replica in need (fact B66). */
export function electUncleanly(image: MetadataImage, config: DecisionConfig): Elections {
  return electWhere(image, config, 'UNCLEAN', ({ leader }) => leader === NO_LEADER)
}

function electWhere(
  image: MetadataImage,
  config: DecisionConfig,
  election: Election,
  isWanting: (partition: PartitionImage) => boolean,
): Elections {
  const records: MetadataRecord[] = []
  for (const topic of image.topics.byId.values()) {
    if (election === 'UNCLEAN' && !isUncleanElectionEnabled(image, topic.name, config)) continue
    for (const partition of topic.partitions.values()) {
      if (!isWanting(partition)) continue
      if (election === 'PREFERRED' && !isAcceptable(image, partition, partition.replicas[0]!)) continue
      const record = change(image, topic, partition, election, config)
      if (record) records.push(record)
      if (records.length === MAX_ELECTIONS) return { records, more: true }
    }
  }
  return { records, more: false }
}
