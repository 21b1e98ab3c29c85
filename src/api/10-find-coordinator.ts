/**
 * FindCoordinator: v0-6
 *
 * Behavior
 * - Key type 0 is a group: the leader of its `__consumer_offsets` partition, which is created by the first question
 *   (facts E1-E3). Types 1 (transaction) and 2 (share) have no coordinator on this node yet: COORDINATOR_NOT_AVAILABLE.
 * - DESCRIBE on the group or transactional id; CLUSTER_ACTION for a share partition, whose coordinator brokers ask.
 * - An unknown type is INVALID_REQUEST; so is a share partition's key that is none.
 *
 * Version notes
 * - v1 key types, v4 several keys at once (KIP-699), v6 share groups (KIP-932). Messages are as Apache Kafka 4 has them:
 *   v1 to v3 say NONE where there is no error, v4 and up say nothing.
 */
import { FindCoordinatorRequest, FindCoordinatorResponse } from '../../protocol/api/10-find-coordinator.ts'
import { ErrorCode, errorMessage, errorName } from '../../protocol/errors.ts'
import { demand, rightTo } from './authorize.ts'
import { createMissingTopic } from './auto-create.ts'
import { handlerFor, type RequestContext } from './handler.ts'
import type { Services } from './services.ts'
import { brokerEndpoint, GROUP_METADATA_TOPIC } from './topics.ts'

type Found = ReturnType<typeof notFound>

const SHARE_GROUPS_SINCE = 6
/** Group, topic id and partition of a share partition. */
const SHARE_KEY = /^.+:[\w-]{22}:\d+$/s
const KEY_TYPE = { GROUP: 0, TRANSACTION: 1, SHARE: 2 } as const

export const findCoordinator = (services: Services) =>
  handlerFor(FindCoordinatorRequest, FindCoordinatorResponse, {
    key: 10,
    versions: [0, 6],
    needs: 'resources',

    async handle(request, context) {
      const keys = context.apiVersion >= 4 ? request.coordinatorKeys : [request.key]
      const coordinators = []
      for (const key of keys) {
        const refusal = refusalOf(services, request.keyType, key, context)
        const found = refusal ? notFound(refusal) : await find(services, key, request.keyType, context)
        coordinators.push({ key, ...found })
      }
      if (context.apiVersion >= 4) return { coordinators: coordinators.map((one) => ({ ...one, errorMessage: '' })) }
      const { key: _, ...only } = coordinators[0]!
      return only
    },

    refuse: (request, errorCode, { apiVersion }) => {
      const absent = notFound(errorCode)
      return apiVersion >= 4 ? { coordinators: request.coordinatorKeys.map((key) => ({ key, ...absent })) } : absent
    },
  })

/** Undefined where one may ask. */
function refusalOf(services: Services, keyType: number, key: string, context: RequestContext): ErrorCode | undefined {
  const { GROUP_AUTHORIZATION_FAILED, TRANSACTIONAL_ID_AUTHORIZATION_FAILED } = ErrorCode
  const may = (type: 'GROUP' | 'TRANSACTIONAL_ID') => rightTo(services, context, 'DESCRIBE', type)(key)
  if (keyType === KEY_TYPE.GROUP && !may('GROUP')) return GROUP_AUTHORIZATION_FAILED
  if (keyType === KEY_TYPE.TRANSACTION && !may('TRANSACTIONAL_ID')) return TRANSACTIONAL_ID_AUTHORIZATION_FAILED
  if (keyType === KEY_TYPE.SHARE && context.apiVersion >= SHARE_GROUPS_SINCE)
    demand(services, context, 'CLUSTER_ACTION', 'CLUSTER')
  return undefined
}

async function find(
  services: Services,
  key: string,
  keyType: number,
  { apiVersion, connection }: RequestContext,
): Promise<Found> {
  if (keyType === KEY_TYPE.SHARE && (apiVersion < SHARE_GROUPS_SINCE || !SHARE_KEY.test(key)))
    return notFound(ErrorCode.INVALID_REQUEST)
  if (keyType === KEY_TYPE.TRANSACTION || keyType === KEY_TYPE.SHARE)
    return notFound(ErrorCode.COORDINATOR_NOT_AVAILABLE)
  if (keyType !== KEY_TYPE.GROUP) return notFound(ErrorCode.INVALID_REQUEST)
  if (!services.image().topics.byName.has(GROUP_METADATA_TOPIC))
    await createMissingTopic(services, GROUP_METADATA_TOPIC)
  const partition = services
    .image()
    .topics.byName.get(GROUP_METADATA_TOPIC)
    ?.partitions.get(services.groups.partitionFor(key))
  const endpoint = partition && brokerEndpoint(services.image(), partition.leader, connection.listener)
  if (!partition || !endpoint) return notFound(ErrorCode.COORDINATOR_NOT_AVAILABLE)
  return {
    errorCode: ErrorCode.NONE,
    errorMessage: errorName(ErrorCode.NONE),
    nodeId: partition.leader,
    host: endpoint.host,
    port: endpoint.port,
  }
}

function notFound(errorCode: ErrorCode) {
  return { errorCode, errorMessage: errorMessage(errorCode), nodeId: -1, host: '', port: -1 }
}
