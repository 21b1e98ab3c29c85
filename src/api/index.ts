import { ApiVersionsResponse } from '../../protocol/api/18-api-versions.ts'
import type { ApiKey } from '../../protocol/api/index.ts'
import { DecodeError, ErrorCode, ProtocolError } from '../../protocol/errors.ts'
import { ResponseHeader, responseHeaderVersion } from '../../protocol/header.ts'
import type { Reader } from '../../protocol/wire/reader.ts'
import { Writer } from '../../protocol/wire/writer.ts'
import { AssertionFailure } from '../base/assert.ts'
import type { Logger } from '../base/logger.ts'
import { produce } from './00-produce.ts'
import { fetch } from './01-fetch.ts'
import { listOffsets } from './02-list-offsets.ts'
import { metadata } from './03-metadata.ts'
import { offsetCommit } from './08-offset-commit.ts'
import { offsetFetch } from './09-offset-fetch.ts'
import { findCoordinator } from './10-find-coordinator.ts'
import { joinGroup } from './11-join-group.ts'
import { heartbeat } from './12-heartbeat.ts'
import { leaveGroup } from './13-leave-group.ts'
import { syncGroup } from './14-sync-group.ts'
import { describeGroups } from './15-describe-groups.ts'
import { listGroups } from './16-list-groups.ts'
import { apiVersions, type ServedApi } from './18-api-versions.ts'
import { createTopics } from './19-create-topics.ts'
import { deleteTopics } from './20-delete-topics.ts'
import { initProducerId } from './22-init-producer-id.ts'
import { offsetForLeaderEpoch } from './23-offset-for-leader-epoch.ts'
import { describeConfigs } from './32-describe-configs.ts'
import { deleteGroups } from './42-delete-groups.ts'
import { describeCluster } from './60-describe-cluster.ts'
import { describeTopicPartitions } from './75-describe-topic-partitions.ts'
import { type ClientConnection, CloseConnection, type Handler, type RequestContext } from './handler.ts'
import type { Services } from './services.ts'

/** A request as the connection hands it over: header read, body not. */
export interface IncomingRequest {
  readonly header: {
    readonly apiKey: number
    readonly apiVersion: number
    readonly correlationId: number
    readonly clientId: string | null
  }
  readonly body: Reader
  readonly connection: ClientConnection
}

/** What becomes of a request: response header and body without the size, nothing at all, or the end of the connection. */
export type Reply = { kind: 'reply'; chunks: Buffer[] } | { kind: 'none' } | { kind: 'close'; reason: string }

/** APIs that exist and that this node does not serve: they are not advertised, and asking for one closes the connection. */
const NOT_SERVED = [
  17, 21, 24, 25, 26, 27, 28, 29, 30, 31, 33, 34, 35, 36, 37, 38, 39, 40, 41, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52,
  53, 54, 55, 56, 57, 58, 59, 61, 62, 63, 64, 65, 66, 67, 68, 69, 70, 71, 72, 73, 74, 76, 77, 78, 79, 80, 81, 82, 83,
  84, 85, 86, 87, 88, 89, 90, 91, 92,
] as const
type ServedKey = Exclude<ApiKey, (typeof NOT_SERVED)[number]>

/** Every other API there is: leaving one out of both lists does not compile. */
function handlersOf(services: Services, served: () => readonly ServedApi[]): Record<ServedKey, Handler> {
  return {
    0: produce(services),
    1: fetch(services),
    2: listOffsets(services),
    3: metadata(services),
    8: offsetCommit(services),
    9: offsetFetch(services),
    10: findCoordinator(services),
    11: joinGroup(services),
    12: heartbeat(services),
    13: leaveGroup(services),
    14: syncGroup(services),
    15: describeGroups(services),
    16: listGroups(services),
    18: apiVersions(services, served),
    19: createTopics(services),
    20: deleteTopics(services),
    22: initProducerId(services),
    23: offsetForLeaderEpoch(services),
    32: describeConfigs(services),
    42: deleteGroups(services),
    60: describeCluster(services),
    75: describeTopicPartitions(services),
  }
}

