import { ApiVersionsResponse } from '../../protocol/api/18-api-versions.ts'
import type { ApiKey } from '../../protocol/api/index.ts'
import { DecodeError, ErrorCode, ProtocolError } from '../../protocol/errors.ts'
import { decodeRequestHeader } from '../../protocol/frame.ts'
import { RequestHeader, ResponseHeader, requestHeaderVersion, responseHeaderVersion } from '../../protocol/header.ts'
import { Reader } from '../../protocol/wire/reader.ts'
import { Writer } from '../../protocol/wire/writer.ts'
import { AssertionFailure } from '../base/assert.ts'
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
import { saslHandshake } from './17-sasl-handshake.ts'
import { apiVersions, type ServedApi } from './18-api-versions.ts'
import { createTopics } from './19-create-topics.ts'
import { deleteTopics } from './20-delete-topics.ts'
import { deleteRecords } from './21-delete-records.ts'
import { initProducerId } from './22-init-producer-id.ts'
import { offsetForLeaderEpoch } from './23-offset-for-leader-epoch.ts'
import { describeAcls } from './29-describe-acls.ts'
import { createAcls } from './30-create-acls.ts'
import { deleteAcls } from './31-delete-acls.ts'
import { describeConfigs } from './32-describe-configs.ts'
import { alterConfigs } from './33-alter-configs.ts'
import { alterReplicaLogDirs } from './34-alter-replica-log-dirs.ts'
import { describeLogDirs } from './35-describe-log-dirs.ts'
import { saslAuthenticate } from './36-sasl-authenticate.ts'
import { createPartitions } from './37-create-partitions.ts'
import { createDelegationToken } from './38-create-delegation-token.ts'
import { renewDelegationToken } from './39-renew-delegation-token.ts'
import { expireDelegationToken } from './40-expire-delegation-token.ts'
import { describeDelegationToken } from './41-describe-delegation-token.ts'
import { deleteGroups } from './42-delete-groups.ts'
import { electLeaders } from './43-elect-leaders.ts'
import { incrementalAlterConfigs } from './44-incremental-alter-configs.ts'
import { alterPartitionReassignments } from './45-alter-partition-reassignments.ts'
import { listPartitionReassignments } from './46-list-partition-reassignments.ts'
import { describeClientQuotas } from './48-describe-client-quotas.ts'
import { alterClientQuotas } from './49-alter-client-quotas.ts'
import { describeUserScramCredentials } from './50-describe-user-scram-credentials.ts'
import { alterUserScramCredentials } from './51-alter-user-scram-credentials.ts'
import { vote } from './52-vote.ts'
import { beginQuorumEpoch } from './53-begin-quorum-epoch.ts'
import { endQuorumEpoch } from './54-end-quorum-epoch.ts'
import { describeQuorum } from './55-describe-quorum.ts'
import { alterPartition } from './56-alter-partition.ts'
import { updateFeatures } from './57-update-features.ts'
import { envelope } from './58-envelope.ts'
import { fetchSnapshot } from './59-fetch-snapshot.ts'
import { describeCluster } from './60-describe-cluster.ts'
import { brokerRegistration } from './62-broker-registration.ts'
import { brokerHeartbeat } from './63-broker-heartbeat.ts'
import { unregisterBroker } from './64-unregister-broker.ts'
import { allocateProducerIds } from './67-allocate-producer-ids.ts'
import { controllerRegistration } from './70-controller-registration.ts'
import { assignReplicasToDirs } from './73-assign-replicas-to-dirs.ts'
import { listConfigResources } from './74-list-config-resources.ts'
import { describeTopicPartitions } from './75-describe-topic-partitions.ts'
import { addRaftVoter } from './80-add-raft-voter.ts'
import { removeRaftVoter } from './81-remove-raft-voter.ts'
import { updateRaftVoter } from './82-update-raft-voter.ts'
import { demand } from './authorize.ts'
import {
  type Answer,
  type ClientConnection,
  CloseConnection,
  type Handler,
  IN_PROCESS,
  type ListenerKind,
  type RequestContext,
} from './handler.ts'
import { fetchMetadata } from './metadata-fetch.ts'
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
  /** The whole request, header and body, as it came. */
  readonly frame: Buffer
  readonly connection: ClientConnection
}

