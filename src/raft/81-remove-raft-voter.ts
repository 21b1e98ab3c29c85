import type { RemoveRaftVoterRequest } from '../../protocol/api/81-remove-raft-voter.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import { ZERO_UUID } from '../../protocol/wire/uuid.ts'
import { addAnswer } from './80-add-raft-voter.ts'
import type { Core } from './core.ts'
import { isOfOtherCluster, leaderRequestError } from './replies.ts'
import type { RaftReply, RaftRequest } from './types.ts'
import { changeError, VoterChange } from './voter-change.ts'
import { sameKey, withoutVoter } from './voters.ts'

/** RemoveRaftVoter: a voter becomes an observer (KIP-853). A leader that removes itself goes when that is committed. */
export function receiveRemoveRaftVoter(
  core: Core,
  { token, body }: Extract<RaftRequest, { readonly apiKey: 81 }>,
): RaftReply | undefined {
  const reply = (errorCode: ErrorCode): RaftReply => ({ token, apiKey: 81, body: addAnswer(errorCode) })
  const errorCode = errorOf(core, body)
  const { role } = core
  if (errorCode !== ErrorCode.NONE || role.name !== 'leader') return reply(errorCode)
  role.change = new VoterChange(core.nowMs + core.config.requestTimeoutMs, (code) => core.effects.reply(reply(code)))
  role.appendChange(core, withoutVoter(core.voters, { id: body.voterId, directoryId: body.voterDirectoryId }))
  return undefined
}

/** Fact A88. */
function errorOf(core: Core, { clusterId, voterId: id, voterDirectoryId }: RemoveRaftVoterRequest): ErrorCode {
  if (isOfOtherCluster(core, clusterId)) return ErrorCode.INCONSISTENT_CLUSTER_ID
  const errorCode = leaderRequestError(core, core.role.epoch)
  if (errorCode !== ErrorCode.NONE || core.role.name !== 'leader') return errorCode
  if (id < 0 || voterDirectoryId === ZERO_UUID) return ErrorCode.INVALID_REQUEST
  const obstacle = changeError(core, core.role)
  if (obstacle !== ErrorCode.NONE) return obstacle
  const isKnown = core.voters.some((voter) => sameKey(voter, { id, directoryId: voterDirectoryId }))
  return isKnown && core.voters.length > 1 ? ErrorCode.NONE : ErrorCode.VOTER_NOT_FOUND
}
