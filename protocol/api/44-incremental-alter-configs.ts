import { message } from '../schema/message.ts'
import { array, boolean, int8, int16, int32, string } from '../schema/types.ts'

/**
 * IncrementalAlterConfigs: sets, deletes, appends to or subtracts from single configuration values (KIP-339).
 * v1 flexible.
 */

export const IncrementalAlterConfigsRequest = message(
  'IncrementalAlterConfigsRequest',
  { key: 44, versions: [0, 1], flexible: 1 },
  {
    resources: array({
      resourceType: int8,
      resourceName: string,
      configs: array({ name: string, configOperation: int8, value: string.nullable() }),
    }),
    validateOnly: boolean,
  },
)
export type IncrementalAlterConfigsRequest = typeof IncrementalAlterConfigsRequest.T

export const IncrementalAlterConfigsResponse = message(
  'IncrementalAlterConfigsResponse',
  { key: 44, versions: [0, 1], flexible: 1 },
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
export type IncrementalAlterConfigsResponse = typeof IncrementalAlterConfigsResponse.T
