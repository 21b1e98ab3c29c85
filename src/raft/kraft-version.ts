import { ErrorCode } from '../../protocol/errors.ts'
import type { Core } from './core.ts'
import type { Voter } from './types.ts'
import { includes, KRAFT_VERSIONS, votersRecords } from './voters.ts'

/**
 * From voters by configuration to voters by log (facts N-A33 to N-A36). Every voter must have described itself to this
 * leader, because from then on its directory id counts.
 */
export function upgradeKRaftVersion(
  core: Core,
  { epoch, level, validateOnly }: { readonly epoch: number; readonly level: number; readonly validateOnly: boolean },
): ErrorCode {
  const { role, log } = core
  if (role.name !== 'leader' || role.epoch !== epoch) return ErrorCode.NOT_CONTROLLER
  if (level === log.kraftVersion) return ErrorCode.NONE
  if (level < log.kraftVersion || !includes(KRAFT_VERSIONS, level)) return ErrorCode.INVALID_UPDATE_VERSION
  const voters: Voter[] = core.voters.flatMap(({ id }) =>
    id === core.local.id ? core.ownVoter : (role.reported.get(id) ?? []),
  )
  const canRun = voters.every(({ kRaftVersionFeature }) => includes(kRaftVersionFeature, level))
  if (voters.length < core.voters.length || !canRun) return ErrorCode.INVALID_UPDATE_VERSION
  if (validateOnly) return ErrorCode.NONE
  core.effects.control(votersRecords(voters))
  core.isLogPending = true
  return ErrorCode.NONE
}
