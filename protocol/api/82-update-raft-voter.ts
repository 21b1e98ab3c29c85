import { message } from '../schema/message.ts'
import { array, int16, int32, string, struct, uint16, uuid } from '../schema/types.ts'

/** UpdateRaftVoter: a voter's endpoints and versions of kraft.version (KIP-853). */

export const UpdateRaftVoterRequest = message(
  'UpdateRaftVoterRequest',
  { key: 82, versions: [0, 0], flexible: 0 },
  {
    clusterId: string.nullable(),
    currentLeaderEpoch: int32,
    voterId: int32,
    voterDirectoryId: uuid,
    listeners: array({ name: string, host: string, port: uint16 }),
    kRaftVersionFeature: struct({ minSupportedVersion: int16, maxSupportedVersion: int16 }),
  },
)
export type UpdateRaftVoterRequest = typeof UpdateRaftVoterRequest.T

export const UpdateRaftVoterResponse = message(
  'UpdateRaftVoterResponse',
  { key: 82, versions: [0, 0], flexible: 0 },
  {
    throttleTimeMs: int32,
    errorCode: int16,
    currentLeader: struct({
      leaderId: int32.default(-1),
      leaderEpoch: int32.default(-1),
      host: string,
      port: int32,
    }).tag(0),
  },
)
export type UpdateRaftVoterResponse = typeof UpdateRaftVoterResponse.T
