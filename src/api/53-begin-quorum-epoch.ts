/**
 * BeginQuorumEpoch: v0-1
 *
 * Behavior
 * - A new leader of the quorum makes itself known (facts A38, A39).
 *
 * Version notes
 * - v1 endpoints and voter keys (KIP-853).
 */
import { BeginQuorumEpochRequest, BeginQuorumEpochResponse } from '../../protocol/api/53-begin-quorum-epoch.ts'
import { quorumHandler } from './quorum-handler.ts'
import type { Services } from './services.ts'

export const beginQuorumEpoch = (services: Services) =>
  quorumHandler(services, BeginQuorumEpochRequest, BeginQuorumEpochResponse, {
    key: 53,
    versions: [0, 1],
    needs: 'CLUSTER_ACTION',
    listeners: ['controller'],
    refuse: (errorCode) => ({ errorCode, topics: [] }),
  })
