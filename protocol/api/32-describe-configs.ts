import { message } from '../schema/message.ts'
import { array, boolean, int8, int16, int32, string } from '../schema/types.ts'

/**
 * DescribeConfigs: configuration of topics, brokers, groups and client metrics (KIP-133).
 * v1 source and synonyms in place of "is default" (KIP-226); v3 types and documentation (KIP-569); v4 flexible.
 */

export const DescribeConfigsRequest = message(
  'DescribeConfigsRequest',
  { key: 32, versions: [0, 4], flexible: 4 },
  {
    resources: array({
      resourceType: int8,
      resourceName: string,
      configurationKeys: array(string).nullable(),
    }),
    includeSynonyms: boolean.since(1).default(false),
    includeDocumentation: boolean.since(3).default(false),
  },
)
export type DescribeConfigsRequest = typeof DescribeConfigsRequest.T

export const DescribeConfigsResponse = message(
  'DescribeConfigsResponse',
  { key: 32, versions: [0, 4], flexible: 4 },
  {
    throttleTimeMs: int32,
    results: array({
      errorCode: int16,
      errorMessage: string.nullable(),
      resourceType: int8,
      resourceName: string,
      configs: array({
        name: string,
        value: string.nullable(),
        readOnly: boolean,
        isDefault: boolean.until(0),
        configSource: int8.since(1).default(-1).ignorable(),
        isSensitive: boolean,
        synonyms: array({ name: string, value: string.nullable(), source: int8 }).since(1).ignorable(),
        configType: int8.since(3).default(0).ignorable(),
        documentation: string.since(3).nullable().ignorable(),
      }),
    }),
  },
)
export type DescribeConfigsResponse = typeof DescribeConfigsResponse.T
