import { ErrorCode, ProtocolError } from '../../protocol/errors.ts'
import type { ClientConnection } from '../api/handler.ts'
import { addressBytes } from '../base/ip-address.ts'
import { encodePrincipal } from '../security/principal.ts'
import type { ControllerChannel } from './controller-channel.ts'

const ENVELOPE = 58
/** How long a forwarded request may take, whatever becomes of controllers meanwhile (fact B92). */
const FORWARDING_MS = 60_000

/** Sends clients' requests to the active controller, each in an Envelope (KIP-590). */
export class Forwarder {
  readonly #channel: ControllerChannel

  constructor(channel: ControllerChannel) {
    this.#channel = channel
  }

  /** The answer with its header, or the error that the client gets (fact B92). */
  async forward(frame: Buffer, { remote, principal }: ClientConnection): Promise<Buffer | ErrorCode> {
    const envelope = {
      requestData: frame,
      requestPrincipal: encodePrincipal(principal),
      clientHostAddress: addressBytes(remote.host),
    }
    try {
      const { errorCode, responseData } = await this.#channel.send(ENVELOPE, envelope, { timeoutMs: FORWARDING_MS })
      if (errorCode === ErrorCode.NONE && responseData !== null) return responseData
      return errorCode === ErrorCode.UNSUPPORTED_VERSION ? errorCode : ErrorCode.UNKNOWN_SERVER_ERROR
    } catch (error) {
      if (error instanceof ProtocolError) return error.code
      throw error
    }
  }
}
