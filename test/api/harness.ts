import { connect, type Socket } from 'node:net'
import type { Test } from 'tap'
import { type ApiKey, type ApiOf, apiByKey } from '../../protocol/api/index.ts'
import { errorName } from '../../protocol/errors.ts'
import { encodeRequest } from '../../protocol/frame.ts'
import { ResponseHeader, responseHeaderVersion } from '../../protocol/header.ts'
import { batches } from '../../protocol/records/batch.ts'
import { type BatchInput, buildBatch } from '../../protocol/records/build.ts'
import { readRecords } from '../../protocol/records/record.ts'
import { Reader } from '../../protocol/wire/reader.ts'
import { FrameReader } from '../../src/net/frames.ts'
import { type BrokerOptions, type RunningBroker, startBroker } from '../../src/node/start-broker.ts'

export const KEY = {
  PRODUCE: 0,
  FETCH: 1,
  LIST_OFFSETS: 2,
  METADATA: 3,
  OFFSET_COMMIT: 8,
  OFFSET_FETCH: 9,
  FIND_COORDINATOR: 10,
  JOIN_GROUP: 11,
  HEARTBEAT: 12,
  LEAVE_GROUP: 13,
  SYNC_GROUP: 14,
  DESCRIBE_GROUPS: 15,
  LIST_GROUPS: 16,
  SASL_HANDSHAKE: 17,
  API_VERSIONS: 18,
  CREATE_TOPICS: 19,
  DELETE_TOPICS: 20,
  DELETE_RECORDS: 21,
  INIT_PRODUCER_ID: 22,
  OFFSET_FOR_LEADER_EPOCH: 23,
  DESCRIBE_ACLS: 29,
  CREATE_ACLS: 30,
  DELETE_ACLS: 31,
  DESCRIBE_CONFIGS: 32,
  ALTER_CONFIGS: 33,
  ALTER_REPLICA_LOG_DIRS: 34,
  DESCRIBE_LOG_DIRS: 35,
  SASL_AUTHENTICATE: 36,
  CREATE_PARTITIONS: 37,
  CREATE_DELEGATION_TOKEN: 38,
  RENEW_DELEGATION_TOKEN: 39,
  EXPIRE_DELEGATION_TOKEN: 40,
  DESCRIBE_DELEGATION_TOKEN: 41,
  DELETE_GROUPS: 42,
  ELECT_LEADERS: 43,
  INCREMENTAL_ALTER_CONFIGS: 44,
  ALTER_PARTITION_REASSIGNMENTS: 45,
  LIST_PARTITION_REASSIGNMENTS: 46,
  DESCRIBE_CLIENT_QUOTAS: 48,
  ALTER_CLIENT_QUOTAS: 49,
  DESCRIBE_USER_SCRAM_CREDENTIALS: 50,
  ALTER_USER_SCRAM_CREDENTIALS: 51,
  UPDATE_FEATURES: 57,
  DESCRIBE_CLUSTER: 60,
  UNREGISTER_BROKER: 64,
  LIST_CONFIG_RESOURCES: 74,
  DESCRIBE_TOPIC_PARTITIONS: 75,
} as const

/** The versions of each API that this broker serves: what ApiVersions has to say, and what each test goes through. */
export const SERVED: Readonly<Record<number, readonly [oldest: number, newest: number]>> = {
  0: [0, 13],
  1: [0, 18],
  2: [0, 11],
  3: [0, 13],
  8: [0, 10],
  9: [0, 10],
  10: [0, 6],
  11: [0, 9],
  12: [0, 4],
  13: [0, 5],
  14: [0, 5],
  15: [0, 6],
  16: [0, 5],
  17: [0, 1],
  18: [0, 4],
  19: [0, 7],
  20: [0, 6],
  21: [0, 2],
  22: [0, 5],
  23: [0, 4],
  29: [0, 3],
  30: [0, 3],
  31: [0, 3],
  32: [0, 4],
  33: [0, 2],
  34: [0, 2],
  35: [0, 5],
  36: [0, 2],
  37: [0, 3],
  38: [0, 3],
  39: [0, 2],
  40: [0, 2],
  41: [0, 3],
  42: [0, 2],
  43: [0, 2],
  44: [0, 1],
  45: [0, 1],
  46: [0, 0],
  48: [0, 1],
  49: [0, 1],
  50: [0, 0],
  51: [0, 0],
  57: [0, 2],
  55: [0, 2],
  80: [0, 1],
  81: [0, 0],
  60: [0, 2],
  64: [0, 0],
  74: [0, 1],
  75: [0, 0],
}

