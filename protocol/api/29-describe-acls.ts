import { message } from '../schema/message.ts'
import { array, int8, int16, int32, string } from '../schema/types.ts'

/**
 * DescribeAcls: the access control entries that match a filter (KIP-140).
 * v1 pattern types (KIP-290); v2 flexible; v3 resource type USER (KIP-373).
 */

export const DescribeAclsRequest = message(
  'DescribeAclsRequest',
  { key: 29, versions: [0, 3], flexible: 2 },
  {
    resourceTypeFilter: int8,
    resourceNameFilter: string.nullable(),
    patternTypeFilter: int8.since(1).default(3),
    principalFilter: string.nullable(),
    hostFilter: string.nullable(),
    operation: int8,
    permissionType: int8,
  },
)
export type DescribeAclsRequest = typeof DescribeAclsRequest.T

export const DescribeAclsResponse = message(
  'DescribeAclsResponse',
  { key: 29, versions: [0, 3], flexible: 2 },
  {
    throttleTimeMs: int32,
    errorCode: int16,
    errorMessage: string.nullable(),
    resources: array({
      resourceType: int8,
      resourceName: string,
      patternType: int8.since(1).default(3),
      acls: array({ principal: string, host: string, operation: int8, permissionType: int8 }),
    }),
  },
)
export type DescribeAclsResponse = typeof DescribeAclsResponse.T
