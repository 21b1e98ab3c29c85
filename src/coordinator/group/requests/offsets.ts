import type { OffsetCommitRequest, OffsetCommitResponse } from '../../../../protocol/api/08-offset-commit.ts'
import type { OffsetFetchRequest, OffsetFetchResponse } from '../../../../protocol/api/09-offset-fetch.ts'
import type { OffsetDeleteRequest, OffsetDeleteResponse } from '../../../../protocol/api/47-offset-delete.ts'
import { ErrorCode } from '../../../../protocol/errors.ts'
import { ZERO_UUID } from '../../../../protocol/wire/uuid.ts'
import { storageErrorToResponse } from '../classic/environment.ts'
import { commitOffsets as commit, type OffsetToCommit } from '../offsets/commit.ts'
import { type FetchedTopic, fetchOffsets as fetch, noOffset, type WantedTopic } from '../offsets/fetch.ts'
import { deleteOffsets, type OffsetDeletion } from '../offsets/removal.ts'
import type { GroupRequestContext, TopicDirectory } from '../ports.ts'
import type { RequestDeps } from './deps.ts'

/** v0 kept offsets in ZooKeeper, which has gone (fact I14). */
const FIRST_VERSION = 1
/** Topics are named by their ids from here on (fact N-E27). */
const TOPIC_ID_VERSION = 10

type CommitTopic = OffsetCommitRequest['topics'][number]

/** Unknown topics and partitions are refused one by one, the rest is committed (fact E41). */
export async function commitOffsets(
  deps: RequestDeps,
  request: OffsetCommitRequest,
  { apiVersion, now }: GroupRequestContext,
): Promise<typeof OffsetCommitResponse.Input> {
  const accepted: OffsetToCommit[] = []
  /** For each partition of the request its code, or where its offset is in `accepted`. */
  const verdicts = request.topics.map((topic) => {
    const named = nameTopic(deps.topics, topic.name, topic.topicId, apiVersion)
    const partitionCount = named === undefined ? 0 : deps.topics.partitionCountOf(named.name)
    return topic.partitions.map((partition) => {
      if (apiVersion < FIRST_VERSION) return { code: ErrorCode.UNSUPPORTED_VERSION }
      if (named === undefined) return { code: ErrorCode.UNKNOWN_TOPIC_ID }
      const { partitionIndex } = partition
      const exists = partitionIndex >= 0 && partitionIndex < partitionCount
      if (!exists) return { code: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION }
      return { place: accepted.push(offsetToCommit(named, partition)) - 1 }
    })
  })
  const codes = accepted.length === 0 ? [] : await commitAccepted(deps, request, apiVersion, accepted, now)
  const topics = request.topics.map(({ name, topicId, partitions }, t) => ({
    name,
    topicId,
    partitions: partitions.map(({ partitionIndex }, p) => {
      const { code, place } = verdicts[t]![p] as { code?: ErrorCode; place?: number }
      return { partitionIndex, errorCode: code ?? codes[place!]! }
    }),
  }))
  return { topics }
}

function offsetToCommit(
  { name, topicId }: { name: string; topicId: string },
  partition: CommitTopic['partitions'][number],
): OffsetToCommit {
  return {
    topic: name,
    topicId,
    partition: partition.partitionIndex,
    offset: partition.committedOffset,
    leaderEpoch: partition.committedLeaderEpoch,
    metadata: partition.committedMetadata,
    commitTimestamp: partition.commitTimestamp,
  }
}

function commitAccepted(
  { runtime, partitionFor, nowMs }: RequestDeps,
  request: OffsetCommitRequest,
  apiVersion: number,
  offsets: readonly OffsetToCommit[],
  now: number | undefined,
): Promise<readonly ErrorCode[]> {
  const { groupId, memberId, groupInstanceId, generationIdOrMemberEpoch, retentionTimeMs } = request
  const command = {
    groupId,
    memberId,
    groupInstanceId,
    generationId: generationIdOrMemberEpoch,
    retentionTimeMs,
    knowsGroupIdNotFound: apiVersion >= 9,
    nowMs: now ?? nowMs(),
    offsets,
  }
  return runtime.write<readonly ErrorCode[]>(
    partitionFor(groupId),
    (shard) => commit(shard, command),
    (code) => offsets.map(() => storageErrorToResponse(code)),
  )
}

/** A topic by the name it has here; undefined for an id that no topic has. By name it carries no id (fact N-E29). */
function nameTopic(
  topics: TopicDirectory,
  name: string,
  topicId: string,
  apiVersion: number,
): { name: string; topicId: string } | undefined {
  if (apiVersion < TOPIC_ID_VERSION) return { name, topicId: ZERO_UUID }
  const known = topics.topicNameOf(topicId)
  return known === undefined ? undefined : { name: known, topicId }
}

/** What is asked of one group, whichever version asks. */
interface GroupQuestion {
  readonly groupId: string
  readonly topics: readonly { name: string; topicId: string; partitionIndexes: readonly number[] }[] | null
}

interface GroupAnswer {
  readonly errorCode: ErrorCode
  readonly topics: readonly (FetchedTopic & { topicId: string })[]
}