/** What becomes of a request: response header and body without the size, nothing at all, or the end of the connection. */
export type Reply = { kind: 'reply'; chunks: Buffer[] } | { kind: 'none' } | { kind: 'close'; reason: string }

/** APIs that exist and that this node does not serve: they are not advertised, and asking for one closes the connection. */
const NOT_SERVED = [
  24, 25, 26, 27, 28, 47, 61, 65, 66, 68, 69, 71, 72, 76, 77, 78, 79, 83, 84, 85, 86, 87, 88, 89, 90, 91, 92,
] as const
type ServedKey = Exclude<ApiKey, (typeof NOT_SERVED)[number]>

/** What a kind of listener serves. */
function handlersOf(services: Services, kind: ListenerKind, api: Api): Handler[] {
  const handlers: Handler[] = Object.values(allHandlers(services, api))
  // The one API that means different things to brokers and to controllers.
  handlers.push(fetchMetadata(services))
  return handlers.filter(({ listeners }) => listeners.includes(kind))
}

/** Every other API there is: leaving one out of both lists does not compile. */
function allHandlers(services: Services, api: Api): Record<ServedKey, Handler> {
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
    17: saslHandshake(),
    18: apiVersions(services, () => api.served),
    19: createTopics(services),
    20: deleteTopics(services),
    21: deleteRecords(services),
    22: initProducerId(services),
    23: offsetForLeaderEpoch(services),
    29: describeAcls(services),
    30: createAcls(services),
    31: deleteAcls(services),
    32: describeConfigs(services),
    33: alterConfigs(services),
    34: alterReplicaLogDirs(services),
    35: describeLogDirs(services),
    36: saslAuthenticate(),
    37: createPartitions(services),
    38: createDelegationToken(),
    39: renewDelegationToken(),
    40: expireDelegationToken(),
    41: describeDelegationToken(),
    42: deleteGroups(services),
    43: electLeaders(services),
    44: incrementalAlterConfigs(services),
    45: alterPartitionReassignments(services),
    46: listPartitionReassignments(services),
    48: describeClientQuotas(services),
    49: alterClientQuotas(services),
    50: describeUserScramCredentials(services),
    51: alterUserScramCredentials(services),
    56: alterPartition(services),
    57: updateFeatures(services),
    52: vote(services),
    53: beginQuorumEpoch(services),
    54: endQuorumEpoch(services),
    55: describeQuorum(services),
    59: fetchSnapshot(services),
    80: addRaftVoter(services),
    81: removeRaftVoter(services),
    82: updateRaftVoter(services),
    58: envelope(services, (frame, connection) => api.enveloped(frame, connection)),
    60: describeCluster(services),
    62: brokerRegistration(services),
    63: brokerHeartbeat(services),
    64: unregisterBroker(services),
    67: allocateProducerIds(services),
    70: controllerRegistration(services),
    73: assignReplicasToDirs(services),
    74: listConfigResources(services),
    75: describeTopicPartitions(services),
  }
}

/** Finds the handler of a request, runs it, and puts what it gives, or how it fails, on the wire. */
export class Api {
  readonly #handlers: ReadonlyMap<number, Handler>
  readonly served: readonly ServedApi[]
  readonly #services: Services
  readonly #kind: ListenerKind

  /** @param kind the listeners that it answers on; what they do not serve is not in its ApiVersions */
  constructor(services: Services, kind: ListenerKind) {
    this.#services = services
    this.#kind = kind
    const handlers = handlersOf(services, kind, this)
    this.#handlers = new Map(handlers.map((handler) => [handler.key, handler]))
    this.served = handlers
      .map(({ key, versions: [minVersion, maxVersion] }) => ({ apiKey: key, minVersion, maxVersion }))
      .sort((one, other) => one.apiKey - other.apiKey)
  }

  /** True for requests whose successor on the connection need not wait for their answer. */
  readonly pipelined = (apiKey: number): boolean => this.#handlers.get(apiKey)?.pipelined ?? false
  /** True for requests whose memory is used again when they have been answered. */
  readonly borrows = (apiKey: number): boolean => this.#handlers.get(apiKey)?.borrows ?? false

