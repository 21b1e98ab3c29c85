/**
 * SaslHandshake: v0-1
 *
 * Behavior
 * - Who a client is, is asked before any handler is reached (src/security/sasl-gate.ts). What comes here came where
 *   nobody asks, or from a client that has said it already: ILLEGAL_SASL_STATE, and the connection goes on (fact I29).
 *
 * Version notes
 * - v0 tokens follow as they are, v1 in SaslAuthenticate (KIP-152).
 */
import { SaslHandshakeRequest, SaslHandshakeResponse } from '../../protocol/api/17-sasl-handshake.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import { handlerFor } from './handler.ts'

export const saslHandshake = () =>
  handlerFor(SaslHandshakeRequest, SaslHandshakeResponse, {
    key: 17,
    versions: [0, 1],
    needs: 'nothing',
    listeners: ['broker', 'controller'],
    handle: () => ({ errorCode: ErrorCode.ILLEGAL_SASL_STATE, mechanisms: [] }),
    refuse: (_request, errorCode) => ({ errorCode, mechanisms: [] }),
  })
