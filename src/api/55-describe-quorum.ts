/**
 * DescribeQuorum: v0-2
 *
 * Behavior
 * - Voters and observers, and how far each has read; from the leader of the quorum (KIP-595, KIP-836; facts A60, A92).
 *
 * Version notes
 * - v1 times of the last fetch and of being caught up, v2 directory ids and endpoints (KIP-853).
 */
import { DescribeQuorumRequest, DescribeQuorumResponse } from '../../protocol/api/55-describe-quorum.ts'
import { quorumHandler } from './quorum-handler.ts'
import type { Services } from './services.ts'

export const describeQuorum = (services: Services) =>
  quorumHandler(services, DescribeQuorumRequest, DescribeQuorumResponse, {
    key: 55,
    versions: [0, 2],
    needs: 'DESCRIBE',
    listeners: ['broker', 'controller'],
    forwarded: true,
    refuse: (errorCode) => ({ errorCode, topics: [], nodes: [] }),
  })
