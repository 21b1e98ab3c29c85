/**
 * OffsetCommit: v0-10
 *
 * Behavior
 * - READ on the group, and on each topic.
 * - Unknown partitions, too long metadata and the rest are refused one by one; what is left is committed in one record
 *   batch and answered when that is (facts E41-E44).
 *
 * Version notes
 * - v0 kept offsets in ZooKeeper: UNSUPPORTED_VERSION for every partition. v2-4 carry a retention time.
 * - v9 may carry a KIP-848 member epoch; v10 names topics by id (KIP-848 follow-up).
 */
import { OffsetCommitRequest, OffsetCommitResponse } from '../../protocol/api/08-offset-commit.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import { demand, rightTo, split } from './authorize.ts'
import { groupContext } from './group-context.ts'
import { handlerFor } from './handler.ts'
import type { Services } from './services.ts'
import { topicNaming } from './topics.ts'

const TOPIC_IDS_SINCE = 10

export const offsetCommit = (services: Services) =>
  handlerFor(OffsetCommitRequest, OffsetCommitResponse, {
    key: 8,
    versions: [0, 10],
    needs: 'resources',
    async handle(request, context) {
      demand(services, context, 'READ', 'GROUP', request.groupId)
      const nameOf = topicNaming(services, context.apiVersion >= TOPIC_IDS_SINCE)
      const [topics, refused] = split(request.topics, rightTo(services, context, 'READ', 'TOPIC'), nameOf)
      const committed = await services.groups.commitOffsets({ ...request, topics }, groupContext(services, context))
      return { topics: [...committed.topics, ...failed(refused, ErrorCode.TOPIC_AUTHORIZATION_FAILED)] }
    },
    refuse: (request, errorCode) => ({ topics: failed(request.topics, errorCode) }),
  })

const failed = (topics: OffsetCommitRequest['topics'], errorCode: ErrorCode) =>
  topics.map(({ name, topicId, partitions }) => ({
    name,
    topicId,
    partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })),
  }))
