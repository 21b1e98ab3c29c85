/**
 * JoinGroup: v0-9
 *
 * Behavior
 * - Waits in the group's rebalance until all members have come or time is up (facts E17-E33).
 *
 * Version notes
 * - v1 rebalance timeout, v4 member ids are handed out first (KIP-394), v5 static members (KIP-345), v7 protocol type,
 *   v8 reason (KIP-800), v9 skip_assignment for a static leader (KIP-814).
 */
import { JoinGroupRequest, JoinGroupResponse } from '../../protocol/api/11-join-group.ts'
import { demand } from './authorize.ts'
import { groupContext } from './group-context.ts'
import { handlerFor } from './handler.ts'
import type { Services } from './services.ts'

export const joinGroup = (services: Services) =>
  handlerFor(JoinGroupRequest, JoinGroupResponse, {
    key: 11,
    versions: [0, 9],
    needs: 'resources',
    handle(request, context) {
      demand(services, context, 'READ', 'GROUP', request.groupId)
      return services.groups.joinGroup(request, groupContext(services, context))
    },
    refuse: (_request, errorCode, { apiVersion }) => ({
      errorCode,
      generationId: -1,
      protocolName: apiVersion >= 7 ? null : '',
      leader: '',
      memberId: '',
      members: [],
    }),
  })
