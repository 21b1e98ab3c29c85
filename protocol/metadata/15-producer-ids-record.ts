import { message } from '../schema/message.ts'
import { int32, int64 } from '../schema/types.ts'

/** The first producer id that no broker has been given yet (KIP-730). */

export const ProducerIdsRecord = message(
  'ProducerIdsRecord',
  { key: 15, versions: [0, 0], flexible: 0 },
  {
    brokerId: int32,
    brokerEpoch: int64.default(-1n),
    nextProducerId: int64,
  },
)
export type ProducerIdsRecord = typeof ProducerIdsRecord.T
