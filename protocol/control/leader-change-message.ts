import { message } from '../schema/message.ts'
import { array, int16, int32, uuid } from '../schema/types.ts'

/** First record of a leader's epoch in the metadata log (KIP-595). v1 directory ids (KIP-853). */

const Voter = { voterId: int32, voterDirectoryId: uuid.since(1) }

export const LeaderChangeMessage = message(
  'LeaderChangeMessage',
  { versions: [0, 1], flexible: 0 },
  {
    version: int16,
    leaderId: int32,
    voters: array(Voter),
    grantingVoters: array(Voter),
  },
)
export type LeaderChangeMessage = typeof LeaderChangeMessage.T
