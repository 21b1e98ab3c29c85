/**
 * SaslAuthenticate: v0-2
 *
 * Behavior
 * - As of SaslHandshake (17): a token that comes here comes from a client that nobody asked, or that has said already
 *   who it is: ILLEGAL_SASL_STATE (fact I29).
 *
 * Version notes
 * - v1 lifetime of the session (KIP-368); v2 flexible.
 */
import { SaslAuthenticateRequest, SaslAuthenticateResponse } from '../../protocol/api/36-sasl-authenticate.ts'
import { ErrorCode, errorMessage } from '../../protocol/errors.ts'
import { handlerFor } from './handler.ts'

const NOT_NOW = 'SaslAuthenticate request received after successful authentication'

export const saslAuthenticate = () =>
  handlerFor(SaslAuthenticateRequest, SaslAuthenticateResponse, {
    key: 36,
    versions: [0, 2],
    needs: 'nothing',
    listeners: ['broker', 'controller'],
    handle: () => refused(ErrorCode.ILLEGAL_SASL_STATE, NOT_NOW),
    refuse: (_request, errorCode) => refused(errorCode, errorMessage(errorCode)),
  })

const refused = (errorCode: ErrorCode, message: string | null) => ({
  errorCode,
  errorMessage: message,
  authBytes: Buffer.alloc(0),
})
