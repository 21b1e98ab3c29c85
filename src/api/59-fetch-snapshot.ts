/**
 * FetchSnapshot: v0-1
 *
 * Behavior
 * - A part of a snapshot of the metadata log (KIP-630; facts A74, A75).
 *
 * Version notes
 * - v1 directory ids (KIP-853).
 */
import { FetchSnapshotRequest, FetchSnapshotResponse } from '../../protocol/api/59-fetch-snapshot.ts'
import { quorumHandler } from './quorum-handler.ts'
import type { Services } from './services.ts'

export const fetchSnapshot = (services: Services) =>
  quorumHandler(services, FetchSnapshotRequest, FetchSnapshotResponse, {
    key: 59,
    versions: [0, 1],
    needs: 'CLUSTER_ACTION',
    listeners: ['controller'],
    refuse: (errorCode) => ({ throttleTimeMs: 0, errorCode, topics: [] }),
  })
