/**
 * DescribeGroups: v0-6
 *
 * Behavior
 * - A group that does not exist is Dead; metadata and assignments show only while it is Stable (fact E50).
 *
 * Version notes
 * - v3 authorized operations, v4 instance ids (KIP-345), v6 GROUP_ID_NOT_FOUND with a message (KIP-1043).
 */
import { DescribeGroupsRequest, DescribeGroupsResponse } from '../../protocol/api/15-describe-groups.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import { AUTHORIZED_OPERATIONS } from './authorized-operations.ts'
import { groupContext } from './group-context.ts'
import { handlerFor } from './handler.ts'
import type { Services } from './services.ts'

export const describeGroups = (services: Services) =>
  handlerFor(DescribeGroupsRequest, DescribeGroupsResponse, {
    key: 15,
    versions: [0, 6],
    async handle(request, context) {
      const { groups } = await services.groups.describeGroups(request, groupContext(services, context))
      if (!request.includeAuthorizedOperations) return { groups }
      const allowed = { authorizedOperations: AUTHORIZED_OPERATIONS.group }
      return { groups: groups.map((group) => (group.errorCode === ErrorCode.NONE ? { ...group, ...allowed } : group)) }
    },
    refuse: (request, errorCode) => ({
      groups: request.groups.map((groupId) => ({
        errorCode,
        groupId,
        groupState: '',
        protocolType: '',
        protocolData: '',
        members: [],
      })),
    }),
  })
