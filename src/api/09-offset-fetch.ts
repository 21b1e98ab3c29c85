/**
 * OffsetFetch: v0-10
 *
 * Behavior
 * - Nothing committed is offset -1 and NONE; null topics ask for all that the group has (facts E45, E46).
 *
 * Version notes
 * - v0 read ZooKeeper: UNSUPPORTED_VERSION. v2 all topics, v7 require_stable (KIP-447), v8 several groups (KIP-709),
 *   v9 KIP-848 members, v10 topic ids.
 */
import { OffsetFetchRequest, OffsetFetchResponse } from '../../protocol/api/09-offset-fetch.ts'
import { groupContext } from './group-context.ts'
import { handlerFor } from './handler.ts'
import type { Services } from './services.ts'

export const offsetFetch = (services: Services) =>
  handlerFor(OffsetFetchRequest, OffsetFetchResponse, {
    key: 9,
    versions: [0, 10],
    handle: (request, context) => services.groups.fetchOffsets(request, groupContext(services, context)),
    refuse: (request, errorCode, { apiVersion }) => {
      if (apiVersion >= 8) return { groups: request.groups.map(({ groupId }) => ({ groupId, topics: [], errorCode })) }
      if (apiVersion >= 2) return { topics: [], errorCode }
      const topics = (request.topics ?? []).map(({ name, partitionIndexes }) => ({
        name,
        partitions: partitionIndexes.map((partitionIndex) => ({
          partitionIndex,
          committedOffset: -1,
          metadata: '',
          errorCode,
        })),
      }))
      return { topics }
    },
  })
