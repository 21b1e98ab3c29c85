/**
 * DescribeCluster: v0-2
 *
 * Behavior
 * - What may be done to the cluster shows to those with DESCRIBE on it; the rest to everybody.
 * - The brokers as the image has them, with addresses for the listener that was asked.
 * - Endpoint type 1 is brokers. Type 2, controllers, is answered by controllers only: MISMATCHED_ENDPOINT_TYPE here;
 *   any other type is UNSUPPORTED_ENDPOINT_TYPE.
 *
 * Version notes
 * - v1 endpoint type (KIP-919); v2 fenced brokers on demand (KIP-1073).
 */
import { DescribeClusterRequest, DescribeClusterResponse } from '../../protocol/api/60-describe-cluster.ts'
import { ErrorCode, ProtocolError } from '../../protocol/errors.ts'
import { authorizedOnCluster } from './authorize.ts'
import { handlerFor } from './handler.ts'
import type { Services } from './services.ts'

const ENDPOINT_TYPE = { BROKER: 1, CONTROLLER: 2 } as const

export const describeCluster = (services: Services) =>
  handlerFor(DescribeClusterRequest, DescribeClusterResponse, {
    key: 60,
    versions: [0, 2],
    needs: 'resources',

    handle(request, context) {
      if (request.endpointType !== ENDPOINT_TYPE.BROKER) {
        const controllers = request.endpointType === ENDPOINT_TYPE.CONTROLLER
        throw new ProtocolError(controllers ? ErrorCode.MISMATCHED_ENDPOINT_TYPE : ErrorCode.UNSUPPORTED_ENDPOINT_TYPE)
      }
      const brokers = [...services.image().cluster.brokers.values()]
        .filter(({ fenced }) => request.includeFencedBrokers || !fenced)
        .flatMap(({ id, rack, fenced, endpoints }) => {
          const endpoint = endpoints.find(({ name }) => name === context.connection.listener)
          return endpoint ? [{ brokerId: id, host: endpoint.host, port: endpoint.port, rack, isFenced: fenced }] : []
        })
      return {
        throttleTimeMs: 0,
        errorCode: ErrorCode.NONE,
        endpointType: request.endpointType,
        clusterId: services.clusterId,
        controllerId: services.controllerId(),
        brokers,
        ...(request.includeClusterAuthorizedOperations
          ? { clusterAuthorizedOperations: authorizedOnCluster(services, context) }
          : {}),
      }
    },

    refuse: (request, errorCode) => ({
      throttleTimeMs: 0,
      errorCode,
      endpointType: request.endpointType,
      clusterId: '',
      controllerId: -1,
      brokers: [],
    }),
  })
