/**
 * DeleteGroups: v0-2
 *
 * Behavior
 * - Only groups without members; their offsets go with them (fact E53).
 */
import { DeleteGroupsRequest, DeleteGroupsResponse } from '../../protocol/api/42-delete-groups.ts'
import { groupContext } from './group-context.ts'
import { handlerFor } from './handler.ts'
import type { Services } from './services.ts'

export const deleteGroups = (services: Services) =>
  handlerFor(DeleteGroupsRequest, DeleteGroupsResponse, {
    key: 42,
    versions: [0, 2],
    handle: (request, context) => services.groups.deleteGroups(request, groupContext(services, context)),
    refuse: (request, errorCode) => ({
      throttleTimeMs: 0,
      results: request.groupsNames.map((groupId) => ({ groupId, errorCode })),
    }),
  })
