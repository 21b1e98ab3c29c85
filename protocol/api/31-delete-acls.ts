import { message } from '../schema/message.ts'
import { array, int8, int16, int32, string } from '../schema/types.ts'

/**
 * DeleteAcls: removes all access control entries that match the filters (KIP-140).
 * v1 pattern types (KIP-290); v2 flexible; v3 resource type USER (KIP-373).
 */

export const DeleteAclsRequest = message(
  'DeleteAclsRequest',
  { key: 31, versions: [0, 3], flexible: 2 },
  {
    filters: array({
      resourceTypeFilter: int8,
      resourceNameFilter: string.nullable(),
      patternTypeFilter: int8.since(1).default(3),
      principalFilter: string.nullable(),
      hostFilter: string.nullable(),
      operation: int8,
      permissionType: int8,
    }),
  },
)
export type DeleteAclsRequest = typeof DeleteAclsRequest.T

export const DeleteAclsResponse = message(
  'DeleteAclsResponse',
  { key: 31, versions: [0, 3], flexible: 2 },
  {
    throttleTimeMs: int32,
    filterResults: array({
      errorCode: int16,
      errorMessage: string.nullable(),
      matchingAcls: array({
        errorCode: int16,
        errorMessage: string.nullable(),
        resourceType: int8,
        resourceName: string,
        patternType: int8.since(1).default(3),
        principal: string,
        host: string,
        operation: int8,
        permissionType: int8,
      }),
    }),
  },
)
export type DeleteAclsResponse = typeof DeleteAclsResponse.T
