/**
 * DeleteGroups: v0-2
 *
 * Behavior
 * - DELETE on each group.
 * - Only groups without members; their offsets go with them (fact E53).
 */
import { DeleteGroupsRequest, DeleteGroupsResponse } from '../../protocol/api/42-delete-groups.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import { rightTo, split } from './authorize.ts'
import { groupContext } from './group-context.ts'
import { handlerFor } from './handler.ts'
import type { Services } from './services.ts'

export const deleteGroups = (services: Services) =>
  handlerFor(DeleteGroupsRequest, DeleteGroupsResponse, {
    key: 42,
    versions: [0, 2],
    needs: 'resources',
    async handle(request, context) {
      const mayDelete = rightTo(services, context, 'DELETE', 'GROUP')
      const [groupsNames, refused] = split(request.groupsNames, mayDelete, (groupId) => groupId)
      const deleted = await services.groups.deleteGroups({ ...request, groupsNames }, groupContext(services, context))
      const errorCode = ErrorCode.GROUP_AUTHORIZATION_FAILED
      return { ...deleted, results: [...deleted.results, ...refused.map((groupId) => ({ groupId, errorCode }))] }
    },
    refuse: (request, errorCode) => ({
      throttleTimeMs: 0,
      results: request.groupsNames.map((groupId) => ({ groupId, errorCode })),
    }),
  })
