import type { CreateAclsRequest, CreateAclsResponse } from '../../protocol/api/30-create-acls.ts'
import type { DeleteAclsRequest, DeleteAclsResponse } from '../../protocol/api/31-delete-acls.ts'
import { ErrorCode, ProtocolError } from '../../protocol/errors.ts'
import type { MetadataRecord } from '../../protocol/metadata/index.ts'
import { randomUuid } from '../base/random.ts'
import {
  ACL_CODES,
  type Acl,
  type AclEntry,
  type AclFilter,
  aclFilter,
  aclKey,
  aclsOf,
  matchesAcl,
  namesOne,
  problemOfAclFilter,
} from '../metadata/acls.ts'
import type { MetadataImage } from '../metadata/image.ts'
import { record } from '../metadata/record.ts'
import { type Decision, type DecisionContext, MAX_RECORDS } from './ports.ts'
import { Refusal } from './refusal.ts'

type Creation = CreateAclsRequest['creations'][number]

const { RESOURCE_TYPE, PATTERN_TYPE, OPERATION, PERMISSION, CLUSTER_NAME } = ACL_CODES

/** New entries; one that exists, or that the request names twice, is there already (facts B87, N-C31). */
export function createAcls(
  image: MetadataImage,
  { creations }: CreateAclsRequest,
  { random }: DecisionContext,
): Decision<typeof CreateAclsResponse.Input> {
  const names = new Set(creations.map(({ resourceName }) => resourceName))
  const existing = new Set<string>()
  for (const acl of aclsOf(image)) if (names.has(acl.resourceName)) existing.add(aclKey(acl))
  const ids = new Set<string>()
  const records: MetadataRecord[] = []
  const results = creations.map((creation) => {
    const { resourcePatternType: patternType, ...rest } = creation
    const acl: Acl = { ...rest, patternType }
    const isNew = !existing.has(aclKey(acl))
    const problem = problemOf(creation) ?? (isNew && records.length === MAX_RECORDS ? tooMany : undefined)
    if (problem !== undefined) return { errorCode: problem.code, errorMessage: problem.message }
    if (isNew) {
      existing.add(aclKey(acl))
      records.push(record('AccessControlEntryRecord', 0, { ...acl, id: newId(image, ids, random) }))
    }
    return { errorCode: ErrorCode.NONE, errorMessage: null }
  })
  return { records, response: { throttleTimeMs: 0, results } }
}

const invalid = (message: string): Refusal => new Refusal(ErrorCode.INVALID_REQUEST, message)
const tooMany = invalid(`the request makes more than ${MAX_RECORDS} changes`)

function newId({ security }: MetadataImage, ids: Set<string>, random: DecisionContext['random']): string {
  for (;;) {
    const id = randomUuid(random)
    if (ids.has(id) || security.acls.has(id)) continue
    ids.add(id)
    return id
  }
}

function problemOf({
  resourceType,
  resourceName,
  resourcePatternType,
  principal,
  operation,
  permissionType,
}: Creation) {
  if (resourceType <= RESOURCE_TYPE.ANY || resourceType > RESOURCE_TYPE.LAST) return invalid('no type of resource')
  if (resourcePatternType !== PATTERN_TYPE.LITERAL && resourcePatternType !== PATTERN_TYPE.PREFIXED)
    return invalid('an entry is for a literal or a prefixed name')
  if (operation <= OPERATION.ANY || operation > OPERATION.LAST) return invalid('no operation')
  if (permissionType !== PERMISSION.DENY && permissionType !== PERMISSION.ALLOW) return invalid('no permission')
  if (resourceName === '') return invalid('the name of the resource is empty')
  if (resourceType === RESOURCE_TYPE.CLUSTER && resourceName !== CLUSTER_NAME)
    return invalid(`the cluster is called ${CLUSTER_NAME}`)
  return principal.includes(':') ? undefined : invalid(`principal ${principal} has no type, as in User:name`)
}

/** Removes what the filters match, each filter answered for itself. @throws ProtocolError where it is too much */
export function deleteAcls(
  image: MetadataImage,
  { filters }: DeleteAclsRequest,
): Decision<typeof DeleteAclsResponse.Input> {
  const doomed = new Set<string>()
  const find = finder(image)
  const filterResults = filters.map((requested) => {
    const filter = aclFilter(requested)
    const problem = problemOfAclFilter(filter)
    if (problem !== undefined) return { errorCode: ErrorCode.INVALID_REQUEST, errorMessage: problem, matchingAcls: [] }
    const matching = find(filter)
    for (const { id } of matching) doomed.add(id)
    if (doomed.size > MAX_RECORDS) throw new ProtocolError(tooMany.code, tooMany.message)
    const matchingAcls = matching.map(({ id: _, ...acl }) => ({
      errorCode: ErrorCode.NONE,
      errorMessage: null,
      ...acl,
    }))
    return { errorCode: ErrorCode.NONE, errorMessage: null, matchingAcls }
  })
  const records = [...doomed].map((id) => record('RemoveAccessControlEntryRecord', 0, { id }))
  return { records, response: { throttleTimeMs: 0, filterResults } }
}

/** A request may hold thousands of filters, most of them about one name: the entries are read once for all. */
function finder(image: MetadataImage): (filter: AclFilter) => readonly AclEntry[] {
  const all = [...aclsOf(image)]
  const byName = new Map<string, AclEntry[]>()
  for (const acl of all) {
    const named = byName.get(acl.resourceName)
    if (named) named.push(acl)
    else byName.set(acl.resourceName, [acl])
  }
  return (filter) => {
    const candidates = namesOne(filter) ? (byName.get(filter.resourceName!) ?? []) : all
    return candidates.filter((acl) => matchesAcl(acl, filter))
  }
}
