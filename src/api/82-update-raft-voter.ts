/**
 * UpdateRaftVoter: v0
 *
 * Behavior
 * - A voter says where it is reached now and what it supports (KIP-853; facts A89, N-A27, N-A28).
 */
import { UpdateRaftVoterRequest, UpdateRaftVoterResponse } from '../../protocol/api/82-update-raft-voter.ts'
import { quorumHandler } from './quorum-handler.ts'
import type { Services } from './services.ts'

export const updateRaftVoter = (services: Services) =>
  quorumHandler(services, UpdateRaftVoterRequest, UpdateRaftVoterResponse, {
    key: 82,
    versions: [0, 0],
    needs: 'CLUSTER_ACTION',
    listeners: ['controller'],
    refuse: (errorCode) => ({ throttleTimeMs: 0, errorCode }),
  })
