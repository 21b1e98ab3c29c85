import type { ErrorCode } from '../../protocol/errors.ts'
import type { Message } from '../../protocol/schema/message.ts'
import type { Operation } from '../security/authorizer.ts'
import { ANONYMOUS, type Principal } from '../security/principal.ts'

/** What a handler may know of the connection that a request came on. */
export interface ClientConnection {
  /** Name of the listener (KIP-103): decides which advertised addresses the client is told. */
  readonly listener: string
  readonly remote: { host: string; port: number }
  /** Who asks; ANONYMOUS where nobody was asked for a name. */
  readonly principal: Principal
  /** Set by ApiVersions v3+ (KIP-511). */
  softwareName?: string
  softwareVersion?: string
}

/** Where requests of this process itself come from. */
export const IN_PROCESS: ClientConnection = { listener: '', remote: { host: '', port: 0 }, principal: ANONYMOUS }

export interface RequestContext {
  readonly apiVersion: number
  readonly clientId: string
  readonly connection: ClientConnection
}

// biome-ignore lint/suspicious/noExplicitAny: a message of whatever fields
type AnyMessage = Message<any>

/** Who asks: clients and brokers on a broker's listener, or brokers and controllers on a controller's. */
export type ListenerKind = 'broker' | 'controller'

/**
 * What somebody needs to be answered: an operation that is allowed on the cluster, else the request is refused as a whole
 * (CLUSTER_AUTHORIZATION_FAILED); `resources`: the handler itself asks about each that a request names; or nothing.
 */
export type Needs = Operation | 'resources' | 'nothing'

export type Answer<Response> = Response | null | Promise<Response | null>

/** A request that a broker has dealt with as far as it goes. */
export interface BrokerPart<Request, Response> {
  /** What is left for the controller; undefined if nothing is. */
  readonly rest: Request | undefined
  /** The rest is the request as it came. */
  readonly whole: boolean
  /** The answer to the request, out of the controller's to the rest. */
  join(answer: Response | undefined): Response
}

/**
 * One API as this node serves it: the row from which ApiVersions is computed.
 *
 * `handle` gives the response, or null where the protocol has none (Produce with acks=0). `refuse` puts an error that
 * belongs to no part of the request into the response's own form, as Kafka's getErrorResponse does.
 */
export interface Handler {
  readonly key: number
  readonly request: AnyMessage
  readonly response: AnyMessage
  readonly versions: readonly [oldest: number, newest: number]
  readonly pipelined: boolean
  readonly borrows: boolean
  readonly needs: Needs
  readonly listeners: readonly ListenerKind[]
  readonly forwarded: boolean
  readonly brokerPart: ((request: unknown, context: RequestContext) => BrokerPart<unknown, unknown>) | undefined
  handle(request: unknown, context: RequestContext): Answer<unknown>
  refuse(request: unknown, code: ErrorCode, context: RequestContext): unknown
}

/** The same while its types are known. */
interface TypedHandler<Request, Response> {
  readonly key: number
  readonly versions: readonly [oldest: number, newest: number]
  readonly needs: Needs
  /** The next request of the connection may start while this one still waits (replies keep their order). */
  readonly pipelined?: boolean
  /** Once it has answered, no byte of the request is needed but by those who hold it (base/slabs.ts). */
  readonly borrows?: boolean
  /** Where it is served. Default: to whoever asks a broker. */
  readonly listeners?: readonly ListenerKind[]
  /** Decided by the active controller: a broker passes the request on to it in an Envelope (KIP-590). */
  readonly forwarded?: boolean
  /** What the broker that was asked does itself before it passes a request on. */
  brokerPart?(request: Request, context: RequestContext): BrokerPart<Request, Response>
  handle(request: Request, context: RequestContext): Answer<Response>
  refuse(request: Request, code: ErrorCode, context: RequestContext): Response | CloseConnection
}

/** Ties a handler to its definitions in `protocol/api`, from which the types of request and response are inferred. */
export function handlerFor<Q extends AnyMessage, S extends AnyMessage>(
  request: Q,
  response: S,
  handler: TypedHandler<Q['T'], S['Input']>,
): Handler {
  return {
    request,
    response,
    pipelined: false,
    borrows: false,
    listeners: ['broker'],
    forwarded: false,
    brokerPart: undefined,
    ...handler,
  } as Handler
}

/** The handler closes the connection without an answer, as Kafka does for acks=0 with an error. */
export class CloseConnection extends Error {
  override name = 'CloseConnection'
}
