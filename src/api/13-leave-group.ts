/**
 * LeaveGroup: v0-5
 *
 * Behavior
 * - Removes members at once, by member id or, for static ones, by instance id (fact E40).
 *
 * Version notes
 * - v3 a batch of members (KIP-345), v5 reason (KIP-800).
 */
import { LeaveGroupRequest, LeaveGroupResponse } from '../../protocol/api/13-leave-group.ts'
import { demand } from './authorize.ts'
import { groupContext } from './group-context.ts'
import { handlerFor } from './handler.ts'
import type { Services } from './services.ts'

export const leaveGroup = (services: Services) =>
  handlerFor(LeaveGroupRequest, LeaveGroupResponse, {
    key: 13,
    versions: [0, 5],
    needs: 'resources',
    handle(request, context) {
      demand(services, context, 'READ', 'GROUP', request.groupId)
      return services.groups.leaveGroup(request, groupContext(services, context))
    },
    refuse: (_request, errorCode) => ({ errorCode, members: [] }),
  })