  readonly dispatch = async (incoming: IncomingRequest): Promise<Reply> => {
    const { header, body, connection } = incoming
    const { apiKey, apiVersion, correlationId } = header
    const handler = this.#handlers.get(apiKey)
    if (handler === undefined || !serves(handler, apiVersion))
      return apiKey === API_VERSIONS ? this.#unknownApiVersions(correlationId) : this.#notServed(header, handler)

    const context: RequestContext = { apiVersion, clientId: header.clientId ?? '', connection }
    const inParts = handler.brokerPart !== undefined && this.#kind === 'broker'
    if (this.#isForwarded(handler) && !inParts) return this.#forward(handler, incoming, context)
    let request: unknown
    try {
      request = handler.request.decode(body, apiVersion)
    } catch (error) {
      if (error instanceof DecodeError)
        return { kind: 'close', reason: `${handler.request.name} v${apiVersion}: ${error.message}` }
      throw error
    }
    const handle = () =>
      inParts
        ? this.#answerInParts(handler, request, incoming, context)
        : this.#decide(handler, request, incoming.frame, context)
    const response = await this.#answer(handler, request, context, handle)
    if (response instanceof CloseConnection) return { kind: 'close', reason: response.message }
    if (response === null) return { kind: 'none' }
    return { kind: 'reply', chunks: encode(handler, apiVersion, correlationId, response) }
  }

  /** A request of this process itself, past the wire, in the newest version. Rejects with ProtocolError where the handler does. */
  async call(apiKey: number, request: unknown): Promise<unknown> {
    const handler = this.#handlers.get(apiKey)
    if (handler === undefined) throw new ProtocolError(ErrorCode.UNSUPPORTED_VERSION)
    return this.#run(handler, request, { apiVersion: handler.versions[1], clientId: '', connection: IN_PROCESS })
  }

  /**
   * A request that a broker passed on in an Envelope (KIP-590), answered with its header in front. Rejects with the
   * ProtocolError that belongs to the envelope (facts B90, B92).
   */
  async enveloped(frame: Buffer, connection: ClientConnection): Promise<Buffer> {
    const { handler, apiVersion, correlationId, clientId, body } = this.#openEnvelope(frame)
    const context = { apiVersion, clientId: clientId ?? '', connection }
    const request = decodeEnveloped(handler, body, apiVersion)
    let response: unknown
    try {
      response = await this.#run(handler, request, context)
    } catch (error) {
      if (!(error instanceof ProtocolError) || error.code === ErrorCode.NOT_CONTROLLER) throw error
      response = handler.refuse(request, error.code, context)
    }
    return Buffer.concat(encode(handler, apiVersion, correlationId, response))
  }

  /** The only place where a handler is run: whoever lacks the right that its row names does not get to it. */
  #run(handler: Handler, request: unknown, context: RequestContext): Answer<unknown> {
    const { needs } = handler
    if (needs !== 'resources' && needs !== 'nothing') demand(this.#services, context, needs, 'CLUSTER')
    return handler.handle(request, context)
  }

  #openEnvelope(frame: Buffer) {
    let header: ReturnType<typeof decodeRequestHeader>
    try {
      header = decodeRequestHeader(frame)
    } catch (error) {
      if (error instanceof DecodeError) throw new ProtocolError(ErrorCode.UNSUPPORTED_VERSION, error.message)
      throw error
    }
    const handler = this.#handlers.get(header.api.key)
    if (!handler?.forwarded) throw new ProtocolError(ErrorCode.INVALID_REQUEST)
    if (!serves(handler, header.version)) throw new ProtocolError(ErrorCode.UNSUPPORTED_VERSION)
    const { version: apiVersion, correlationId, clientId, body } = header
    return { handler, apiVersion, correlationId, clientId, body }
  }

