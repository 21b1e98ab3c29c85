import type { ControlRecord } from '../../protocol/control/index.ts'
import { ControlType } from '../../protocol/records/control.ts'
import type { KRaftVersionRange, VoterSet } from './types.ts'

/** Levels of kraft.version that this release can run with. */
export const KRAFT_VERSIONS: KRaftVersionRange = { minSupportedVersion: 0, maxSupportedVersion: 1 }

/** Puts kraft.version 1 and the voters on record. */
export const votersRecords = (voters: VoterSet): ControlRecord[] => [
  { type: ControlType.KRAFT_VERSION, value: { version: 0, kRaftVersion: 1 } },
  {
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
  },
]

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
