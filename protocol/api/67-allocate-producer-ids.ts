import { message } from '../schema/message.ts'
import { int16, int32, int64 } from '../schema/types.ts'

/** AllocateProducerIds: a block of producer ids, from the controller to a broker (KIP-730). */

export const AllocateProducerIdsRequest = message(
  'AllocateProducerIdsRequest',
  { key: 67, versions: [0, 0], flexible: 0 },
  {
    brokerId: int32,
    brokerEpoch: int64.default(-1n),
  },
)
export type AllocateProducerIdsRequest = typeof AllocateProducerIdsRequest.T

export const AllocateProducerIdsResponse = message(
  'AllocateProducerIdsResponse',
  { key: 67, versions: [0, 0], flexible: 0 },
  {
    throttleTimeMs: int32,
    errorCode: int16,
    producerIdStart: int64,
    producerIdLen: int32,
  },
)
export type AllocateProducerIdsResponse = typeof AllocateProducerIdsResponse.T
