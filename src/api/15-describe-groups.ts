/**
 * DescribeGroups: v0-6
 *
 * Behavior
 * - DESCRIBE on each group.
 * - A group that does not exist is Dead; metadata and assignments show only while it is Stable (fact E50).
 *
 * Version notes
 * - v3 authorized operations, v4 instance ids (KIP-345), v6 GROUP_ID_NOT_FOUND with a message (KIP-1043).
 */
import { DescribeGroupsRequest, DescribeGroupsResponse } from '../../protocol/api/15-describe-groups.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import { authorizedOperations, rightTo, split } from './authorize.ts'
import { groupContext } from './group-context.ts'
import { handlerFor } from './handler.ts'
import type { Services } from './services.ts'

export const describeGroups = (services: Services) =>
  handlerFor(DescribeGroupsRequest, DescribeGroupsResponse, {
    key: 15,
    versions: [0, 6],
    needs: 'resources',
    async handle(request, context) {
      const mayDescribe = rightTo(services, context, 'DESCRIBE', 'GROUP')
      const [asked, refused] = split(request.groups, mayDescribe, (groupId) => groupId)
      const { groups } = await services.groups.describeGroups(
        { ...request, groups: asked },
        groupContext(services, context),
      )
      const described = groups.map((group) => {
        if (!request.includeAuthorizedOperations || group.errorCode !== ErrorCode.NONE) return group
        return { ...group, authorizedOperations: authorizedOperations(services, context, 'GROUP', group.groupId) }
      })
      return { groups: [...described, ...refused.map((groupId) => failed(groupId, GROUP_AUTHORIZATION_FAILED))] }
    },
    refuse: (request, errorCode) => ({ groups: request.groups.map((groupId) => failed(groupId, errorCode)) }),
  })

const { GROUP_AUTHORIZATION_FAILED } = ErrorCode

const failed = (groupId: string, errorCode: ErrorCode) => ({
  errorCode,
  groupId,
  groupState: '',
  protocolType: '',
  protocolData: '',
  members: [],
})
