import type { ApiKey } from '../../protocol/api/index.ts'
import type { ErrorCode } from '../../protocol/errors.ts'
import type { Message } from '../../protocol/schema/message.ts'
import { handlerFor, type ListenerKind, type Needs } from './handler.ts'
import type { Services } from './services.ts'

// biome-ignore lint/suspicious/noExplicitAny: a message of whatever fields
type AnyMessage = Message<any>

interface QuorumHandler<Response> {
  readonly key: ApiKey
  readonly versions: readonly [oldest: number, newest: number]
  readonly needs: Needs
  readonly listeners: readonly ListenerKind[]
  readonly forwarded?: boolean
  refuse(errorCode: ErrorCode): Response
}

/** An API that the metadata quorum answers itself: consensus is its business alone (KIP-595). */
export function quorumHandler<Q extends AnyMessage, S extends AnyMessage>(
  services: Services,
  request: Q,
  response: S,
  { key, refuse, ...handler }: QuorumHandler<S['Input']>,
) {
  return handlerFor(request, response, {
    key,
    ...handler,
    handle: (body, { apiVersion, connection }) =>
      services.quorum.handle(key, apiVersion, body, { listener: connection.listener }) as Promise<S['Input']>,
    refuse: (_request, errorCode) => refuse(errorCode),
  })
}
