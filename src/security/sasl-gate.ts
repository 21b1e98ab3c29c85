import { SaslHandshakeRequest, SaslHandshakeResponse } from '../../protocol/api/17-sasl-handshake.ts'
import { ApiVersionsResponse } from '../../protocol/api/18-api-versions.ts'
import { SaslAuthenticateRequest, SaslAuthenticateResponse } from '../../protocol/api/36-sasl-authenticate.ts'
import { DecodeError, ErrorCode } from '../../protocol/errors.ts'
import { ResponseHeader, responseHeaderVersion } from '../../protocol/header.ts'
import type { Message } from '../../protocol/schema/message.ts'
import type { Reader } from '../../protocol/wire/reader.ts'
import { Writer } from '../../protocol/wire/writer.ts'
import type { Clock, Timers } from '../base/time.ts'
import { isSamePrincipal, type Principal, userPrincipal } from './principal.ts'
import type { SaslExchange, SaslStep } from './sasl-exchange.ts'

const API_VERSIONS = ApiVersionsResponse.key
const SASL_HANDSHAKE = SaslHandshakeRequest.key
const SASL_AUTHENTICATE = SaslAuthenticateRequest.key
/** A connection says anew who it is no more often than this (KIP-368). */
const MIN_REAUTHENTICATION_MS = 1000

/** What a gate needs of a request; the connection keeps who was let through. */
export interface GatedRequest {
  readonly header: { readonly apiKey: number; readonly apiVersion: number; readonly correlationId: number }
  readonly body: Reader
  readonly connection: GatedConnection
}

export interface GatedConnection {
  principal: Principal
}

export type GateReply =
  | { readonly kind: 'reply'; readonly chunks: readonly Uint8Array[] }
  | { readonly kind: 'none' }
  | { readonly kind: 'close'; readonly reason: string; readonly chunks?: readonly Uint8Array[] }

export interface SaslGateOptions {
  readonly clock: Clock
  readonly timers: Timers
  /** What clients are told, in this order. */
  readonly mechanisms: readonly string[]
  readonly maxTokenBytes: number
  /** By mechanism. None, or not positive: a client says once who it is. */
  readonly maxReauthMs: ReadonlyMap<string, number>
  readonly failureDelayMs: number
  /** Of one of the mechanisms. */
  exchange(mechanism: string): SaslExchange
}

/**
 * Stands before everything else on a connection whose client has to say who it is (facts I13, I25 to I32):
 *
 *   initial -> handshake (versions were told) -> authenticate -> complete -> authenticate (KIP-368) -> complete ...
 *
 * from `initial` to `authenticate` without `handshake` too. Whatever goes wrong ends the connection: a client is told
 * after a delay, and nothing else that it sent is looked at.
 */
export class SaslGate {
  readonly #options: SaslGateOptions
  #state: 'initial' | 'handshake' | 'authenticate' | 'complete' = 'initial'
  #exchange: SaslExchange | undefined
  #mechanism = ''
  /** SaslHandshake was v0: tokens come as they are, not in SaslAuthenticate. */
  #bareTokens = false
  /** What is told to a client that goes on after it has asked for another mechanism than it had. */
  #wrongMechanism: string | undefined
  /** Who it was before it was asked again. */
  #before: Principal | undefined
  #expiresMs = Number.POSITIVE_INFINITY
  #reauthenticatedMs = Number.NEGATIVE_INFINITY

  constructor(options: SaslGateOptions) {
    this.#options = options
  }

  /** Of a frame that it takes now; undefined where anything goes that is a request. */
  get maxFrameBytes(): number | undefined {
    return this.#state === 'complete' ? undefined : this.#options.maxTokenBytes
  }

  /** The next frame has no header. */
  get takesToken(): boolean {
    return this.#state === 'authenticate' && this.#bareTokens
  }

