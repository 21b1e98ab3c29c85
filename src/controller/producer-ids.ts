import type {
  AllocateProducerIdsRequest,
  AllocateProducerIdsResponse,
} from '../../protocol/api/67-allocate-producer-ids.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import type { MetadataImage } from '../metadata/image.ts'
import { record } from '../metadata/record.ts'
import type { Decision } from './ports.ts'

/** Producer ids that a broker is given at a time (KIP-730). */
export const PRODUCER_ID_BLOCK = 1000

/** A block of ids that nobody was given before and nobody will be given again (fact B83). */
export function allocateProducerIds(
  image: MetadataImage,
  { brokerId, brokerEpoch }: AllocateProducerIdsRequest,
): Decision<typeof AllocateProducerIdsResponse.Input> {
  const epoch = image.cluster.brokers.get(brokerId)?.epoch
  if (epoch === undefined || BigInt(epoch) !== brokerEpoch) return refused(ErrorCode.STALE_BROKER_EPOCH)
  const first = image.producerIds.next
  const next = first + PRODUCER_ID_BLOCK
  if (!Number.isSafeInteger(next)) return refused(ErrorCode.UNKNOWN_SERVER_ERROR)
  return {
    records: [record('ProducerIdsRecord', 0, { brokerId, brokerEpoch, nextProducerId: BigInt(next) })],
    response: {
      throttleTimeMs: 0,
      errorCode: ErrorCode.NONE,
      producerIdStart: BigInt(first),
      producerIdLen: PRODUCER_ID_BLOCK,
    },
  }
}

const refused = (errorCode: ErrorCode): Decision<typeof AllocateProducerIdsResponse.Input> => ({
  records: [],
  response: { throttleTimeMs: 0, errorCode, producerIdStart: 0n, producerIdLen: 0 },
})
