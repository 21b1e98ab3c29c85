import { message } from '../schema/message.ts'
import { bytes, int16 } from '../schema/types.ts'

/** Envelope: a request that a broker passes on to the controller in its client's name (KIP-590). */

export const EnvelopeRequest = message(
  'EnvelopeRequest',
  { key: 58, versions: [0, 0], flexible: 0 },
  {
    requestData: bytes,
    requestPrincipal: bytes.nullable(),
    clientHostAddress: bytes,
  },
)
export type EnvelopeRequest = typeof EnvelopeRequest.T

export const EnvelopeResponse = message(
  'EnvelopeResponse',
  { key: 58, versions: [0, 0], flexible: 0 },
  {
    responseData: bytes.nullable().default(null),
    errorCode: int16,
  },
)
export type EnvelopeResponse = typeof EnvelopeResponse.T