  #isForwarded(handler: Handler): boolean {
    return handler.forwarded && this.#kind === 'broker' && !this.#services.isActiveController()
  }

  /** The controller decides, and its answer goes to the client as it is. */
  async #forward(handler: Handler, incoming: IncomingRequest, context: RequestContext): Promise<Reply> {
    const { header, frame, body, connection } = incoming
    const { apiVersion, correlationId } = header
    const outcome = await this.#services.forward(frame, connection)
    if (Buffer.isBuffer(outcome)) return { kind: 'reply', chunks: [outcome] }
    if (outcome === ErrorCode.UNSUPPORTED_VERSION) return this.#notServed(header, handler)
    const response = handler.refuse(handler.request.decode(body, apiVersion), outcome, context)
    return { kind: 'reply', chunks: encode(handler, apiVersion, correlationId, response) }
  }

  /** A controller that loses its office over a request leaves it to the next one, as if it had never had it (fact B92). */
  async #decide(handler: Handler, request: unknown, frame: Buffer, context: RequestContext): Promise<unknown> {
    try {
      return await this.#run(handler, request, context)
    } catch (error) {
      const isOurs = handler.forwarded && this.#kind === 'broker'
      if (!isOurs || !(error instanceof ProtocolError) || error.code !== ErrorCode.NOT_CONTROLLER) throw error
    }
    return this.#answerFromController(handler, request, frame, context)
  }

  async #answerFromController(handler: Handler, request: unknown, frame: Buffer, context: RequestContext) {
    const outcome = await this.#services.forward(frame, context.connection)
    if (Buffer.isBuffer(outcome)) return decodeAnswer(handler, context.apiVersion, outcome)
    return handler.refuse(request, outcome, context)
  }

  /** What this broker has to say itself, and the controller's answer to the rest, as one. */
  async #answerInParts(handler: Handler, request: unknown, incoming: IncomingRequest, context: RequestContext) {
    const { rest, whole, join } = handler.brokerPart!(request, context)
    if (rest === undefined) return join(undefined)
    const frame = whole ? incoming.frame : encodeFrame(handler, incoming.header, rest)
    if (this.#services.isActiveController()) return join(await this.#decide(handler, rest, frame, context))
    return join(await this.#answerFromController(handler, rest, frame, context))
  }

  /** Fact I19: whatever goes wrong in a handler is answered in the form that the API has for errors. */
  async #answer(handler: Handler, request: unknown, context: RequestContext, handle: () => unknown): Promise<unknown> {
    try {
      return await handle()
    } catch (error) {
      if (error instanceof CloseConnection) return error
      if (error instanceof ProtocolError) return handler.refuse(request, error.code, context)
      // An impossible state stops the node; it is not for an answer to hide.
      if (error instanceof AssertionFailure) throw error
      this.#services.logger.error(`${handler.request.name} v${context.apiVersion} failed`, { error })
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

const serves = ({ versions: [oldest, newest] }: Handler, version: number): boolean =>
  version >= oldest && version <= newest

/** A request as a client would send it, without its size. */
function encodeFrame({ key, request }: Handler, header: IncomingRequest['header'], body: unknown): Buffer {
  const { apiVersion, correlationId, clientId } = header
  const writer = new Writer()
  const fields = { requestApiKey: key, requestApiVersion: apiVersion, correlationId, clientId }
  RequestHeader.encode(writer, requestHeaderVersion(key, apiVersion)!, fields)
  request.encode(writer, apiVersion, body as never)
  return Buffer.concat(writer.finish())
}

function decodeAnswer({ key, response }: Handler, apiVersion: number, frame: Buffer): unknown {
  const reader = new Reader(frame)
  ResponseHeader.decode(reader, responseHeaderVersion(key, apiVersion)!)
  return response.decode(reader, apiVersion)
}

function decodeEnveloped(handler: Handler, body: Reader, apiVersion: number): unknown {
  try {
    return handler.request.decode(body, apiVersion)
  } catch (error) {
    if (error instanceof DecodeError) throw new ProtocolError(ErrorCode.UNSUPPORTED_VERSION, error.message)
    throw error
  }
}

function encode(handler: Handler, apiVersion: number, correlationId: number, response: unknown): Buffer[] {
  const writer = new Writer()
  ResponseHeader.encode(writer, responseHeaderVersion(handler.key, apiVersion)!, { correlationId })
  handler.response.encode(writer, apiVersion, response as never)
  return writer.finish()
}
