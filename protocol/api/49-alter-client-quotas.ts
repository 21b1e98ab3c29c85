import { message } from '../schema/message.ts'
import { array, boolean, float64, int16, int32, string } from '../schema/types.ts'

/**
 * AlterClientQuotas: sets or removes quotas of users, clients and addresses (KIP-546).
 * v1 flexible.
 */

export const AlterClientQuotasRequest = message(
  'AlterClientQuotasRequest',
  { key: 49, versions: [0, 1], flexible: 1 },
  {
    entries: array({
      entity: array({ entityType: string, entityName: string.nullable() }),
      ops: array({ key: string, value: float64, remove: boolean }),
    }),
    validateOnly: boolean,
  },
)
export type AlterClientQuotasRequest = typeof AlterClientQuotasRequest.T

export const AlterClientQuotasResponse = message(
  'AlterClientQuotasResponse',
  { key: 49, versions: [0, 1], flexible: 1 },
  {
    throttleTimeMs: int32,
    entries: array({
      errorCode: int16,
      errorMessage: string.nullable(),
      entity: array({ entityType: string, entityName: string.nullable() }),
    }),
  },
)
export type AlterClientQuotasResponse = typeof AlterClientQuotasResponse.T
