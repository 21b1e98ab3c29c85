import { ACL_CODES, SUPPORTED_OPERATIONS } from '../node/acl-words.ts'
import { CommandError } from './command-error.ts'

const { RESOURCE_TYPE, PATTERN_TYPE, OPERATION, PERMISSION, CLUSTER_NAME, WILDCARD } = ACL_CODES

type ResourceType = keyof typeof SUPPORTED_OPERATIONS

/** What kafka-acls calls a resource pattern. */
export interface Resource {
  readonly type: ResourceType
  readonly name: string
  readonly patternType: number
}

export interface Entry {
  readonly principal: string
  readonly host: string
  readonly operation: number
  readonly permissionType: number
}

export interface ResourceArguments {
  topic: string[]
  group: string[]
  cluster: boolean
  transactionalId: string[]
  delegationToken: string[]
  userPrincipal: string[]
  resourcePatternType: string
}

export interface EntryArguments extends ResourceArguments {
  allowPrincipal: string[]
  denyPrincipal: string[]
  allowHost: string[]
  denyHost: string[]
  operation: string[]
  producer: boolean
  consumer: boolean
  idempotent: boolean
}

const nameIn = (codes: Readonly<Record<string, unknown>>, code: number): string =>
  Object.keys(codes).find((name) => codes[name] === code && name !== 'LAST') ?? String(code)

/** As AdminClient prints them. */
export const patternText = (resourceType: number, name: string, patternType: number): string =>
  `ResourcePattern(resourceType=${nameIn(RESOURCE_TYPE, resourceType)}, name=${name}, ` +
  `patternType=${nameIn(PATTERN_TYPE, patternType)})`

export const resourceText = ({ type, name, patternType }: Resource): string =>
  patternText(RESOURCE_TYPE[type], name, patternType)

export const entryText = ({ principal, host, operation, permissionType }: Entry): string =>
  `(principal=${principal}, host=${host}, operation=${nameIn(OPERATION, operation)}, ` +
  `permissionType=${nameIn(PERMISSION, permissionType)})`

/** The resources that the arguments name, all with the same type of pattern. */
export function resourcesOf(args: ResourceArguments): Resource[] {
  const patternType = PATTERN_TYPE[args.resourcePatternType.toUpperCase() as keyof typeof PATTERN_TYPE]
  const named: readonly [ResourceType, readonly string[]][] = [
    ['TOPIC', args.topic],
    ['GROUP', args.group],
    ['CLUSTER', args.cluster ? [CLUSTER_NAME] : []],
    ['TRANSACTIONAL_ID', args.transactionalId],
    ['DELEGATION_TOKEN', args.delegationToken],
    ['USER', args.userPrincipal],
  ]
  return named.flatMap(([type, names]) => names.map((name) => ({ type, name: name.trim(), patternType })))
}

/** Everything that the arguments say: what a producer or a consumer needs, or single operations. */
export function bindingsOf(args: EntryArguments): { resource: Resource; entries: Entry[] }[] {
  const { producer, consumer, idempotent, operation } = args
  const resources = resourcesOf({ ...args, cluster: args.cluster || idempotent })
  if (resources.length === 0)
    throw new CommandError('Name a resource: --topic, --group, --cluster, --transactional-id, ... .')
  if ((producer || consumer) && operation.length > 0)
    throw new CommandError('--producer and --consumer say themselves which operations: leave out --operation.')
  if (producer && args.topic.length === 0) throw new CommandError('--producer needs --topic.')
  if (consumer && (args.topic.length === 0 || args.group.length === 0))
    throw new CommandError('--consumer needs --topic and --group.')
  return resources.flatMap((resource) => {
    const operations =
      producer || consumer ? conveniences(resource.type, args) : operationsFor(resource.type, operation)
    return operations.length > 0 ? { resource, entries: entriesOf(args, operations) } : []
  })
}

/** What whoever produces and consumes needs. */
function conveniences(type: ResourceType, { producer, consumer, idempotent }: EntryArguments): number[] {
  const needed: string[] = []
  if (producer && type === 'TOPIC') needed.push('WRITE', 'DESCRIBE', 'CREATE')
  if (producer && type === 'TRANSACTIONAL_ID') needed.push('WRITE', 'DESCRIBE')
  if (producer && idempotent && type === 'CLUSTER') needed.push('IDEMPOTENT_WRITE')
  if (consumer && type === 'TOPIC') needed.push('READ', 'DESCRIBE')
  if (consumer && type === 'GROUP') needed.push('READ')
  return [...new Set(needed)].map((name) => OPERATION[name as keyof typeof OPERATION])
}

/** Read, DescribeConfigs, describe_configs; all of them unless said otherwise. */
function operationsFor(type: ResourceType, words: readonly string[]): number[] {
  const names: readonly string[] = ['ALL', ...SUPPORTED_OPERATIONS[type]]
  const plain = (word: string) => word.replaceAll('_', '').toUpperCase()
  return (words.length > 0 ? words : ['ALL']).map((word) => {
    const name = names.find((name) => plain(name) === plain(word.trim()))
    if (name === undefined)
      throw new CommandError(`--operation ${word}: for a ${type} it is one of ${names.join(', ')}.`)
    return OPERATION[name as keyof typeof OPERATION]
  })
}

function entriesOf(args: EntryArguments, operations: readonly number[]): Entry[] {
  const made = (principals: readonly string[], hosts: readonly string[], permissionType: number) =>
    principals.flatMap((principal) =>
      operations.flatMap((operation) =>
        (hosts.length > 0 ? hosts : [WILDCARD]).map((host) => ({
          principal,
          host: host.trim(),
          operation,
          permissionType,
        })),
      ),
    )
  return [
    ...made(args.allowPrincipal.map(principalOf), args.allowHost, PERMISSION.ALLOW),
    ...made(args.denyPrincipal.map(principalOf), args.denyHost, PERMISSION.DENY),
  ]
}

export function principalOf(text: string): string {
  const principal = text.trim()
  if (!/^[^:]+:./.test(principal)) throw new CommandError(`${principal} is no principal: write it as User:name.`)
  return principal
}

/** A filter for everything about a resource; of all resources where none is given. */
export const filterOf = (resource?: Resource, entry?: Entry) => ({
  resourceTypeFilter: resource ? RESOURCE_TYPE[resource.type] : RESOURCE_TYPE.ANY,
  resourceNameFilter: resource?.name ?? null,
  patternTypeFilter: resource?.patternType ?? PATTERN_TYPE.ANY,
  principalFilter: entry?.principal ?? null,
  hostFilter: entry?.host ?? null,
  operation: entry?.operation ?? OPERATION.ANY,
  permissionType: entry?.permissionType ?? PERMISSION.ANY,
})

export const creationOf = (resource: Resource, entry: Entry) => ({
  resourceType: RESOURCE_TYPE[resource.type],
  resourceName: resource.name,
  resourcePatternType: resource.patternType,
  ...entry,
})