/** Finds the handler of a request, runs it, and puts what it gives, or how it fails, on the wire. */
export class Api {
  readonly #handlers: ReadonlyMap<number, Handler>
  readonly served: readonly ServedApi[]
  readonly #logger: Logger

  constructor(services: Services) {
    this.#logger = services.logger
    const handlers = Object.values(handlersOf(services, () => this.served))
    this.#handlers = new Map(handlers.map((handler) => [handler.key, handler]))
    this.served = handlers
      .map(({ key, versions: [minVersion, maxVersion] }) => ({ apiKey: key, minVersion, maxVersion }))
      .sort((one, other) => one.apiKey - other.apiKey)
  }

  /** True for requests whose successor on the connection need not wait for their answer. */
  readonly pipelined = (apiKey: number): boolean => this.#handlers.get(apiKey)?.pipelined ?? false

  readonly dispatch = async ({ header, body, connection }: IncomingRequest): Promise<Reply> => {
    const { apiKey, apiVersion, correlationId } = header
    const handler = this.#handlers.get(apiKey)
    const known = handler !== undefined && apiVersion >= handler.versions[0] && apiVersion <= handler.versions[1]
    if (!known)
      return apiKey === API_VERSIONS ? this.#unknownApiVersions(correlationId) : this.#notServed(header, handler)

    const context: RequestContext = { apiVersion, clientId: header.clientId ?? '', connection }
    let request: unknown
    try {
      request = handler.request.decode(body, apiVersion)
    } catch (error) {
      if (error instanceof DecodeError)
        return { kind: 'close', reason: `${handler.request.name} v${apiVersion}: ${error.message}` }
      throw error
    }
    const response = await this.#answer(handler, request, context)
    if (response instanceof CloseConnection) return { kind: 'close', reason: response.message }
    return response === null ? { kind: 'none' } : encode(handler, apiVersion, correlationId, response)
  }

  /** Fact I19: whatever goes wrong in a handler is answered in the form that the API has for errors. */
  async #answer(handler: Handler, request: unknown, context: RequestContext): Promise<unknown> {
    try {
      return await handler.handle(request, context)
    } catch (error) {
      if (error instanceof CloseConnection) return error
      if (error instanceof ProtocolError) return handler.refuse(request, error.code, context)
      // An impossible state stops the node; it is not for an answer to hide.
      if (error instanceof AssertionFailure) throw error
      this.#logger.error(`${handler.request.name} v${context.apiVersion} failed`, { error })
      return handler.refuse(request, ErrorCode.UNKNOWN_SERVER_ERROR, context)
    }
  }

  /** Fact I9: in the form of v0, so that a client of whatever age can read which versions there are. */
  #unknownApiVersions(correlationId: number): Reply {
    const writer = new Writer()
    ResponseHeader.encode(writer, 0, { correlationId })
    const apiKeys = this.served.filter(({ apiKey }) => apiKey === API_VERSIONS)
    ApiVersionsResponse.encode(writer, 0, { errorCode: ErrorCode.UNSUPPORTED_VERSION, apiKeys })
    return { kind: 'reply', chunks: writer.finish() }
  }

  /** Apache Kafka closes without a word (facts I7, F5); we at least say in our own log who asked for what. */
  #notServed({ apiKey, apiVersion, clientId }: IncomingRequest['header'], handler: Handler | undefined): Reply {
    const reason = handler
      ? `client ${clientId ?? ''} asked for ${handler.request.name} v${apiVersion}; versions served are ${handler.versions.join(' to ')}`
      : `client ${clientId ?? ''} asked for API ${apiKey} v${apiVersion}, which is not served`
    return { kind: 'close', reason }
  }
}

const API_VERSIONS = 18

function encode(handler: Handler, apiVersion: number, correlationId: number, response: unknown): Reply {
  const writer = new Writer()
  ResponseHeader.encode(writer, responseHeaderVersion(handler.key, apiVersion)!, { correlationId })
  handler.response.encode(writer, apiVersion, response as never)
  return { kind: 'reply', chunks: writer.finish() }
}
