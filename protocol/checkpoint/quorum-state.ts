import { DecodeError } from '../errors.ts'
import { isUuid, ZERO_UUID } from '../wire/uuid.ts'
import { JsonFields } from './json.ts'

/** What a voter must not forget over a restart (KIP-595, KIP-853): -1 and the zero uuid mean none. */
export interface QuorumState {
  leaderId: number
  leaderEpoch: number
  votedId: number
  /** Version 1 only: directory of the candidate voted for. */
  votedDirectoryId: string
  /** Version 0 only: ids of the static voters. In version 1 they are records in the log. */
  currentVoters: readonly number[]
}

/** 0 goes with kraft.version 0 (static voters), 1 with kraft.version 1. */
export type QuorumStateVersion = 0 | 1

/** Text of quorum-state: one line of JSON without a newline. */
export function encodeQuorumState(state: QuorumState, version: QuorumStateVersion): string {
  const { leaderId, leaderEpoch, votedId, votedDirectoryId } = state
  if (version === 1) return JSON.stringify({ leaderId, leaderEpoch, votedId, votedDirectoryId, data_version: 1 })
  return JSON.stringify({
    clusterId: '',
    leaderId,
    leaderEpoch,
    votedId,
    appliedOffset: 0,
    currentVoters: state.currentVoters.map((voterId) => ({ voterId })),
    data_version: 0,
  })
}

/** @throws DecodeError: not JSON (an empty file neither), no or another data_version, a field that cannot be */
export function decodeQuorumState(text: string): QuorumState & { version: QuorumStateVersion } {
  const fields = new JsonFields(text, 'quorum-state')
  const version = fields.int32('data_version')
  if (version !== 0 && version !== 1) throw new DecodeError(`quorum-state: unknown data_version ${version}`)
  const votedDirectoryId = version === 1 ? fields.string('votedDirectoryId') : ZERO_UUID
  if (!isUuid(votedDirectoryId)) throw new DecodeError(`quorum-state: bad votedDirectoryId ${votedDirectoryId}`)
  const voters = version === 0 ? (fields.listOrNull('currentVoters') ?? []) : []
  return {
    version,
    leaderId: fields.int32('leaderId'),
    leaderEpoch: fields.int32('leaderEpoch'),
    votedId: fields.int32('votedId'),
    votedDirectoryId,
    currentVoters: voters.map((voter) => voter.int32('voterId')),
  }
}