/** Up to v7 one group, from v8 on several (KIP-709). */
export async function fetchOffsets(
  deps: RequestDeps,
  request: OffsetFetchRequest,
  { apiVersion }: GroupRequestContext,
): Promise<typeof OffsetFetchResponse.Input> {
  const { requireStable } = request
  if (apiVersion >= 8) {
    const answers = request.groups.map(async (group) => {
      const { errorCode, topics } = await fetchGroup(deps, group, requireStable, apiVersion)
      return { groupId: group.groupId, errorCode, topics: topics.map(toAnswer) }
    })
    return { groups: await Promise.all(answers) }
  }
  const topics = request.topics?.map((topic) => ({ ...topic, topicId: ZERO_UUID })) ?? null
  const question = { groupId: request.groupId, topics }
  const answer = await fetchGroup(deps, question, requireStable, apiVersion)
  // v0 and v1 have no code for the group: it shows in every partition (fact N-E33).
  const inPartitions = apiVersion < 2 && answer.errorCode !== ErrorCode.NONE
  const named = inPartitions ? allFailed(topics ?? [], answer.errorCode) : answer.topics
  return {
    ...(apiVersion >= 2 && { errorCode: answer.errorCode }),
    topics: named.map(({ name, partitions }) => ({ name, partitions: [...partitions] })),
  }
}

const toAnswer = ({ name, topicId, partitions }: GroupAnswer['topics'][number]) => ({
  name,
  topicId,
  partitions: [...partitions],
})

async function fetchGroup(
  deps: RequestDeps,
  question: GroupQuestion,
  requireStable: boolean,
  apiVersion: number,
): Promise<GroupAnswer> {
  const { groupId, topics } = question
  if (apiVersion < FIRST_VERSION) return { errorCode: ErrorCode.UNSUPPORTED_VERSION, topics: [] }
  const wanted: (WantedTopic & { isKnown: boolean })[] | null =
    topics?.map(({ name, topicId, partitionIndexes: partitions }) => {
      const named = nameTopic(deps.topics, name, topicId, apiVersion)
      return { isKnown: named !== undefined, ...(named ?? { name: '', topicId }), partitions }
    }) ?? null
  const command = { groupId, topics: wanted?.filter(({ isKnown }) => isKnown) ?? null, requireStable }
  const refused = (code: ErrorCode) => fetchErrorToResponse(code)
  const partition = deps.partitionFor(groupId)
  const found = requireStable
    ? await deps.runtime.write<FetchedTopic[] | ErrorCode>(
        partition,
        (shard) => ({ records: [], response: fetch(shard, command) }),
        refused,
      )
    : deps.runtime.read<FetchedTopic[] | ErrorCode>(partition, (shard) => fetch(shard, command), refused)
  if (typeof found === 'number') return { errorCode: found, topics: [] }
  if (wanted === null) return { errorCode: ErrorCode.NONE, topics: withIds(deps.topics, found, apiVersion) }
  let next = 0
  const answers = wanted.map(({ isKnown, topicId, partitions }) =>
    isKnown
      ? { ...found[next++]!, topicId }
      : { name: '', topicId, partitions: partitions.map((index) => noOffset(index, ErrorCode.UNKNOWN_TOPIC_ID)) },
  )
  return { errorCode: ErrorCode.NONE, topics: answers }
}

/** Where ids stand for names, topics that are gone cannot be told (fact N-E28). */
function withIds(topics: TopicDirectory, found: readonly FetchedTopic[], apiVersion: number): GroupAnswer['topics'] {
  if (apiVersion < TOPIC_ID_VERSION) return found.map((topic) => ({ ...topic, topicId: ZERO_UUID }))
  return found.flatMap((topic) => {
    const topicId = topics.topicIdOf(topic.name)
    return topicId === undefined ? [] : [{ ...topic, topicId }]
  })
}

function allFailed(topics: NonNullable<GroupQuestion['topics']>, code: ErrorCode): GroupAnswer['topics'] {
  return topics.map(({ name, topicId, partitionIndexes }) => ({
    name,
    topicId,
    partitions: partitionIndexes.map((index) => noOffset(index, code)),
  }))
}

/** Fact E14: OffsetFetch knows one way in which storage fails. */
function fetchErrorToResponse(code: ErrorCode): ErrorCode {
  const mapped = storageErrorToResponse(code)
  return mapped === ErrorCode.COORDINATOR_NOT_AVAILABLE ? ErrorCode.NOT_COORDINATOR : mapped
}

export async function offsetDelete(
  deps: RequestDeps,
  request: OffsetDeleteRequest,
): Promise<typeof OffsetDeleteResponse.Input> {
  const { groupId } = request
  const failed = (errorCode: ErrorCode) => ({ errorCode, throttleTimeMs: 0, topics: [] })
  if (groupId === '') return failed(ErrorCode.INVALID_GROUP_ID)
  const asked = request.topics.flatMap(({ name, partitions }) =>
    partitions.map(({ partitionIndex }) => ({ topic: name, partition: partitionIndex })),
  )
  const existing = asked.filter(({ topic, partition }) => {
    return partition >= 0 && partition < deps.topics.partitionCountOf(topic)
  })
  const deletion = await deps.runtime.write<OffsetDeletion>(
    deps.partitionFor(groupId),
    (shard) => deleteOffsets(shard, groupId, existing),
    (code) => ({ errorCode: storageErrorToResponse(code), codes: [] }),
  )
  if (deletion.errorCode !== ErrorCode.NONE) return failed(deletion.errorCode)
  const codes = new Map(existing.map(({ topic, partition }, i) => [`${topic}:${partition}`, deletion.codes[i]!]))
  const topics = request.topics.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map(({ partitionIndex }) => ({
      partitionIndex,
      errorCode: codes.get(`${name}:${partitionIndex}`) ?? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
    })),
  }))
  return { errorCode: ErrorCode.NONE, throttleTimeMs: 0, topics }
}
