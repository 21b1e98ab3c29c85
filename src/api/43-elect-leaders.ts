/**
 * ElectLeaders: v0-2
 *
 * Behavior
 * - The controller elects the preferred replica, or in need any live one, now (KIP-183, KIP-460; fact B64).
 *
 * Version notes
 * - v0 preferred replicas only; an error of the whole request stands at each partition.
 */
import { ElectLeadersRequest, ElectLeadersResponse } from '../../protocol/api/43-elect-leaders.ts'
import { ErrorCode, errorMessage } from '../../protocol/errors.ts'
import { handlerFor } from './handler.ts'
import type { Services } from './services.ts'

export const electLeaders = (services: Services) =>
  handlerFor(ElectLeadersRequest, ElectLeadersResponse, {
    key: 43,
    versions: [0, 2],
    needs: 'ALTER',
    listeners: ['broker', 'controller'],
    forwarded: true,

    async handle(request, { apiVersion }) {
      const response = await services.controller.electLeaders(request)
      const errorCode = response.errorCode as ErrorCode
      return errorCode === ErrorCode.NONE ? response : failure(request, errorCode, apiVersion)
    },

    refuse: (request, errorCode, { apiVersion }) => failure(request, errorCode, apiVersion),
  })

/** As Apache Kafka answers: every partition that was named gets the error, and from v1 on the whole, too. */
function failure(
  { topicPartitions }: ElectLeadersRequest,
  errorCode: ErrorCode,
  apiVersion: number,
): typeof ElectLeadersResponse.Input {
  const replicaElectionResults = (topicPartitions ?? []).map(({ topic, partitions }) => ({
    topic,
    partitionResult: partitions.map((partitionId) => ({
      partitionId,
      errorCode,
      errorMessage: errorMessage(errorCode),
    })),
  }))
  return { throttleTimeMs: 0, errorCode: apiVersion >= 1 ? errorCode : ErrorCode.NONE, replicaElectionResults }
}
