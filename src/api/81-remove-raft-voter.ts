/**
 * RemoveRaftVoter: v0
 *
 * Behavior
 * - One voter of the quorum less (KIP-853; facts A88, A90).
 */
import { RemoveRaftVoterRequest, RemoveRaftVoterResponse } from '../../protocol/api/81-remove-raft-voter.ts'
import { errorMessage } from '../../protocol/errors.ts'
import { quorumHandler } from './quorum-handler.ts'
import type { Services } from './services.ts'

export const removeRaftVoter = (services: Services) =>
  quorumHandler(services, RemoveRaftVoterRequest, RemoveRaftVoterResponse, {
    key: 81,
    versions: [0, 0],
    needs: 'ALTER',
    listeners: ['broker', 'controller'],
    forwarded: true,
    refuse: (errorCode) => ({ throttleTimeMs: 0, errorCode, errorMessage: errorMessage(errorCode) }),
  })
