import { ErrorCode } from '../../protocol/errors.ts'
import { ZERO_UUID } from '../../protocol/wire/uuid.ts'
import type { Core } from './core.ts'

/** Whether a request that names a cluster names another one (fact A24). */
export const isOfOtherCluster = (core: Core, clusterId: string | null): boolean =>
  clusterId !== null && clusterId !== core.options.clusterId

/** What every answer about the partition says (fact A31). */
export const leaderOf = ({ role }: Core): { leaderId: number; leaderEpoch: number } => ({
  leaderId: role.leaderId,
  leaderEpoch: role.epoch,
})

/** The leader's endpoint for the listener that was asked; none where the version has no place for it. */
export function nodeEndpoints(core: Core, listener: string, hasPlace: boolean) {
  const endpoint = hasPlace ? core.leaderEndpoint(listener) : undefined
  return endpoint ? [{ nodeId: core.role.leaderId, host: endpoint.host, port: endpoint.port }] : []
}

/** What forbids a request that only voters send in an epoch of theirs (facts A25, A39). */
export function voterRequestError(core: Core, epoch: number, id: number): ErrorCode {
  if (epoch < core.role.epoch) return ErrorCode.FENCED_LEADER_EPOCH
  return id < 0 ? ErrorCode.INVALID_REQUEST : ErrorCode.NONE
}

/** What forbids a request that only the leader of this epoch serves (fact A49). */
export function leaderRequestError(core: Core, epoch: number): ErrorCode {
  if (epoch < core.role.epoch) return ErrorCode.FENCED_LEADER_EPOCH
  if (epoch > core.role.epoch) return ErrorCode.UNKNOWN_LEADER_EPOCH
  if (core.role.name !== 'leader') return ErrorCode.NOT_LEADER_OR_FOLLOWER
  return core.isShuttingDown ? ErrorCode.BROKER_NOT_AVAILABLE : ErrorCode.NONE
}

/** Whether a request that names its receiver means another directory or node (fact A27). */
export function isMisaddressed({ local }: Core, id: number, directoryId: string): boolean {
  return (id >= 0 && id !== local.id) || (directoryId !== ZERO_UUID && directoryId !== local.directoryId)
}
