/**
 * Heartbeat: v0-4
 *
 * Behavior
 * - Renews the member's session and says whether it must rejoin (facts E38, E39).
 *
 * Version notes
 * - v3 static members (KIP-345).
 */
import { HeartbeatRequest, HeartbeatResponse } from '../../protocol/api/12-heartbeat.ts'
import { demand } from './authorize.ts'
import { groupContext } from './group-context.ts'
import { handlerFor } from './handler.ts'
import type { Services } from './services.ts'

export const heartbeat = (services: Services) =>
  handlerFor(HeartbeatRequest, HeartbeatResponse, {
    key: 12,
    versions: [0, 4],
    needs: 'resources',
    handle(request, context) {
      demand(services, context, 'READ', 'GROUP', request.groupId)
      return services.groups.heartbeat(request, groupContext(services, context))
    },
    refuse: (_request, errorCode) => ({ errorCode }),
  })
