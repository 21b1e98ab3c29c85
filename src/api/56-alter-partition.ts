/**
 * AlterPartition: v2-3
 *
 * Behavior
 * - A leader proposes in-sync replicas, and the controller decides, partition by partition (KIP-497; facts B69 to B75).
 *
 * Version notes
 * - v2 topic ids, v3 broker epochs of the members (KIP-903).
 */
import { AlterPartitionRequest, AlterPartitionResponse } from '../../protocol/api/56-alter-partition.ts'
import { handlerFor } from './handler.ts'
import type { Services } from './services.ts'

export const alterPartition = (services: Services) =>
  handlerFor(AlterPartitionRequest, AlterPartitionResponse, {
    key: 56,
    versions: [2, 3],
    needs: 'CLUSTER_ACTION',
    listeners: ['controller'],
    handle: (request, { apiVersion }) => services.controller.alterPartition(request, apiVersion),
    refuse: (_request, errorCode) => ({ throttleTimeMs: 0, errorCode, topics: [] }),
  })
