/**
 * DescribeAcls: v0-3
 *
 * Behavior
 * - The entries that match a filter, as this node's image has them, resource by resource (KIP-140, fact B96).
 * - SECURITY_DISABLED without authorizer.class.name: nothing here would enforce an entry.
 *
 * Version notes
 * - v1 pattern types (KIP-290); v3 resource type USER (KIP-373). Apache Kafka 4 begins at v1.
 */
import { DescribeAclsRequest, DescribeAclsResponse } from '../../protocol/api/29-describe-acls.ts'
import { ErrorCode, errorMessage } from '../../protocol/errors.ts'
import { type AclFilter, aclFilter, aclsOf, matchesAcl, problemOfAclFilter } from '../metadata/acls.ts'
import type { MetadataImage } from '../metadata/image.ts'
import { handlerFor } from './handler.ts'
import type { Services } from './services.ts'

type Resource = (typeof DescribeAclsResponse.Input)['resources'][number]

const { NONE, INVALID_REQUEST, SECURITY_DISABLED } = ErrorCode

export const messageOf = (errorCode: ErrorCode): string | null =>
  errorCode === SECURITY_DISABLED ? 'No authorizer is configured.' : errorMessage(errorCode)

export const describeAcls = (services: Services) =>
  handlerFor(DescribeAclsRequest, DescribeAclsResponse, {
    key: 29,
    versions: [0, 3],
    needs: 'DESCRIBE',
    listeners: ['broker', 'controller'],

    handle(request) {
      if (services.authorizer === undefined) return answer(SECURITY_DISABLED)
      const filter = aclFilter(request)
      const problem = problemOfAclFilter(filter)
      if (problem !== undefined) return answer(INVALID_REQUEST, [], problem)
      return answer(NONE, matching(services.image(), filter), null)
    },

    refuse: (_request, errorCode) => answer(errorCode),
  })

function matching(image: MetadataImage, filter: AclFilter): Resource[] {
  const resources = new Map<
    string,
    { resourceType: number; resourceName: string; patternType: number; acls: Entry[] }
  >()
  for (const acl of aclsOf(image)) {
    if (!matchesAcl(acl, filter)) continue
    const { id: _, resourceType, resourceName, patternType, ...entry } = acl
    const key = `${resourceType}:${patternType}:${resourceName}`
    const known = resources.get(key)
    if (known) known.acls.push(entry)
    else resources.set(key, { resourceType, resourceName, patternType, acls: [entry] })
  }
  return [...resources.values()]
}

type Entry = Resource['acls'][number]

const answer = (errorCode: ErrorCode, resources: Resource[] = [], message = messageOf(errorCode)) => ({
  throttleTimeMs: 0,
  errorCode,
  errorMessage: message,
  resources,
})
