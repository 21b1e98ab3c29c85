import { ErrorCode } from '../../../../protocol/errors.ts'
import type { Outcome } from '../../runtime/ports.ts'
import type { GroupRecord } from '../records.ts'
import type { ClassicEnvironment } from './environment.ts'
import type { ClassicGroup } from './group.ts'
import { afterRemoval, forget } from './rebalance.ts'

export interface LeavingMember {
  readonly memberId: string
  readonly groupInstanceId: string | null
}

/** Fact E40: a code for each, in their order. All go first, then the rest rebalances once. */
export function leave(
  env: ClassicEnvironment,
  group: ClassicGroup,
  leaving: readonly LeavingMember[],
): Outcome<GroupRecord, readonly ErrorCode[]> {
  if (group.state === 'Dead') {
    return { records: [], response: leaving.map(() => ErrorCode.COORDINATOR_NOT_AVAILABLE) }
  }
  const codes = leaving.map((member) => leaveOne(env, group, member))
  if (!codes.includes(ErrorCode.NONE)) return { records: [], response: codes }
  const { records, settled } = afterRemoval(env, group)
  return { records, response: codes, ...(settled && { settled }) }
}

function leaveOne(env: ClassicEnvironment, group: ClassicGroup, leaving: LeavingMember): ErrorCode {
  const { memberId, groupInstanceId } = leaving
  // Without a member id an administrator removes a static member.
  const known = memberId === '' && groupInstanceId !== null ? group.memberIdOf(groupInstanceId) : memberId
  if (known === undefined) return ErrorCode.UNKNOWN_MEMBER_ID
  const code = group.pendingJoin.has(known) ? ErrorCode.NONE : group.checkMember(known, groupInstanceId)
  if (code === ErrorCode.NONE) forget(env, group, known)
  return code
}
