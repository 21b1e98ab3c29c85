import { ErrorCode, errorName } from '../../protocol/errors.ts'
import { batches } from '../../protocol/records/batch.ts'
import { buildBatch } from '../../protocol/records/build.ts'
import { readRecords } from '../../protocol/records/record.ts'
import { createSystem } from '../../src/base/system.ts'
import { Peer, PeerError } from '../../src/net/peer.ts'
import { expect, Violation } from './content.ts'
import type { Nodes } from './nodes.ts'
import { sleep, until } from './waiting.ts'

export const KEY = {
  PRODUCE: 0,
  FETCH: 1,
  LIST_OFFSETS: 2,
  METADATA: 3,
  CREATE_TOPICS: 19,
  DESCRIBE_QUORUM: 55,
  DESCRIBE_TOPIC_PARTITIONS: 75,
} as const
/** The newest versions that name topics. */
const PRODUCE_VERSION = 11
const FETCH_VERSION = 12
const ANSWER_MS = 3000
const ISR_WITHIN_MS = 90_000
const READ_WITHIN_MS = 60_000

export interface PartitionState {
  readonly topic: string
  readonly index: number
  readonly leader: number
  readonly leaderEpoch: number
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
}

export interface Stored {
  readonly offset: number
  readonly value: string
}

/** A client that asks one node, any node, or whoever leads, and hides nothing. */
export class ClusterClient {
  /** Brokers that are not asked about the cluster. */
  readonly avoided: Set<number> = new Set()
  readonly #nodes: Nodes
  readonly #system = createSystem()
  readonly #peers = new Map<number, Promise<Peer>>()

  constructor(nodes: Nodes) {
    this.#nodes = nodes
  }

  /** The connection to one node; a new one where the last one broke. */
  async peer(id: number): Promise<Peer> {
    let peer = this.#peers.get(id)
    if (peer === undefined || (await peer.catch(() => undefined))?.closed !== false) {
      peer = Peer.connect({
        system: this.#system,
        address: this.#nodes.node(id).address,
        clientId: 'soak',
        connectTimeoutMs: ANSWER_MS,
        requestTimeoutMs: ANSWER_MS,
      })
      peer.catch(() => {})
      this.#peers.set(id, peer)
    }
    return peer
  }

  /** The answer of the first running broker that has one. */
  async any<T>(ask: (peer: Peer) => Promise<T>): Promise<T> {
    let failure: unknown = new Error('no broker runs')
    for (const { id, isRunning } of this.#nodes.brokers) {
      if (!isRunning || this.avoided.has(id)) continue
      try {
        return await ask(await this.peer(id))
      } catch (error) {
        failure = error
      }
    }
    throw failure
  }

  async createTopic(
    name: string,
    partitions: number,
    replicationFactor: number,
    configs: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    await until(
      30_000,
      `topic ${name} was not created`,
      () => this.tryToCreate(name, partitions, replicationFactor, configs),
      (code) => code === ErrorCode.NONE || code === ErrorCode.TOPIC_ALREADY_EXISTS,
    )
    await this.waitForIsr([name])
  }

  async tryToCreate(
    name: string,
    numPartitions: number,
    replicationFactor: number,
    configs: Readonly<Record<string, string>> = {},
  ): Promise<number> {
    const topic = {
      name,
      numPartitions,
      replicationFactor,
      assignments: [],
      configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
    }
    const { topics } = await this.any((peer) => peer.send(KEY.CREATE_TOPICS, { topics: [topic], timeoutMs: ANSWER_MS }))
    return topics[0]!.errorCode
  }

  /** As one broker sees it, or as any does. */
  async partitions(topics: readonly string[] | null, id?: number): Promise<PartitionState[]> {
    const ask = (peer: Peer) =>
      peer.send(KEY.METADATA, { topics: topics?.map((name) => ({ name })) ?? null, allowAutoTopicCreation: false })
    const answer = id === undefined ? await this.any(ask) : await ask(await this.peer(id))
    return answer.topics.flatMap(({ name, errorCode, partitions }) => {
      if (errorCode !== ErrorCode.NONE) throw new Error(`${name}: ${errorName(errorCode)}`)
      return partitions.map(({ partitionIndex, leaderId, leaderEpoch, replicaNodes, isrNodes }) => ({
        topic: name!,
        index: partitionIndex,
        leader: leaderId,
        leaderEpoch,
        replicas: replicaNodes,
        isr: isrNodes,
      }))
    })
  }

  async partition(topic: string, index = 0): Promise<PartitionState> {
    return (await this.partitions([topic])).find((partition) => partition.index === index)!
  }

