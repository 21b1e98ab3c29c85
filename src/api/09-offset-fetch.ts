/**
 * OffsetFetch: v0-10
 *
 * Behavior
 * - DESCRIBE on the group, and on each topic; who asks for all gets those that they may know of.
 * - Nothing committed is offset -1 and NONE; null topics ask for all that the group has (facts E45, E46).
 *
 * Version notes
 * - v0 read ZooKeeper: UNSUPPORTED_VERSION. v2 all topics, v7 require_stable (KIP-447), v8 several groups (KIP-709),
 *   v9 KIP-848 members, v10 topic ids.
 */
import { OffsetFetchRequest, OffsetFetchResponse } from '../../protocol/api/09-offset-fetch.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import { demand, type Right, rightTo, split } from './authorize.ts'
import { groupContext } from './group-context.ts'
import { handlerFor, type RequestContext } from './handler.ts'
import type { Services } from './services.ts'
import { topicNaming } from './topics.ts'

const GROUPS_SINCE = 8
const TOPIC_IDS_SINCE = 10
const { NONE, GROUP_AUTHORIZATION_FAILED, TOPIC_AUTHORIZATION_FAILED } = ErrorCode

export const offsetFetch = (services: Services) =>
  handlerFor(OffsetFetchRequest, OffsetFetchResponse, {
    key: 9,
    versions: [0, 10],
    needs: 'resources',
    handle: (request, context) =>
      context.apiVersion < GROUPS_SINCE
        ? fetchOne(services, request, context)
        : fetchSeveral(services, request, context),
    refuse: (request, errorCode, { apiVersion }) => {
      if (apiVersion >= GROUPS_SINCE)
        return { groups: request.groups.map(({ groupId }) => ({ groupId, topics: [], errorCode })) }
      if (apiVersion >= 2) return { topics: [], errorCode }
      return { topics: (request.topics ?? []).map((topic) => failed(topic, errorCode)) }
    },
  })

async function fetchOne(services: Services, request: OffsetFetchRequest, context: RequestContext) {
  demand(services, context, 'DESCRIBE', 'GROUP', request.groupId)
  const mayDescribe = rightTo(services, context, 'DESCRIBE', 'TOPIC')
  const [wanted, refused] = split(request.topics ?? [], mayDescribe, ({ name }) => name)
  const question = { ...request, topics: request.topics && wanted }
  const answer = await services.groups.fetchOffsets(question, groupContext(services, context))
  if (answer.errorCode) return answer
  const topics = [...seen(answer.topics ?? [], mayDescribe), ...refused.map((topic) => failed(topic))]
  return { ...answer, topics }
}

async function fetchSeveral(services: Services, request: OffsetFetchRequest, context: RequestContext) {
  const mayDescribe = rightTo(services, context, 'DESCRIBE', 'TOPIC')
  const mayAsk = rightTo(services, context, 'DESCRIBE', 'GROUP')
  const [groups, refusedGroups] = split(request.groups, mayAsk, ({ groupId }) => groupId)
  const nameOf = topicNaming(services, context.apiVersion >= TOPIC_IDS_SINCE)
  const parts = groups.map((group) => split(group.topics ?? [], mayDescribe, nameOf))
  const question = groups.map((group, place) => ({ ...group, topics: group.topics && parts[place]![0] }))
  const answer = await services.groups.fetchOffsets({ ...request, groups: question }, groupContext(services, context))
  const answered = (answer.groups ?? []).map((group, place) => {
    if (group.errorCode !== NONE) return group
    const refused = parts[place]![1].map((topic) => ({ ...failed(topic), topicId: topic.topicId }))
    return { ...group, topics: [...seen(group.topics, mayDescribe), ...refused] }
  })
  const failedGroups = refusedGroups.map(({ groupId }) => ({
    groupId,
    topics: [],
    errorCode: GROUP_AUTHORIZATION_FAILED,
  }))
  return { groups: [...answered, ...failedGroups] }
}

/** Who asks for all that a group has is told of what they may know of. */
const seen = <T extends { name?: string | undefined }>(topics: readonly T[], mayDescribe: Right): T[] =>
  split(topics, mayDescribe, ({ name }) => name || undefined)[0]

const failed = (
  { name, partitionIndexes }: { name: string; partitionIndexes: readonly number[] },
  errorCode: ErrorCode = TOPIC_AUTHORIZATION_FAILED,
) => ({
  name,
  partitions: partitionIndexes.map((partitionIndex) => ({
    partitionIndex,
    committedOffset: -1,
    metadata: '',
    errorCode,
  })),
})
