import { ErrorCode } from '../../../../protocol/errors.ts'
import type { ClassicEnvironment } from './environment.ts'
import type { ClassicGroup } from './group.ts'
import { prolongSession } from './rebalance.ts'

/** Fact E38. A member that is asked to rejoin keeps its session. */
export function heartbeat(
  env: ClassicEnvironment,
  group: ClassicGroup,
  memberId: string,
  groupInstanceId: string | null,
  generationId: number,
): ErrorCode {
  if (group.state === 'Dead') return ErrorCode.COORDINATOR_NOT_AVAILABLE
  const code = group.checkMember(memberId, groupInstanceId)
  if (code !== ErrorCode.NONE) return code
  if (generationId !== group.generationId) return ErrorCode.ILLEGAL_GENERATION
  if (group.state === 'Empty') return ErrorCode.UNKNOWN_MEMBER_ID
  prolongSession(env, group, group.members.get(memberId)!)
  return group.state === 'PreparingRebalance' ? ErrorCode.REBALANCE_IN_PROGRESS : ErrorCode.NONE
}
