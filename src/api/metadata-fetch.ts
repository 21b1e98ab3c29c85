/**
 * Fetch on a controller listener: v4-18
 *
 * Behavior
 * - The metadata log for followers and observers of the quorum (KIP-595; facts A47 to A56, N-A19 to N-A22). Requests below v13
 *   name no topic id and are INVALID_REQUEST; the log is asked for by id.
 *
 * Version notes
 * - v15 replica state (KIP-903), v17 directory ids (KIP-853), v18 the replica's high watermark (KIP-1166).
 */
import { FetchRequest, FetchResponse } from '../../protocol/api/01-fetch.ts'
import { quorumHandler } from './quorum-handler.ts'
import type { Services } from './services.ts'

export const fetchMetadata = (services: Services) =>
  quorumHandler(services, FetchRequest, FetchResponse, {
    key: 1,
    versions: [4, 18],
    needs: 'CLUSTER_ACTION',
    listeners: ['controller'],
    refuse: (errorCode) => ({ throttleTimeMs: 0, errorCode, sessionId: 0, responses: [] }),
  })
