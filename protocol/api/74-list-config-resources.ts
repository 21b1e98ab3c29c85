import { message } from '../schema/message.ts'
import { array, int8, int16, int32, string } from '../schema/types.ts'

/**
 * ListConfigResources: the names of resources that have configuration.
 * v0 client metrics subscriptions only (KIP-714); v1 resource types as filter and in the answer (KIP-1142).
 */

export const ListConfigResourcesRequest = message(
  'ListConfigResourcesRequest',
  { key: 74, versions: [0, 1], flexible: 0 },
  {
    resourceTypes: array(int8).since(1),
  },
)
export type ListConfigResourcesRequest = typeof ListConfigResourcesRequest.T

export const ListConfigResourcesResponse = message(
  'ListConfigResourcesResponse',
  { key: 74, versions: [0, 1], flexible: 0 },
  {
    throttleTimeMs: int32,
    errorCode: int16,
    configResources: array({ resourceName: string, resourceType: int8.since(1).default(16).ignorable() }),
  },
)
export type ListConfigResourcesResponse = typeof ListConfigResourcesResponse.T
