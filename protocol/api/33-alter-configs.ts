import { message } from '../schema/message.ts'
import { array, boolean, int8, int16, int32, string } from '../schema/types.ts'

/**
 * AlterConfigs: replaces all dynamic configuration of a resource (KIP-133); IncrementalAlterConfigs is its successor.
 * v2 flexible.
 */

export const AlterConfigsRequest = message(
  'AlterConfigsRequest',
  { key: 33, versions: [0, 2], flexible: 2 },
  {
    resources: array({
      resourceType: int8,
      resourceName: string,
      configs: array({ name: string, value: string.nullable() }),
    }),
    validateOnly: boolean,
  },
)
export type AlterConfigsRequest = typeof AlterConfigsRequest.T

export const AlterConfigsResponse = message(
  'AlterConfigsResponse',
  { key: 33, versions: [0, 2], flexible: 2 },
  {
    throttleTimeMs: int32,
    responses: array({
      errorCode: int16,
      errorMessage: string.nullable(),
      resourceType: int8,
      resourceName: string,
    }),
  },
)
export type AlterConfigsResponse = typeof AlterConfigsResponse.T