export const versionsOf = (key: ApiKey): number[] => {
  const [oldest, newest] = SERVED[key]!
  return Array.from({ length: newest - oldest + 1 }, (_, index) => oldest + index)
}

export type RequestOf<Key extends ApiKey> = ApiOf<Key>['request']['Input']
export type ResponseOf<Key extends ApiKey> = ApiOf<Key>['response']['T']

/** One connection to the broker, as bytes. Requests are answered in order, so answers are matched by their order. */
export class Wire {
  readonly socket: Socket
  readonly closed: Promise<void>
  isClosed = false
  readonly #frames = new FrameReader(2 ** 30)
  readonly #waiting: { resolve: (frame: Buffer) => void; reject: (error: Error) => void }[] = []
  readonly #arrived: Buffer[] = []
  #correlationId = 1000

  constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (chunk: Buffer) => {
      this.#frames.push(chunk)
      for (let frame = this.#frames.take(); frame !== undefined; frame = this.#frames.take()) {
        const waiting = this.#waiting.shift()
        if (waiting) waiting.resolve(frame)
        else this.#arrived.push(frame)
      }
    })
    // A broken connection is a closed one; which of both a peer sees is the system's affair.
    socket.on('error', () => {})
    this.closed = new Promise((resolve) => {
      socket.on('close', () => {
        this.isClosed = true
        for (const { reject } of this.#waiting.splice(0)) reject(new Error('the broker closed the connection'))
        resolve()
      })
    })
  }

  static open(port: number): Promise<Wire> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1' }, () => resolve(new Wire(socket)))
      socket.once('error', reject)
    })
  }

  /** The next answer, without its size. Rejects when the connection closes before one comes. */
  frame(): Promise<Buffer> {
    const arrived = this.#arrived.shift()
    if (arrived) return Promise.resolve(arrived)
    if (this.isClosed) return Promise.reject(new Error('the broker closed the connection'))
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }))
  }

  write(...chunks: readonly Buffer[]): void {
    for (const chunk of chunks) this.socket.write(chunk)
  }

  /** Sends a request and gives the answer, which has to be of the version asked, with nothing left over. */
  async send<Key extends ApiKey>(
    key: Key,
    version: number,
    body: RequestOf<Key>,
    { clientId = 'test' }: { clientId?: string } = {},
  ): Promise<ResponseOf<Key>> {
    const api = apiByKey(key)
    const correlationId = this.#correlationId++
    this.write(...encodeRequest(api, version, correlationId, clientId, body as never))
    const reader = new Reader(await this.frame())
    const header = ResponseHeader.decode(reader, responseHeaderVersion(key, version)!)
    if (header.correlationId !== correlationId) {
      throw new Error(`answer ${header.correlationId} where ${correlationId} was due`)
    }
    const response = api.response.decode(reader, version)
    if (reader.remaining > 0) throw new Error(`${reader.remaining} bytes after the answer to ${api.name} v${version}`)
    return response as ResponseOf<Key>
  }

  close(): void {
    this.socket.destroy()
  }
}

/** A request as bytes, its size in front. */
export function requestBytes<Key extends ApiKey>(key: Key, version: number, body: RequestOf<Key>): Buffer {
  return Buffer.concat(encodeRequest(apiByKey(key), version, 7, 'test', body as never))
}

/** Any header, any body: api key, version, correlation id, client id and what follows. */
export function rawRequest(
  key: number,
  version: number,
  correlationId: number,
  body: Buffer = Buffer.alloc(0),
): Buffer {
  const clientId = Buffer.from('raw')
  const frame = Buffer.alloc(4 + 10 + clientId.length)
  frame.writeInt32BE(10 + clientId.length + body.length, 0)
  frame.writeInt16BE(key, 4)
  frame.writeInt16BE(version, 6)
  frame.writeInt32BE(correlationId, 8)
  frame.writeInt16BE(clientId.length, 12)
  clientId.copy(frame, 14)
  return Buffer.concat([frame, body])
}

