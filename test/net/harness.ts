import { type ApiKey, type ApiOf, apiByKey } from '../../protocol/api/index.ts'
import { encodeRequest, encodeResponse } from '../../protocol/frame.ts'
import { defaultsOf } from '../../src/base/config.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { createMemorySystem } from '../../src/base/memory-system.ts'
import type { HostPort, Socket } from '../../src/base/network.ts'
import type { SlabPool } from '../../src/base/slabs.ts'
import { type NetConfig, netConfig } from '../../src/net/config.ts'
import type { Gate, IncomingRequest, Reply } from '../../src/net/dispatch.ts'
import { FrameReader } from '../../src/net/frames.ts'
import { type ListenerSpec, parseListeners } from '../../src/net/listener.ts'
import { NetServer } from '../../src/net/server.ts'
import { ANONYMOUS } from '../../src/security/principal.ts'

export const PRODUCE = 0
export const FETCH = 1
export const METADATA = 3
export const API_VERSIONS = 18

export function netConfigWith(changes: Partial<NetConfig> = {}): NetConfig {
  return { ...defaultsOf(netConfig), ...changes }
}

export function specs(...listeners: string[]): readonly ListenerSpec[] {
  const parsed = parseListeners({ ...defaultsOf(netConfig), listeners })
  if (parsed.errors.length > 0) throw new Error(parsed.errors.join())
  return parsed.listeners
}

/** A whole request frame, with its size in front. */
export function requestFrame<Key extends ApiKey>(
  key: Key,
  version: number,
  correlationId: number,
  body: ApiOf<Key>['request']['Input'],
): Buffer {
  return Buffer.concat(encodeRequest(apiByKey(key), version, correlationId, 'tester', body as never))
}

/** A request of a few bytes; its body means nothing. */
export function smallRequest(key: number, correlationId: number, bodyBytes = 0): Buffer {
  const frame = Buffer.alloc(4 + 10 + bodyBytes)
  frame.writeInt32BE(10 + bodyBytes, 0)
  frame.writeInt16BE(key, 4)
  frame.writeInt16BE(0, 6)
  frame.writeInt32BE(correlationId, 8)
  frame.writeInt16BE(-1, 12)
  return frame
}

/** A reply that holds the correlation id and then `bytes` more. */
export function replyTo({ header }: IncomingRequest, bytes = 0): Reply {
  const chunk = Buffer.alloc(4 + bytes, header.apiKey)
  chunk.writeInt32BE(header.correlationId)
  return { kind: 'reply', chunks: [chunk] }
}

/** The ApiVersions answer of a server that serves what is listed. */
export function apiVersionsReply({ header }: IncomingRequest, apis: [key: number, min: number, max: number][]): Reply {
  const apiKeys = apis.map(([apiKey, minVersion, maxVersion]) => ({ apiKey, minVersion, maxVersion }))
  const frame = Buffer.concat(
    encodeResponse(apiByKey(API_VERSIONS), header.apiVersion, header.correlationId, { errorCode: 0, apiKeys }),
  )
  return { kind: 'reply', chunks: [frame.subarray(4)] }
}

/** The other end of a connection, raw. */
export class RawClient {
  readonly socket: Socket
  readonly #frames = new FrameReader(2 ** 30)
  readonly frames: Buffer[] = []
  chunks = 0
  bytes = 0
  closed = false
  error: Error | undefined

  constructor(socket: Socket) {
    this.socket = socket
    socket.handle({
      onData: (chunk) => {
        this.chunks++
        this.bytes += chunk.length
        this.#frames.push(chunk)
        for (let frame = this.#frames.take(); frame !== undefined; frame = this.#frames.take()) this.frames.push(frame)
      },
      onDrain: () => {},
      onClose: (error) => {
        this.closed = true
        this.error = error
      },
    })
  }

  send(...chunks: Buffer[]): boolean {
    return this.socket.write(chunks)
  }

  /** Correlation ids of the answers so far. */
  get answers(): number[] {
    return this.frames.map((frame) => frame.readInt32BE(0))
  }
}

/** A request whose answer the test gives when it likes. */
export interface Held {
  request: IncomingRequest
  answer(reply?: Reply): void
  fail(error: Error): void
}

/** A server and clients on a network in memory, on a clock that stands still. */
export async function memoryServer(
  options: {
    config?: Partial<NetConfig>
    chunks?: 'whole' | 'random'
    seed?: number
    listeners?: readonly ListenerSpec[]
    dispatch?: (request: IncomingRequest) => Reply | Promise<Reply>
    pipelined?: (key: number) => boolean
    borrows?: (key: number) => boolean
    slabs?: SlabPool
    serve?: boolean
    gate?: (listener: string) => Gate | undefined
  } = {},
) {
  const system = createMemorySystem(options.seed ?? 1, { chunks: options.chunks ?? 'whole' })
  const warnings: string[] = []
  const logged: string[] = []
  const held: Held[] = []
  const hold = (request: IncomingRequest) =>
    new Promise<Reply>((resolve, reject) => {
      held.push({ request, answer: (reply) => resolve(reply ?? replyTo(request)), fail: reject })
    })
  const server = new NetServer({
    system,
    logger: {
      ...silentLogger,
      warn(message, fields) {
        warnings.push(message)
        logged.push(JSON.stringify([message, fields]))
      },
      error: (message) => void warnings.push(message),
    },
    config: netConfigWith(options.config),
    listeners: options.listeners ?? specs('PLAINTEXT://localhost:9092'),
    hostName: 'localhost',
    principal: ANONYMOUS,
    dispatch: options.dispatch ?? hold,
    pipelined: options.pipelined ?? ((key) => key === PRODUCE),
    ...(options.gate ? { gate: options.gate } : {}),
    ...(options.borrows ? { borrows: options.borrows } : {}),
    ...(options.slabs ? { slabs: options.slabs } : {}),
  })
  await server.open()
  if (options.serve !== false) server.serve()
  const connect = async (address: HostPort = { host: 'localhost', port: 9092 }): Promise<RawClient> => {
    const connecting = system.network.connect(address, { timeoutMs: 1000 })
    await system.time.run(0)
    const client = new RawClient(await connecting)
    await system.time.run(0)
    return client
  }
  return { system, time: system.time, server, held, warnings, logged, connect, settle: () => system.time.run(0) }
}