  async token(token: Buffer, connection: GatedConnection): Promise<GateReply> {
    const step = this.#step(token, connection)
    // Clients of that age are not told what was wrong.
    if (step.kind === 'failed') return this.#fail(this.#messageOf(step))
    return { kind: 'reply', chunks: [step.token] }
  }

  request<Request extends GatedRequest>(
    request: Request,
    dispatch: (request: Request) => GateReply | Promise<GateReply>,
  ): GateReply | Promise<GateReply> {
    const { apiKey } = request.header
    if (this.#state !== 'complete') return this.#gated(request, dispatch)
    const nowMs = this.#options.clock.monotonicMs()
    if (apiKey === SASL_HANDSHAKE && this.#maySayAnew(nowMs)) return this.#sayAnew(request, nowMs)
    if (nowMs > this.#expiresMs) return { kind: 'close', reason: 'the client did not say again who it is' }
    return dispatch(request)
  }

  async #gated<Request extends GatedRequest>(
    request: Request,
    dispatch: (request: Request) => GateReply | Promise<GateReply>,
  ): Promise<GateReply> {
    const { apiKey, apiVersion } = request.header
    if (this.#state === 'authenticate') {
      if (this.#wrongMechanism !== undefined) return this.#fail(this.#wrongMechanism)
      if (apiKey === SASL_AUTHENTICATE && SaslAuthenticateRequest.has(apiVersion)) return this.#authenticate(request)
    } else if (apiKey === SASL_HANDSHAKE && SaslHandshakeRequest.has(apiVersion)) {
      return this.#handshake(request)
    } else if (apiKey === API_VERSIONS && this.#state === 'initial') {
      const reply = await dispatch(request)
      if (saysNone(reply)) this.#state = 'handshake'
      return reply
    }
    const answer = this.#state === 'authenticate' ? notNow(request) : []
    return this.#fail(`API ${apiKey} v${apiVersion} while the client has not said who it is`, answer)
  }

  /** Apache Kafka answers a second handshake that may not be with ILLEGAL_SASL_STATE, as it does where nobody is asked. */
  #maySayAnew(nowMs: number): boolean {
    return this.#expiresMs !== Number.POSITIVE_INFINITY && nowMs - this.#reauthenticatedMs >= MIN_REAUTHENTICATION_MS
  }

  #sayAnew(request: GatedRequest, nowMs: number): Promise<GateReply> {
    this.#reauthenticatedMs = nowMs
    this.#before = request.connection.principal
    return this.#handshake(request)
  }

  async #handshake(request: GatedRequest): Promise<GateReply> {
    const { mechanisms } = this.#options
    const body = decoded(SaslHandshakeRequest, request)
    if (body === undefined) return this.#fail('a SaslHandshake that does not decode')
    const { mechanism } = body
    const isEnabled = mechanisms.includes(mechanism)
    const errorCode = isEnabled ? ErrorCode.NONE : ErrorCode.UNSUPPORTED_SASL_MECHANISM
    const chunks = encoded(SaslHandshakeResponse, request, { errorCode, mechanisms: [...mechanisms] })
    if (!isEnabled) return this.#fail(`SASL mechanism ${JSON.stringify(mechanism)} is not enabled`, chunks)
    if (this.#before !== undefined && mechanism !== this.#mechanism)
      this.#wrongMechanism = `mechanism ${mechanism} where it was ${this.#mechanism} before`
    this.#mechanism = mechanism
    this.#bareTokens = request.header.apiVersion === 0
    this.#exchange = this.#options.exchange(mechanism)
    this.#state = 'authenticate'
    return { kind: 'reply', chunks }
  }

  async #authenticate(request: GatedRequest): Promise<GateReply> {
    const body = decoded(SaslAuthenticateRequest, request)
    if (body === undefined) return this.#fail('a SaslAuthenticate that does not decode')
    const step = this.#step(body.authBytes, request.connection)
    if (step.kind === 'failed') {
      const errorMessage = this.#messageOf(step)
      const refusal = { errorCode: ErrorCode.SASL_AUTHENTICATION_FAILED, errorMessage, authBytes: Buffer.alloc(0) }
      return this.#fail(errorMessage, encoded(SaslAuthenticateResponse, request, refusal))
    }
    const sessionLifetimeMs = step.kind === 'done' ? this.#lifetimeMs : 0
    const answer = { errorCode: ErrorCode.NONE, errorMessage: '', authBytes: step.token, sessionLifetimeMs }
    return { kind: 'reply', chunks: encoded(SaslAuthenticateResponse, request, answer) }
  }

