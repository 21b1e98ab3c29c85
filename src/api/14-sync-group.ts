/**
 * SyncGroup: v0-5
 *
 * Behavior
 * - The leader brings everybody's assignment; followers wait until it is stored (facts E34-E37).
 *
 * Version notes
 * - v3 static members (KIP-345), v5 protocol type and name, which must then be given (KIP-559).
 */
import { SyncGroupRequest, SyncGroupResponse } from '../../protocol/api/14-sync-group.ts'
import { demand } from './authorize.ts'
import { groupContext } from './group-context.ts'
import { handlerFor } from './handler.ts'
import type { Services } from './services.ts'

export const syncGroup = (services: Services) =>
  handlerFor(SyncGroupRequest, SyncGroupResponse, {
    key: 14,
    versions: [0, 5],
    needs: 'resources',
    handle(request, context) {
      demand(services, context, 'READ', 'GROUP', request.groupId)
      return services.groups.syncGroup(request, groupContext(services, context))
    },
    refuse: (_request, errorCode) => ({ errorCode, assignment: Buffer.alloc(0) }),
  })
