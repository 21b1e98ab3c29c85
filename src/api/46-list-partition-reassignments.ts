/**
 * ListPartitionReassignments: v0
 *
 * Behavior
 * - Reassignments that run, as the controller has committed them (KIP-455; fact B81).
 */
import {
  ListPartitionReassignmentsRequest,
  ListPartitionReassignmentsResponse,
} from '../../protocol/api/46-list-partition-reassignments.ts'
import { errorMessage } from '../../protocol/errors.ts'
import { handlerFor } from './handler.ts'
import type { Services } from './services.ts'

export const listPartitionReassignments = (services: Services) =>
  handlerFor(ListPartitionReassignmentsRequest, ListPartitionReassignmentsResponse, {
    key: 46,
    versions: [0, 0],
    needs: 'DESCRIBE',
    listeners: ['broker', 'controller'],
    forwarded: true,
    handle: (request) => services.controller.listPartitionReassignments(request),
    refuse: (_request, errorCode) => ({
      throttleTimeMs: 0,
      errorCode,
      errorMessage: errorMessage(errorCode),
      topics: [],
    }),
  })
