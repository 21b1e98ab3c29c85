import { ErrorCode } from '../../protocol/errors.ts'
import type { Core } from './core.ts'
import type { Leader } from './leader.ts'
import { UNKNOWN_OFFSET } from './role.ts'
import type { VoterSet } from './types.ts'
import { endpointOf, sameVoters, votersRecord } from './voters.ts'

/**
 * One change of the voter set, by one voter, under way at the leader (KIP-853). A voter set counts from the moment it is
 * in the log, so it is committed by a majority of its own (facts A83, A87).
 */
export class VoterChange {
  /** As appended; undefined while the voter to be added is still asked what it can. */
  voters: VoterSet | undefined
  readonly untilMs: number
  readonly #reply: (errorCode: ErrorCode) => void
  #isAnswered = false

  constructor(untilMs: number, reply: (errorCode: ErrorCode) => void) {
    this.untilMs = untilMs
    this.#reply = reply
  }

  answer(errorCode: ErrorCode): void {
    if (!this.#isAnswered) this.#reply(errorCode)
    this.#isAnswered = true
  }
}

/** What forbids a change at this time; each passes by itself, but for kraft.version (facts A85, A88). */
export function changeError({ log }: Core, { change, highWatermark }: Leader): ErrorCode {
  if (change !== undefined || highWatermark === UNKNOWN_OFFSET) return ErrorCode.REQUEST_TIMED_OUT
  if (log.kraftVersion === 0) return ErrorCode.UNSUPPORTED_VERSION
  return (log.voterSet?.offset ?? UNKNOWN_OFFSET) < highWatermark ? ErrorCode.NONE : ErrorCode.REQUEST_TIMED_OUT
}

/** A voter without a directory id, or one that the others cannot reach, is none. */
export const isReachable = (core: Core, endpoints: Parameters<typeof endpointOf>[0]): boolean =>
  endpointOf(endpoints, core.options.listenerName) !== undefined

export function appendVoters(core: Core, voters: VoterSet): void {
  core.effects.control([votersRecord(voters)])
  core.isLogPending = true
}

/** Ends what has been committed, or has taken too long; that may still be committed later (fact A90). */
export function settleChange(core: Core, leader: Leader): void {
  const { change } = leader
  if (change === undefined) return
  const { voterSet } = core.log
  const isAppended = change.voters !== undefined && voterSet !== undefined && sameVoters(voterSet.voters, change.voters)
  if (isAppended && voterSet.offset < leader.highWatermark) leader.endChange(ErrorCode.NONE)
  else if (change.untilMs <= core.nowMs) leader.endChange(ErrorCode.REQUEST_TIMED_OUT)
}
