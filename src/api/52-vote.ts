/**
 * Vote: v0-2
 *
 * Behavior
 * - A candidate, or with pre-vote somebody who would like to be one, asks for this node's vote (facts A24 to A30, N-A7 to N-A11).
 *
 * Version notes
 * - v1 directory ids (KIP-853), v2 pre-vote (KIP-996).
 */
import { VoteRequest, VoteResponse } from '../../protocol/api/52-vote.ts'
import { quorumHandler } from './quorum-handler.ts'
import type { Services } from './services.ts'

export const vote = (services: Services) =>
  quorumHandler(services, VoteRequest, VoteResponse, {
    key: 52,
    versions: [0, 2],
    needs: 'CLUSTER_ACTION',
    listeners: ['controller'],
    refuse: (errorCode) => ({ errorCode, topics: [] }),
  })
