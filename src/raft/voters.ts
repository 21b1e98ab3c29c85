import type { ControlRecord } from '../../protocol/control/index.ts'
import { ControlType } from '../../protocol/records/control.ts'
import { ZERO_UUID } from '../../protocol/wire/uuid.ts'
import type { KRaftVersionRange, ReplicaKey, Voter, VoterEndpoint, VoterSet } from './types.ts'

/** Levels of kraft.version that this release can run with. */
export const KRAFT_VERSIONS: KRaftVersionRange = { minSupportedVersion: 0, maxSupportedVersion: 1 }

export const includes = ({ minSupportedVersion, maxSupportedVersion }: KRaftVersionRange, level: number): boolean =>
  minSupportedVersion <= level && level <= maxSupportedVersion

/** Puts kraft.version 1 and the voters on record. */
export const votersRecords = (voters: VoterSet): ControlRecord[] => [
  { type: ControlType.KRAFT_VERSION, value: { version: 0, kRaftVersion: 1 } },
  votersRecord(voters),
]

export const votersRecord = (voters: VoterSet): ControlRecord => ({
  type: ControlType.KRAFT_VOTERS,
  value: {
    version: 0,
    voters: voters.map(({ id, directoryId, endpoints, kRaftVersionFeature }) => ({
      voterId: id,
      voterDirectoryId: directoryId,
      endpoints: [...endpoints],
      kRaftVersionFeature,
    })),
  },
})

/** The newest voter set among control records, or undefined. */
export function votersIn(records: readonly ControlRecord[]): VoterSet | undefined {
  for (const { type, value } of records.toReversed()) {
    if (type !== ControlType.KRAFT_VOTERS) continue
    return value.voters.map((voter) => ({
      id: voter.voterId,
      directoryId: voter.voterDirectoryId,
      endpoints: voter.endpoints,
      kRaftVersionFeature: voter.kRaftVersionFeature,
    }))
  }
  return undefined
}

export const sameVoters = (one: VoterSet, other: VoterSet): boolean => JSON.stringify(one) === JSON.stringify(other)

export const sameKey = (one: ReplicaKey, other: ReplicaKey): boolean =>
  one.id === other.id && one.directoryId === other.directoryId

/** Whether `key` may be the replica that `known` names: a key without a directory id stands for any of that id (A91). */
export const matchesKey = (known: ReplicaKey, key: ReplicaKey): boolean =>
  known.id === key.id && (known.directoryId === ZERO_UUID || known.directoryId === key.directoryId)

export const voterOf = (voters: VoterSet, id: number): Voter | undefined => voters.find((voter) => voter.id === id)

export function isVoter(voters: VoterSet, key: ReplicaKey): boolean {
  const voter = voterOf(voters, key.id)
  return voter !== undefined && matchesKey(voter, key)
}

export const otherVoters = (voters: VoterSet, key: ReplicaKey): VoterSet =>
  voters.filter((voter) => !matchesKey(voter, key))

export const endpointOf = (endpoints: readonly VoterEndpoint[], listener: string): VoterEndpoint | undefined =>
  endpoints.find(({ name }) => name === listener)

const sameEndpoint = (one: VoterEndpoint, other: VoterEndpoint | undefined): boolean =>
  one.host === other?.host && one.port === other.port

export const sameEndpoints = (ones: readonly VoterEndpoint[], others: readonly VoterEndpoint[]): boolean =>
  ones.length === others.length && ones.every((one) => sameEndpoint(one, endpointOf(others, one.name)))

/** Whether the voter set describes this voter as it describes itself. */
export const isDescribed = (voters: VoterSet, own: Voter): boolean =>
  voters.some(
    (voter) =>
      sameKey(voter, own) &&
      sameEndpoints(voter.endpoints, own.endpoints) &&
      voter.kRaftVersionFeature.minSupportedVersion === own.kRaftVersionFeature.minSupportedVersion &&
      voter.kRaftVersionFeature.maxSupportedVersion === own.kRaftVersionFeature.maxSupportedVersion,
  )

/** The set with this voter in the place of the one of its key, or at the end. */
export function withVoter(voters: VoterSet, own: Voter): VoterSet {
  if (!voters.some((voter) => sameKey(voter, own))) return [...voters, own]
  return voters.map((voter) => (sameKey(voter, own) ? own : voter))
}

export const withoutVoter = (voters: VoterSet, key: ReplicaKey): VoterSet =>
  voters.filter((voter) => !sameKey(voter, key))
