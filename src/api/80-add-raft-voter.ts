/**
 * AddRaftVoter: v0-1
 *
 * Behavior
 * - One more voter of the quorum (KIP-853; facts A85 to A87, N-A23).
 *
 * Version notes
 * - v1 may be answered before the change is committed (KIP-1186).
 */
import { AddRaftVoterRequest, AddRaftVoterResponse } from '../../protocol/api/80-add-raft-voter.ts'
import { errorMessage } from '../../protocol/errors.ts'
import { quorumHandler } from './quorum-handler.ts'
import type { Services } from './services.ts'

export const addRaftVoter = (services: Services) =>
  quorumHandler(services, AddRaftVoterRequest, AddRaftVoterResponse, {
    key: 80,
    versions: [0, 1],
    needs: 'ALTER',
    listeners: ['broker', 'controller'],
    forwarded: true,
    refuse: (errorCode) => ({ throttleTimeMs: 0, errorCode, errorMessage: errorMessage(errorCode) }),
  })
