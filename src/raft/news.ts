import { ErrorCode } from '../../protocol/errors.ts'
import type { Core } from './core.ts'
import { NOBODY } from './role.ts'
import type { VoterEndpoint } from './types.ts'

/** What a request or an answer says of who leads which epoch. */
export interface News {
  readonly epoch: number
  readonly leaderId: number
  /** Of the leader; none if the message has none. */
  readonly endpoints: readonly VoterEndpoint[]
}

interface NodeEndpoint {
  readonly nodeId: number
  readonly host: string
  readonly port: number
}

/** The leader's endpoint in an answer. It is that of the listener we asked at. */
export function endpointsIn(core: Core, nodes: readonly NodeEndpoint[], leaderId: number): VoterEndpoint[] {
  const node = nodes.find(({ nodeId }) => nodeId === leaderId)
  return node ? [{ name: core.options.listenerName, host: node.host, port: node.port }] : []
}

/** An epoch has one leader: whoever says otherwise is not to be believed. */
export function isConsistent({ role, local }: Core, { epoch, leaderId }: News): boolean {
  if (epoch !== role.epoch || leaderId === NOBODY || leaderId === role.leaderId) return true
  return role.leaderId === NOBODY && leaderId !== local.id
}

/** Goes where the news lead: to a higher epoch, or to the leader of this one, if it was unknown or is found now. */
export function heed(core: Core, news: News): void {
  const { role } = core
  const { epoch, leaderId } = news
  if (epoch < role.epoch || !isConsistent(core, news)) return
  const endpoints = leaderId === NOBODY || leaderId === core.local.id ? [] : core.endpointsOf(leaderId, news.endpoints)
  if (epoch > role.epoch) {
    if (endpoints.length > 0) core.becomeFollower(epoch, leaderId, endpoints)
    else core.becomeUnattached(epoch, leaderId)
  } else if (
    leaderId !== core.local.id &&
    endpoints.length > (role.leaderId === NOBODY ? 0 : role.leaderEndpoints.length)
  ) {
    core.becomeFollower(epoch, leaderId, endpoints)
  }
}

/**
 * Fact A45, before an answer's content is looked at. `moved`: it has brought this node to another role or epoch.
 * `failed`: it says nothing to go by, so ask again, later. `current`: it is of this epoch.
 */
export function heedAnswer(core: Core, errorCode: number, news: News): 'moved' | 'failed' | 'current' {
  const { role } = core
  const isBehind = news.epoch < role.epoch || errorCode === ErrorCode.UNKNOWN_LEADER_EPOCH
  if (isBehind || !isConsistent(core, news)) return 'failed'
  const isRefused = errorCode === ErrorCode.FENCED_LEADER_EPOCH || errorCode === ErrorCode.NOT_LEADER_OR_FOLLOWER
  if (news.epoch > role.epoch || isRefused) {
    heed(core, news)
    return core.role === role ? 'failed' : 'moved'
  }
  if (role.leaderId === NOBODY || role.name === 'unattached') heed(core, news)
  return errorCode === ErrorCode.NONE ? 'current' : 'failed'
}
