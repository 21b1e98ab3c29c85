import { message } from '../schema/message.ts'
import { array, boolean, int16, int32, string, uint16, uuid } from '../schema/types.ts'

/**
 * AddRaftVoter: a new voter of the quorum (KIP-853).
 * v1 may answer before the new voter set is committed (KIP-1186).
 */

export const AddRaftVoterRequest = message(
  'AddRaftVoterRequest',
  { key: 80, versions: [0, 1], flexible: 0 },
  {
    clusterId: string.nullable(),
    timeoutMs: int32,
    voterId: int32,
    voterDirectoryId: uuid,
    listeners: array({ name: string, host: string, port: uint16 }),
    ackWhenCommitted: boolean.since(1).default(true),
  },
)
export type AddRaftVoterRequest = typeof AddRaftVoterRequest.T

export const AddRaftVoterResponse = message(
  'AddRaftVoterResponse',
  { key: 80, versions: [0, 1], flexible: 0 },
  {
    throttleTimeMs: int32,
    errorCode: int16,
    errorMessage: string.nullable(),
  },
)
export type AddRaftVoterResponse = typeof AddRaftVoterResponse.T
