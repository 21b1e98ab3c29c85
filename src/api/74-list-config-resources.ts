/**
 * ListConfigResources: v0-1
 *
 * Behavior
 * - Names of what can have configuration: all topics and live brokers, set or not; groups and client metrics
 *   subscriptions only where something is set (facts N-F18, N-F19). No types means all; one that does not exist is
 *   UNSUPPORTED_VERSION for the whole request.
 *
 * Version notes
 * - v0 is ListClientMetricsResources (KIP-714): client metrics alone. v1 types (KIP-1142).
 */
import { ListConfigResourcesRequest, ListConfigResourcesResponse } from '../../protocol/api/74-list-config-resources.ts'
import { ErrorCode, ProtocolError } from '../../protocol/errors.ts'
import { type MetadataImage, RESOURCE, resourceOf } from '../metadata/image.ts'
import { handlerFor } from './handler.ts'
import type { Services } from './services.ts'

/** Log levels of a broker. */
const BROKER_LOGGER = 8
const ALL = [RESOURCE.TOPIC, RESOURCE.BROKER, BROKER_LOGGER, RESOURCE.CLIENT_METRICS, RESOURCE.GROUP] as const

export const listConfigResources = (services: Services) =>
  handlerFor(ListConfigResourcesRequest, ListConfigResourcesResponse, {
    key: 74,
    versions: [0, 1],
    needs: 'DESCRIBE_CONFIGS',

    handle({ resourceTypes }, { apiVersion }) {
      const asked: readonly number[] = resourceTypes.length === 0 ? ALL : [...new Set(resourceTypes)]
      const types = apiVersion === 0 ? [RESOURCE.CLIENT_METRICS] : asked
      const known = types.every((type) => (ALL as readonly number[]).includes(type))
      if (!known) throw new ProtocolError(ErrorCode.UNSUPPORTED_VERSION)
      const configResources = types.flatMap((resourceType) =>
        namesOf(services.image(), resourceType).map((resourceName) => ({ resourceName, resourceType })),
      )
      return { throttleTimeMs: 0, errorCode: ErrorCode.NONE, configResources }
    },

    refuse: (_request, errorCode) => ({ throttleTimeMs: 0, errorCode, configResources: [] }),
  })

function namesOf({ topics, cluster, configs }: MetadataImage, type: number): string[] {
  if (type === RESOURCE.TOPIC) return [...topics.byName.keys()]
  if (type === RESOURCE.BROKER || type === BROKER_LOGGER)
    return [...cluster.brokers.values()].flatMap(({ id, fenced }) => (fenced ? [] : String(id)))
  return [...configs.resources.keys()].flatMap((key) => {
    const resource = resourceOf(key)
    return resource.type === type ? resource.name : []
  })
}
