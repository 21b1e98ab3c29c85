import { ErrorCode, ProtocolError } from '../../protocol/errors.ts'
import type { Access } from '../controller/ports.ts'
import { ACL_CODES, SUPPORTED_OPERATIONS } from '../metadata/acls.ts'
import { RESOURCE } from '../metadata/image.ts'
import type { Operation, ResourceType } from '../security/authorizer.ts'
import { IN_PROCESS, type RequestContext } from './handler.ts'
import type { Services } from './services.ts'

type Authorizing = Pick<Services, 'authorizer'>
/** Whether who asks may do what was asked about to the resource of that name. */
export type Right = (name: string) => boolean

const { CLUSTER_NAME, OPERATION } = ACL_CODES
const { NONE, CLUSTER_AUTHORIZATION_FAILED, GROUP_AUTHORIZATION_FAILED, TOPIC_AUTHORIZATION_FAILED } = ErrorCode

const REFUSED = {
  CLUSTER: CLUSTER_AUTHORIZATION_FAILED,
  GROUP: GROUP_AUTHORIZATION_FAILED,
  TOPIC: TOPIC_AUTHORIZATION_FAILED,
  TRANSACTIONAL_ID: ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
} as const
type Guarded = keyof typeof REFUSED

/** Of those who need not be asked about each name. */
export const EVERYTHING: Right = () => true

/** Without an authorizer everybody may do everything, and what this process asks of itself nobody refuses. */
const authorizerFor = ({ authorizer }: Authorizing, { connection }: RequestContext) =>
  authorizer === undefined || connection === IN_PROCESS ? undefined : authorizer

const requesterOf = ({ connection }: RequestContext) => ({
  principal: connection.principal,
  host: connection.remote.host,
})

export function rightTo(
  services: Authorizing,
  context: RequestContext,
  operation: Operation,
  type: ResourceType,
): Right {
  const authorizer = authorizerFor(services, context)
  if (authorizer === undefined) return EVERYTHING
  const requester = requesterOf(context)
  return (name) => authorizer.isAllowed(requester, operation, type, name)
}

export const mayOnCluster = (services: Authorizing, context: RequestContext, operation: Operation): boolean =>
  rightTo(services, context, operation, 'CLUSTER')(CLUSTER_NAME)

/** On one topic at least, existing or not (KIP-679). */
export function mayOnAnyTopic(services: Authorizing, context: RequestContext, operation: Operation): boolean {
  const authorizer = authorizerFor(services, context)
  return authorizer === undefined || authorizer.isAllowedSomewhere(requesterOf(context), operation, 'TOPIC')
}

/** Refuses the whole request. @throws ProtocolError of the resource's type */
export function demand(
  services: Authorizing,
  context: RequestContext,
  operation: Operation,
  type: Guarded,
  name: string = CLUSTER_NAME,
): void {
  if (!rightTo(services, context, operation, type)(name)) throw new ProtocolError(REFUSED[type])
}

/** What of a request goes on, and what is refused. Something without a name is known to nobody, and no secret. */
export function split<T>(
  items: readonly T[],
  may: Right,
  nameOf: (item: T) => string | undefined,
): [allowed: T[], refused: T[]] {
  if (may === EVERYTHING) return [items as T[], []]
  const allowed: T[] = []
  const refused: T[] = []
  for (const item of items) {
    const name = nameOf(item)
    if (name === undefined || may(name)) allowed.push(item)
    else refused.push(item)
  }
  return [allowed, refused]
}

/** What the controller asks about topics that are to be created or deleted; the cluster stands for all of them. */
export function topicAccess(services: Authorizing, context: RequestContext): Access {
  const right = (operation: Operation, onCluster: Operation): Right => {
    const may = rightTo(services, context, operation, 'TOPIC')
    return (topic) => mayOnCluster(services, context, onCluster) || may(topic)
  }
  return {
    mayCreate: right('CREATE', 'CREATE'),
    mayDelete: right('DELETE', 'DELETE'),
    mayDescribe: right('DESCRIBE', 'DELETE'),
    mayDescribeConfigs: rightTo(services, context, 'DESCRIBE_CONFIGS', 'TOPIC'),
  }
}

interface ConfigResource {
  readonly resourceType: number
  readonly resourceName: string
}

/** Configuration is that of a topic or a group, or else the cluster's. NONE where the operation is allowed. */
export function refusalOfConfigs(
  services: Authorizing,
  context: RequestContext,
  operation: Operation,
): (resource: ConfigResource) => ErrorCode {
  return ({ resourceType, resourceName }) => {
    const type = resourceType === RESOURCE.TOPIC ? 'TOPIC' : resourceType === RESOURCE.GROUP ? 'GROUP' : 'CLUSTER'
    const name = type === 'CLUSTER' ? CLUSTER_NAME : resourceName
    return rightTo(services, context, operation, type)(name) ? NONE : REFUSED[type]
  }
}

/** What who asks may do to a resource (KIP-430): a bit for each operation, by its number. */
export function authorizedOperations(
  services: Authorizing,
  context: RequestContext,
  type: 'TOPIC' | 'GROUP' | 'CLUSTER',
  name: string = CLUSTER_NAME,
): number {
  const allowed = (SUPPORTED_OPERATIONS[type] as readonly Operation[]).filter((operation) =>
    rightTo(services, context, operation, type)(name),
  )
  return allowed.reduce((sum, operation) => sum + 2 ** OPERATION[operation], 0)
}

/** The same of the cluster, for those who may know of it. */
export const authorizedOnCluster = (services: Authorizing, context: RequestContext): number =>
  mayOnCluster(services, context, 'DESCRIBE') ? authorizedOperations(services, context, 'CLUSTER') : 0
