/**
 * OffsetCommit: v0-10
 *
 * Behavior
 * - Unknown partitions, too long metadata and the rest are refused one by one; what is left is committed in one record
 *   batch and answered when that is (facts E41-E44).
 *
 * Version notes
 * - v0 kept offsets in ZooKeeper: UNSUPPORTED_VERSION for every partition. v2-4 carry a retention time.
 * - v9 may carry a KIP-848 member epoch; v10 names topics by id (KIP-848 follow-up).
 */
import { OffsetCommitRequest, OffsetCommitResponse } from '../../protocol/api/08-offset-commit.ts'
import { groupContext } from './group-context.ts'
import { handlerFor } from './handler.ts'
import type { Services } from './services.ts'

export const offsetCommit = (services: Services) =>
  handlerFor(OffsetCommitRequest, OffsetCommitResponse, {
    key: 8,
    versions: [0, 10],
    handle: (request, context) => services.groups.commitOffsets(request, groupContext(services, context)),
    refuse: (request, errorCode) => ({
      topics: request.topics.map(({ name, topicId, partitions }) => ({
        name,
        topicId,
        partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })),
      })),
    }),
  })
