import type { DefaultPrincipalData } from '../../protocol/principal.ts'
import type { Reader } from '../../protocol/wire/reader.ts'
import type { HostPort } from '../base/network.ts'

/** The header of a request (protocol guide, "Request Header"), whatever its version. */
export interface RequestHeader {
  readonly apiKey: number
  readonly apiVersion: number
  readonly correlationId: number
  readonly clientId: string | null
}

/** What handlers may know of the connection of a request, and do to it. */
export interface ConnectionContext {
  /** Unique in this process. */
  readonly id: string
  /** Name of the listener (KIP-103): decides which advertised addresses the client is told. */
  readonly listener: string
  readonly remote: HostPort
  readonly local: HostPort
  /** Who asks. */
  principal: Readonly<DefaultPrincipalData>
  /** Of the newest request. */
  readonly clientId: string | null
  /** Set by ApiVersions v3+ (KIP-511). */
  softwareName?: string
  softwareVersion?: string
  /** Runs `hook` once when the connection is gone; at once if it already is. */
  onClose(hook: () => void): void
  /** Sends the replies that are ready, drops what is in flight, and closes. */
  close(): void
}

/** A request as the connection hands it over: header read, body not. `body` belongs to the receiver. */
export interface IncomingRequest {
  readonly header: RequestHeader
  readonly body: Reader
  readonly connection: ConnectionContext
  /** The whole request, header and body, without its size. */
  readonly frame: Buffer
  /** Size of the request on the wire, without the four bytes that say it. */
  readonly frameBytes: number
}

/** What becomes of a request. `chunks`: response header and body without the size; they must not change afterwards. */
export type Reply =
  | { readonly kind: 'reply'; readonly chunks: readonly Uint8Array[] }
  | { readonly kind: 'none' }
  /** With an answer, if there are chunks; they leave before the connection ends. */
  | { readonly kind: 'close'; readonly reason: string; readonly chunks?: readonly Uint8Array[] }

/** Answers a request. Must not throw or reject for anything that a peer can send. */
export type Dispatch = (request: IncomingRequest) => Reply | Promise<Reply>

/** Stands before `dispatch` as long as a connection lives, where its client has to say who it is (SASL). */
export interface Gate {
  /** Of the next frame; undefined for the limit of requests. */
  readonly maxFrameBytes: number | undefined
  /** The next frame has no header: it goes to `token`. */
  readonly takesToken: boolean
  token(token: Buffer, connection: ConnectionContext): Reply | Promise<Reply>
  request(request: IncomingRequest, dispatch: Dispatch): Reply | Promise<Reply>
}
