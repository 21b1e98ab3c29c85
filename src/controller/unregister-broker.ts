import type { UnregisterBrokerRequest, UnregisterBrokerResponse } from '../../protocol/api/64-unregister-broker.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import type { MetadataImage } from '../metadata/image.ts'
import { record } from '../metadata/record.ts'
import { partitionChanges } from './leadership.ts'
import type { Decision, DecisionConfig } from './ports.ts'

/**
 * Forgets a broker (fact B39). It is in no ISR and no ELR any more, since nothing is left that could tell whether it
 * comes back with what it had; replica lists go on naming it until somebody reassigns them.
 */
export function unregisterBroker(
  image: MetadataImage,
  { brokerId }: UnregisterBrokerRequest,
  config: DecisionConfig,
): Decision<typeof UnregisterBrokerResponse.Input> {
  const broker = image.cluster.brokers.get(brokerId)
  if (broker === undefined) {
    const errorMessage = `broker ${brokerId} is not registered`
    return {
      records: [],
      response: { throttleTimeMs: 0, errorCode: ErrorCode.BROKER_ID_NOT_REGISTERED, errorMessage },
    }
  }
  return {
    records: [
      ...partitionChanges(image, brokerId, 'LOST_DATA', config),
      record('UnregisterBrokerRecord', 0, { brokerId, brokerEpoch: BigInt(broker.epoch) }),
    ],
    response: { throttleTimeMs: 0, errorCode: ErrorCode.NONE, errorMessage: null },
    mayBeSplit: true,
  }
}