  #step(token: Buffer, connection: GatedConnection): SaslStep {
    const step = this.#exchange!.step(token)
    if (step.kind !== 'done') return step
    const principal = userPrincipal(step.user)
    const before = this.#before
    if (before !== undefined && !isSamePrincipal(before, principal)) {
      const names = [before, principal].map(({ type, name }) => `${type}.${name}`)
      const message = `Cannot change principals during re-authentication from ${names.join(': ')}`
      return { kind: 'failed', message }
    }
    connection.principal = principal
    this.#exchange = undefined
    this.#state = 'complete'
    const lifetimeMs = this.#lifetimeMs
    this.#expiresMs = lifetimeMs > 0 ? this.#options.clock.monotonicMs() + lifetimeMs : Number.POSITIVE_INFINITY
    return step
  }

  /** For how long it holds who the client is; 0 for ever. */
  get #lifetimeMs(): number {
    return Math.max(0, this.#options.maxReauthMs.get(this.#mechanism) ?? 0)
  }

  #messageOf({ message }: { readonly message?: string }): string {
    const what = this.#before === undefined ? 'authentication' : 're-authentication'
    return (
      message ??
      `Authentication failed during ${what} due to invalid credentials with SASL mechanism ${this.#mechanism}`
    )
  }

  /** Nobody learns fast whether a guess was right. */
  #fail(reason: string, chunks: readonly Uint8Array[] = []): Promise<GateReply> {
    return new Promise((resolve) => {
      this.#options.timers.after(this.#options.failureDelayMs, () => {
        resolve(chunks.length === 0 ? { kind: 'close', reason } : { kind: 'close', reason, chunks })
      })
    })
  }
}

// biome-ignore lint/suspicious/noExplicitAny: a message of whatever fields
type AnyMessage = Message<any>

/** What is asked between a handshake and its token gets a word more than what comes before (I32), if it is part of the talk. */
function notNow(request: GatedRequest): Buffer[] {
  const { apiKey, apiVersion } = request.header
  const errorCode = ErrorCode.ILLEGAL_SASL_STATE
  if (apiKey === SASL_HANDSHAKE && SaslHandshakeResponse.has(apiVersion))
    return encoded(SaslHandshakeResponse, request, { errorCode, mechanisms: [] })
  if (apiKey === API_VERSIONS && ApiVersionsResponse.has(apiVersion))
    return encoded(ApiVersionsResponse, request, { errorCode, apiKeys: [] })
  return []
}

function decoded<M extends AnyMessage>(message: M, { header, body }: GatedRequest): M['T'] | undefined {
  try {
    return message.decode(body, header.apiVersion)
  } catch (error) {
    if (error instanceof DecodeError) return undefined
    throw error
  }
}

function encoded<M extends AnyMessage>(message: M, { header }: GatedRequest, response: M['Input']): Buffer[] {
  const { apiKey, apiVersion, correlationId } = header
  const writer = new Writer()
  ResponseHeader.encode(writer, responseHeaderVersion(apiKey, apiVersion)!, { correlationId })
  message.encode(writer, apiVersion, response)
  return writer.finish()
}

/** Behind the correlation id of an ApiVersions answer, whatever its version, stands its error. */
function saysNone(reply: GateReply): boolean {
  return reply.kind === 'reply' && Buffer.concat(reply.chunks).readInt16BE(4) === ErrorCode.NONE
}
