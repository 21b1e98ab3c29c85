import { message } from '../schema/message.ts'
import { array, int16, int32, string, struct, uint16, uuid } from '../schema/types.ts'

/** The voter set (KIP-853). */

export const VotersRecord = message(
  'VotersRecord',
  { versions: [0, 0], flexible: 0 },
  {
    version: int16,
    voters: array({
      voterId: int32,
      voterDirectoryId: uuid,
      endpoints: array({ name: string, host: string, port: uint16 }),
      kRaftVersionFeature: struct({ minSupportedVersion: int16, maxSupportedVersion: int16 }),
    }),
  },
)
export type VotersRecord = typeof VotersRecord.T
