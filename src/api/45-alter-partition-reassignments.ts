/**
 * AlterPartitionReassignments: v0-1
 *
 * Behavior
 * - The controller gives partitions other replicas, or calls that off (KIP-455; facts B76 to B80).
 *
 * Version notes
 * - v1 may forbid a change of the replication factor (KIP-860).
 */
import {
  AlterPartitionReassignmentsRequest,
  AlterPartitionReassignmentsResponse,
} from '../../protocol/api/45-alter-partition-reassignments.ts'
import { errorMessage } from '../../protocol/errors.ts'
import { handlerFor } from './handler.ts'
import type { Services } from './services.ts'

export const alterPartitionReassignments = (services: Services) =>
  handlerFor(AlterPartitionReassignmentsRequest, AlterPartitionReassignmentsResponse, {
    key: 45,
    versions: [0, 1],
    needs: 'ALTER',
    listeners: ['broker', 'controller'],
    forwarded: true,
    handle: (request) => services.controller.alterPartitionReassignments(request),
    refuse: (_request, errorCode) => ({
      throttleTimeMs: 0,
      errorCode,
      errorMessage: errorMessage(errorCode),
      responses: [],
    }),
  })