  /** Every replica of these topics (null: of all) is in sync, and every running broker says so. */
  async waitForIsr(topics: readonly string[] | null): Promise<void> {
    const asIsWished = (all: readonly PartitionState[]) =>
      all.length > 0 && all.every(({ isr, replicas, leader }) => leader >= 0 && isr.length === replicas.length)
    for (const { id, isRunning } of this.#nodes.brokers) {
      if (!isRunning) continue
      await until(ISR_WITHIN_MS, `not every replica was in sync`, () => this.partitions(topics, id), asIsWished)
    }
  }

  /** Once, to the broker `to`. Throws PeerError where it does not answer. */
  async produce(
    to: number,
    topic: string,
    index: number,
    values: readonly string[],
    { acks = -1, timeoutMs = 1000 } = {},
  ): Promise<{ errorCode: number; baseOffset: number }> {
    const records = buildBatch({
      records: values.map((value) => ({ timestamp: Date.now(), key: null, value: Buffer.from(value) })),
    })
    const body = { acks, timeoutMs, topicData: [{ name: topic, partitionData: [{ index, records }] }] }
    const peer = await this.peer(to)
    const { responses } = await peer.send(KEY.PRODUCE, body, { version: PRODUCE_VERSION })
    return responses[0]!.partitionResponses[0]!
  }

  /** One Fetch of a consumer; null where the answer is an error. */
  async fetch(from: number, topic: string, index: number, fetchOffset: number) {
    const partitions = [{ partition: index, fetchOffset, partitionMaxBytes: 1 << 20 }]
    const body = {
      maxWaitMs: 100,
      minBytes: 1,
      maxBytes: 1 << 22,
      topics: [{ topic, partitions }],
      forgottenTopicsData: [],
    }
    const peer = await this.peer(from)
    const { responses } = await peer.send(KEY.FETCH, body, { version: FETCH_VERSION })
    const { errorCode, highWatermark, records } = responses[0]!.partitions[0]!
    const stored: Stored[] = []
    for (const batch of batches(records ?? Buffer.alloc(0))) {
      expect(batch.verifyCrc(), () => `${topic}-${index}: the batch at ${batch.baseOffset} does not match its CRC`)
      if (batch.isControl) continue
      for (const { offset, value } of readRecords(batch))
        if (Number(offset) >= fetchOffset) stored.push({ offset: Number(offset), value: value?.toString() ?? '' })
    }
    return { errorCode, highWatermark: Number(highWatermark), stored }
  }

  /** Everything that a consumer gets from the leader. */
  async readAll(topic: string, index: number): Promise<Stored[]> {
    const all: Stored[] = []
    const deadline = performance.now() + READ_WITHIN_MS
    for (let next = 0; ; ) {
      if (performance.now() > deadline) throw new Violation(`${topic}-${index} could not be read to its end`)
      try {
        const { leader } = await this.partition(topic, index)
        const { errorCode, highWatermark, stored } = await this.fetch(leader, topic, index, next)
        if (errorCode !== ErrorCode.NONE) throw new PeerError('EFETCH', errorName(errorCode))
        for (const record of stored) all.push(record)
        next = stored.length > 0 ? stored.at(-1)!.offset + 1 : next
        if (next >= highWatermark) return all
      } catch (error) {
        if (!(error instanceof PeerError)) throw error
        await sleep(100)
      }
    }
  }

  /** Who leads the metadata quorum, as the brokers say. */
  async controller(): Promise<{ leader: number; epoch: number }> {
    const topics = [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }]
    const answer = await this.any((peer) => peer.send(KEY.DESCRIBE_QUORUM, { topics }))
    const partition = answer.topics[0]?.partitions[0]
    if (answer.errorCode !== ErrorCode.NONE || partition === undefined)
      throw new Error(`DescribeQuorum: ${errorName(answer.errorCode)}`)
    return { leader: partition.leaderId, epoch: partition.leaderEpoch }
  }

  /** Eligible leader replicas and last known leader (KIP-966). */
  async eligible(topic: string, index = 0): Promise<{ elr: readonly number[]; lastKnown: readonly number[] }> {
    const answer = await this.any((peer) =>
      peer.send(KEY.DESCRIBE_TOPIC_PARTITIONS, {
        topics: [{ name: topic }],
        cursor: null,
        responsePartitionLimit: 1000,
      }),
    )
    const partition = answer.topics[0]!.partitions.find(({ partitionIndex }) => partitionIndex === index)!
    return { elr: partition.eligibleLeaderReplicas ?? [], lastKnown: partition.lastKnownElr ?? [] }
  }

  async close(): Promise<void> {
    for (const peer of this.#peers.values()) (await peer.catch(() => undefined))?.close()
    this.#peers.clear()
  }
}
