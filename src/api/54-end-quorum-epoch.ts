/**
 * EndQuorumEpoch: v0-1
 *
 * Behavior
 * - A leader of the quorum that goes names who should follow it (facts A42, A43).
 *
 * Version notes
 * - v1 candidates with directory ids (KIP-853).
 */
import { EndQuorumEpochRequest, EndQuorumEpochResponse } from '../../protocol/api/54-end-quorum-epoch.ts'
import { quorumHandler } from './quorum-handler.ts'
import type { Services } from './services.ts'

export const endQuorumEpoch = (services: Services) =>
  quorumHandler(services, EndQuorumEpochRequest, EndQuorumEpochResponse, {
    key: 54,
    versions: [0, 1],
    needs: 'CLUSTER_ACTION',
    listeners: ['controller'],
    refuse: (errorCode) => ({ errorCode, topics: [] }),
  })
