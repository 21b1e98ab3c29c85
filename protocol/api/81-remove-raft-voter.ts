import { message } from '../schema/message.ts'
import { int16, int32, string, uuid } from '../schema/types.ts'

/** RemoveRaftVoter: a voter leaves the quorum (KIP-853). */

export const RemoveRaftVoterRequest = message(
  'RemoveRaftVoterRequest',
  { key: 81, versions: [0, 0], flexible: 0 },
  {
    clusterId: string.nullable(),
    voterId: int32,
    voterDirectoryId: uuid,
  },
)
export type RemoveRaftVoterRequest = typeof RemoveRaftVoterRequest.T

export const RemoveRaftVoterResponse = message(
  'RemoveRaftVoterResponse',
  { key: 81, versions: [0, 0], flexible: 0 },
  {
    throttleTimeMs: int32,
    errorCode: int16,
    errorMessage: string.nullable(),
  },
)
export type RemoveRaftVoterResponse = typeof RemoveRaftVoterResponse.T
