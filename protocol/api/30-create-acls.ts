import { message } from '../schema/message.ts'
import { array, int8, int16, int32, string } from '../schema/types.ts'

/**
 * CreateAcls: new access control entries (KIP-140).
 * v1 pattern types (KIP-290); v2 flexible; v3 resource type USER (KIP-373).
 */

export const CreateAclsRequest = message(
  'CreateAclsRequest',
  { key: 30, versions: [0, 3], flexible: 2 },
  {
    creations: array({
      resourceType: int8,
      resourceName: string,
      resourcePatternType: int8.since(1).default(3),
      principal: string,
      host: string,
      operation: int8,
      permissionType: int8,
    }),
  },
)
export type CreateAclsRequest = typeof CreateAclsRequest.T

export const CreateAclsResponse = message(
  'CreateAclsResponse',
  { key: 30, versions: [0, 3], flexible: 2 },
  {
    throttleTimeMs: int32,
    results: array({ errorCode: int16, errorMessage: string.nullable() }),
  },
)
export type CreateAclsResponse = typeof CreateAclsResponse.T
