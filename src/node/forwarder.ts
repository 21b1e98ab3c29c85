import { ErrorCode, ProtocolError } from '../../protocol/errors.ts'
import type { ClientConnection } from '../api/handler.ts'
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

/** An address as its four or sixteen bytes; what is none is 0.0.0.0. */
export function addressBytes(host: string): Buffer {
  if (/^\d+\.\d+\.\d+\.\d+$/.test(host)) return Buffer.from(host.split('.').map(Number))
  if (!host.includes(':')) return Buffer.alloc(4)
  const [head = '', tail] = host.split('%')[0]!.split('::')
  const groups = (text: string) => (text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16)))
  const front = groups(head)
  const back = groups(tail ?? '')
  const bytes = Buffer.alloc(16)
  for (const [i, group] of front.entries()) bytes.writeUInt16BE(group & 0xffff, 2 * i)
  for (const [i, group] of back.entries()) bytes.writeUInt16BE(group & 0xffff, 16 - 2 * (back.length - i))
  return bytes
}
