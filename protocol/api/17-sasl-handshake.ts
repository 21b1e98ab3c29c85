import { message } from '../schema/message.ts'
import { array, int16, string } from '../schema/types.ts'

/**
 * SaslHandshake: picks the SASL mechanism (KIP-43). After v0 the tokens travel as bare frames, after v1 in
 * SaslAuthenticate (KIP-152).
 */

export const SaslHandshakeRequest = message(
  'SaslHandshakeRequest',
  { key: 17, versions: [0, 1], flexible: 'never' },
  {
    mechanism: string,
  },
)
export type SaslHandshakeRequest = typeof SaslHandshakeRequest.T

export const SaslHandshakeResponse = message(
  'SaslHandshakeResponse',
  { key: 17, versions: [0, 1], flexible: 'never' },
  {
    errorCode: int16,
    mechanisms: array(string),
  },
)
export type SaslHandshakeResponse = typeof SaslHandshakeResponse.T
