import type { MetadataImage } from './image.ts'
import type { RecordValue } from './record.ts'

/** Codes of requests and records (KIP-140, KIP-290, KIP-373, KIP-939). 0 is unknown everywhere. */
export const ACL_CODES = {
  RESOURCE_TYPE: { ANY: 1, TOPIC: 2, GROUP: 3, CLUSTER: 4, TRANSACTIONAL_ID: 5, DELEGATION_TOKEN: 6, USER: 7, LAST: 7 },
  /** MATCH is for filters: whatever applies to a resource of that name. */
  PATTERN_TYPE: { ANY: 1, MATCH: 2, LITERAL: 3, PREFIXED: 4, LAST: 4 },
  OPERATION: {
    ANY: 1,
    ALL: 2,
    READ: 3,
    WRITE: 4,
    CREATE: 5,
    DELETE: 6,
    ALTER: 7,
    DESCRIBE: 8,
    CLUSTER_ACTION: 9,
    DESCRIBE_CONFIGS: 10,
    ALTER_CONFIGS: 11,
    IDEMPOTENT_WRITE: 12,
    CREATE_TOKENS: 13,
    DESCRIBE_TOKENS: 14,
    TWO_PHASE_COMMIT: 15,
    LAST: 15,
  },
  PERMISSION: { ANY: 1, DENY: 2, ALLOW: 3, LAST: 3 },
  /** The only name that a resource of type CLUSTER has. */
  CLUSTER_NAME: 'kafka-cluster',
  /** As the name of a literal resource it stands for all of them, as the host of an entry for any. */
  WILDCARD: '*',
} as const

/** What can be done to each type of resource (AclEntry of Apache Kafka). */
export const SUPPORTED_OPERATIONS = {
  TOPIC: ['READ', 'WRITE', 'CREATE', 'DELETE', 'ALTER', 'DESCRIBE', 'DESCRIBE_CONFIGS', 'ALTER_CONFIGS'],
  GROUP: ['READ', 'DELETE', 'DESCRIBE', 'DESCRIBE_CONFIGS', 'ALTER_CONFIGS'],
  CLUSTER: ['CREATE', 'ALTER', 'DESCRIBE', 'CLUSTER_ACTION', 'DESCRIBE_CONFIGS', 'ALTER_CONFIGS', 'IDEMPOTENT_WRITE'],
  TRANSACTIONAL_ID: ['WRITE', 'DESCRIBE', 'TWO_PHASE_COMMIT'],
  DELEGATION_TOKEN: ['DESCRIBE'],
  USER: ['CREATE_TOKENS', 'DESCRIBE_TOKENS'],
} as const

const { RESOURCE_TYPE, PATTERN_TYPE, OPERATION, PERMISSION, WILDCARD } = ACL_CODES

/** An access control entry, as the image has it. */
export type AclEntry = RecordValue<'AccessControlEntryRecord'>
export type Acl = Omit<AclEntry, 'id'>

/** Null, and the code ANY, match everything. */
export interface AclFilter {
  readonly resourceType: number
  readonly resourceName: string | null
  readonly patternType: number
  readonly principal: string | null
  readonly host: string | null
  readonly operation: number
  readonly permissionType: number
}

/** As requests write a filter. */
interface RequestedFilter {
  readonly resourceTypeFilter: number
  readonly resourceNameFilter: string | null
  readonly patternTypeFilter: number
  readonly principalFilter: string | null
  readonly hostFilter: string | null
  readonly operation: number
  readonly permissionType: number
}

export const aclFilter = ({ operation, permissionType, ...filter }: RequestedFilter): AclFilter => ({
  resourceType: filter.resourceTypeFilter,
  resourceName: filter.resourceNameFilter,
  patternType: filter.patternTypeFilter,
  principal: filter.principalFilter,
  host: filter.hostFilter,
  operation,
  permissionType,
})

/** As a sentence; undefined where nothing is wrong with it. */
export function problemOfAclFilter(filter: AclFilter): string | undefined {
  const known = (code: number, last: number) => code > 0 && code <= last
  if (!known(filter.resourceType, RESOURCE_TYPE.LAST) || !known(filter.patternType, PATTERN_TYPE.LAST))
    return 'unknown filter of resources'
  const entry = known(filter.operation, OPERATION.LAST) && known(filter.permissionType, PERMISSION.LAST)
  return entry ? undefined : 'unknown filter of entries'
}

export const aclsOf = ({ security }: MetadataImage): Iterable<AclEntry> =>
  security.acls.values() as MapIterator<unknown> as Iterable<AclEntry>

/** Equal for equal entries. */
export const aclKey = (acl: Acl): string =>
  JSON.stringify([
    acl.resourceType,
    acl.resourceName,
    acl.patternType,
    acl.principal,
    acl.host,
    acl.operation,
    acl.permissionType,
  ])

/** A filter that only entries about a resource of the same name can match. */
export const namesOne = ({ resourceName, patternType }: AclFilter): boolean =>
  resourceName !== null && patternType !== PATTERN_TYPE.MATCH

export function matchesAcl(acl: Acl, filter: AclFilter): boolean {
  const { resourceType, principal, host, operation, permissionType } = filter
  return (
    (resourceType === RESOURCE_TYPE.ANY || resourceType === acl.resourceType) &&
    matchesName(acl, filter) &&
    (principal === null || principal === acl.principal) &&
    (host === null || host === acl.host) &&
    (operation === OPERATION.ANY || operation === acl.operation) &&
    (permissionType === PERMISSION.ANY || permissionType === acl.permissionType)
  )
}

function matchesName(acl: Acl, { resourceName: name, patternType }: AclFilter): boolean {
  const asIs = patternType !== PATTERN_TYPE.ANY && patternType !== PATTERN_TYPE.MATCH
  if (asIs && patternType !== acl.patternType) return false
  if (name === null || name === acl.resourceName) return true
  if (patternType !== PATTERN_TYPE.MATCH) return false
  return acl.patternType === PATTERN_TYPE.PREFIXED ? name.startsWith(acl.resourceName) : acl.resourceName === WILDCARD
}
