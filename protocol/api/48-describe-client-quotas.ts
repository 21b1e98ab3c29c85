import { message } from '../schema/message.ts'
import { array, boolean, float64, int8, int16, int32, string } from '../schema/types.ts'

/**
 * DescribeClientQuotas: quotas of users, clients and addresses (KIP-546).
 * v1 flexible.
 */

export const DescribeClientQuotasRequest = message(
  'DescribeClientQuotasRequest',
  { key: 48, versions: [0, 1], flexible: 1 },
  {
    components: array({ entityType: string, matchType: int8, match: string.nullable() }),
    strict: boolean,
  },
)
export type DescribeClientQuotasRequest = typeof DescribeClientQuotasRequest.T

export const DescribeClientQuotasResponse = message(
  'DescribeClientQuotasResponse',
  { key: 48, versions: [0, 1], flexible: 1 },
  {
    throttleTimeMs: int32,
    errorCode: int16,
    errorMessage: string.nullable(),
    entries: array({
      entity: array({ entityType: string, entityName: string.nullable() }),
      values: array({ key: string, value: float64 }),
    }).nullable(),
  },
)
export type DescribeClientQuotasResponse = typeof DescribeClientQuotasResponse.T
