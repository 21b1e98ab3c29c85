/**
 * AssignReplicasToDirs: v0
 *
 * Behavior
 * - A broker says which of its log directories holds which replica (KIP-858; fact B82).
 */
import {
  AssignReplicasToDirsRequest,
  AssignReplicasToDirsResponse,
} from '../../protocol/api/73-assign-replicas-to-dirs.ts'
import { handlerFor } from './handler.ts'
import type { Services } from './services.ts'

export const assignReplicasToDirs = (services: Services) =>
  handlerFor(AssignReplicasToDirsRequest, AssignReplicasToDirsResponse, {
    key: 73,
    versions: [0, 0],
    needs: 'CLUSTER_ACTION',
    listeners: ['controller'],
    handle: (request) => services.controller.assignReplicasToDirs(request),
    refuse: (_request, errorCode) => ({ throttleTimeMs: 0, errorCode, directories: [] }),
  })