/** A broker in this process, on the real system and a temporary directory, and a first connection to it. */
export class TestBroker {
  readonly broker: RunningBroker
  readonly wire: Wire
  readonly #wires: Wire[]

  private constructor(broker: RunningBroker, wire: Wire) {
    this.broker = broker
    this.wire = wire
    this.#wires = [wire]
  }

  /** It goes when the test does. */
  static async start(t: Test, options: BrokerOptions = {}): Promise<TestBroker> {
    const broker = await startBroker(options.config?.listeners ? options : { host: '127.0.0.1', ...options })
    const test = new TestBroker(broker, await Wire.open(broker.port))
    t.teardown(() => test.stop())
    return test
  }

  get port(): number {
    return this.broker.port
  }

  async connect(): Promise<Wire> {
    const wire = await Wire.open(this.port)
    this.#wires.push(wire)
    return wire
  }

  send<Key extends ApiKey>(key: Key, version: number, body: RequestOf<Key>): Promise<ResponseOf<Key>> {
    return this.wire.send(key, version, body)
  }

  async createTopic(name: string, numPartitions = 1, configs: Readonly<Record<string, string>> = {}): Promise<string> {
    const { topics } = await this.send(KEY.CREATE_TOPICS, 7, {
      topics: [{ name, numPartitions, replicationFactor: 1, assignments: [], configs: configEntries(configs) }],
    })
    const { errorCode, topicId } = topics[0]!
    if (errorCode !== 0) throw new Error(`creating ${name}: ${errorName(errorCode)}`)
    return topicId
  }

  /** Produces one batch to one partition and gives the partition's part of the answer. */
  async produce(
    topic: string,
    partition: number,
    records: Buffer,
    { version = 9, acks = -1, wire = this.wire, clientId = 'test' } = {},
  ) {
    const topicData = [{ name: topic, partitionData: [{ index: partition, records }] }]
    const answer = await wire.send(KEY.PRODUCE, version, { acks, timeoutMs: 10_000, topicData }, { clientId })
    return answer.responses[0]!.partitionResponses[0]!
  }

  /** Fetches from one partition, without a session. */
  async fetch(
    topic: string,
    partition: number,
    fetchOffset: number,
    { version = 11, maxWaitMs = 0, minBytes = 0, maxBytes = 1 << 20, isolationLevel = 0, wire = this.wire } = {},
  ) {
    const partitions = [{ partition, fetchOffset, partitionMaxBytes: maxBytes }]
    const body = {
      maxWaitMs,
      minBytes,
      maxBytes,
      isolationLevel,
      topics: [{ topic, partitions }],
      forgottenTopicsData: [],
    }
    const { responses } = await wire.send(KEY.FETCH, version, body)
    return responses[0]!.partitions[0]!
  }

  /** The broker answers an old and a new connection: whatever was done to it did it no harm. */
  async isWell(): Promise<boolean> {
    const wire = await this.connect()
    for (const one of [this.wire, wire]) {
      const { errorCode } = await one.send(KEY.API_VERSIONS, 3, SOFTWARE)
      if (errorCode !== 0) return false
    }
    wire.close()
    return true
  }

  async stop(): Promise<void> {
    for (const wire of this.#wires) wire.close()
    await this.broker.stop()
  }
}

export const SOFTWARE = { clientSoftwareName: 'test', clientSoftwareVersion: '1' }

export const configEntries = (configs: Readonly<Record<string, string>>) =>
  Object.entries(configs).map(([name, value]) => ({ name, value }))

/** A batch of one record for each value, stamped now unless said otherwise. */
export function batchOf(
  values: readonly (string | null)[],
  options: Partial<BatchInput> & { timestamp?: number } = {},
) {
  const { timestamp = Date.now(), ...rest } = options
  const records = values.map((value) => ({ timestamp, key: null, value: value === null ? null : Buffer.from(value) }))
  return buildBatch({ records, ...rest })
}

/** Values of the records of v2 batches. */
export function valuesOf(records: Buffer | null): (string | null)[] {
  const values: (string | null)[] = []
  for (const batch of batches(records ?? Buffer.alloc(0)))
    for (const { value } of readRecords(batch)) values.push(value?.toString() ?? null)
  return values
}
