import type { CreateAclsRequest, CreateAclsResponse } from '../../protocol/api/30-create-acls.ts'
import type { DeleteAclsRequest, DeleteAclsResponse } from '../../protocol/api/31-delete-acls.ts'
import { ErrorCode, ProtocolError } from '../../protocol/errors.ts'
import type { MetadataRecord } from '../../protocol/metadata/index.ts'
import { randomUuid } from '../base/random.ts'
import { ACL_CODES, type Acl, aclFilter, aclKey, aclsOf, matchesAcl, problemOfAclFilter } from '../metadata/acls.ts'
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
  const existing = new Set([...aclsOf(image)].map(([, acl]) => aclKey(acl)))
  const ids = new Set(image.security.acls.keys())
  const records: MetadataRecord[] = []
  const results = creations.map((creation) => {
    const { resourcePatternType: patternType, ...rest } = creation
    const acl: Acl = { ...rest, patternType }
    const isNew = !existing.has(aclKey(acl))
    const problem = problemOf(creation) ?? (isNew && records.length === MAX_RECORDS ? tooMany : undefined)
    if (problem !== undefined) return { errorCode: problem.code, errorMessage: problem.message }
    if (isNew) {
      existing.add(aclKey(acl))
      records.push(record('AccessControlEntryRecord', 0, { ...acl, id: newId(ids, random) }))
    }
    return { errorCode: ErrorCode.NONE, errorMessage: null }
  })
  return { records, response: { throttleTimeMs: 0, results } }
}

const invalid = (message: string): Refusal => new Refusal(ErrorCode.INVALID_REQUEST, message)
const tooMany = invalid(`the request makes more than ${MAX_RECORDS} changes`)

function newId(ids: Set<string>, random: DecisionContext['random']): string {
  for (;;) {
    const id = randomUuid(random)
    if (ids.has(id)) continue
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
  const filterResults = filters.map((requested) => {
    const filter = aclFilter(requested)
    const problem = problemOfAclFilter(filter)
    if (problem !== undefined) return { errorCode: ErrorCode.INVALID_REQUEST, errorMessage: problem, matchingAcls: [] }
    const matching = [...aclsOf(image)].filter(([, acl]) => matchesAcl(acl, filter))
    for (const [id] of matching) doomed.add(id)
    const matchingAcls = matching.map(([, acl]) => ({ errorCode: ErrorCode.NONE, errorMessage: null, ...acl }))
    return { errorCode: ErrorCode.NONE, errorMessage: null, matchingAcls }
  })
  if (doomed.size > MAX_RECORDS) throw new ProtocolError(tooMany.code, tooMany.message)
  const records = [...doomed].map((id) => record('RemoveAccessControlEntryRecord', 0, { id }))
  return { records, response: { throttleTimeMs: 0, filterResults } }
}
