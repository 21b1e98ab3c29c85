import { message } from '../schema/message.ts'
import { int16, int32, string } from '../schema/types.ts'

/** UnregisterBroker: forgets a broker that will not come back (KIP-631). */

export const UnregisterBrokerRequest = message(
  'UnregisterBrokerRequest',
  { key: 64, versions: [0, 0], flexible: 0 },
  {
    brokerId: int32,
  },
)
export type UnregisterBrokerRequest = typeof UnregisterBrokerRequest.T

export const UnregisterBrokerResponse = message(
  'UnregisterBrokerResponse',
  { key: 64, versions: [0, 0], flexible: 0 },
  {
    throttleTimeMs: int32,
    errorCode: int16,
    errorMessage: string.nullable(),
  },
)
export type UnregisterBrokerResponse = typeof UnregisterBrokerResponse.T
