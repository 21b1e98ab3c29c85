import { ErrorCode, errorName } from '../../protocol/errors.ts'
import { buildBatch } from '../../protocol/records/build.ts'
import { attempt, type ClusterClient, type Leader } from './cluster-client.ts'
import type { History } from './history.ts'
import { must } from './violation.ts'
import type { World } from './world.ts'

const PRODUCE = 0
const INIT_PRODUCER_ID = 22
const MAX_RECORDS = 4
/** A producer that is not idempotent gives a batch up after so many tries. */
const MAX_TRIES = 3

export interface ProducerOptions {
  readonly topic: string
  readonly partition: number
  readonly acks: -1 | 1
  /** With acks=-1: it sends again until it is told, in order, and nothing may be there twice. */
  readonly idempotent: boolean
  /** Batches under way at a time, at most 5 (the broker remembers as many of an idempotent producer). */
  readonly window: number
  readonly pauseMs: number
}

interface Batch {
  readonly sequence: number
  readonly values: readonly string[]
  tries: number
}

/** Errors after which the same batch is sent again; nothing else may come to a producer in these runs. */
const RETRIABLE: readonly ErrorCode[] = [
  ErrorCode.NOT_LEADER_OR_FOLLOWER,
  ErrorCode.NOT_ENOUGH_REPLICAS,
  ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND,
  ErrorCode.REQUEST_TIMED_OUT,
  ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
  ErrorCode.UNKNOWN_TOPIC_ID,
  ErrorCode.LEADER_NOT_AVAILABLE,
  ErrorCode.KAFKA_STORAGE_ERROR,
]

/** Writes to one partition and keeps what it is told. */
export class Producer {
  readonly options: ProducerOptions
  #stopped = false
  readonly #world: World
  readonly #client: ClusterClient
  readonly #history: History
  readonly #name: string
  #producerId = -1
  #sequence = 0
  /** Records, so far. */
  #sent = 0
  #unanswered: Batch[] = []

  constructor(world: World, client: ClusterClient, history: History, options: ProducerOptions) {
    this.#world = world
    this.#client = client
    this.#history = history
    this.options = options
    this.#name = client.name
  }

  /** No new batches; what is under way is still brought home. */
  stop(): void {
    this.#stopped = true
  }

  get isDone(): boolean {
    return this.#stopped && this.#unanswered.length === 0
  }

  async run(): Promise<void> {
    const { random } = this.#client
    const { topic, partition, window, pauseMs } = this.options
    while (!this.isDone) {
      const leader = await this.#client.findLeader(topic, partition, () => !this.isDone)
      if (leader === undefined) return
      if (this.options.idempotent && this.#producerId < 0) {
        await this.#becomeIdempotent(leader)
        continue
      }
      if (!this.#world.isQuiet)
        while (!this.#stopped && this.#unanswered.length < 1 + random.below(window))
          this.#unanswered.push(this.#newBatch())
      if (await this.#sendAll(leader)) {
        await this.#client.sleep(random.below(2 * pauseMs))
      } else {
        await this.#client.refresh()
        await this.#client.sleep(20 + random.below(200))
      }
    }
  }

  async #becomeIdempotent({ address }: Leader): Promise<void> {
    const body = { transactionalId: null, transactionTimeoutMs: 60_000 }
    const answer = await attempt(() => this.#client.request(address, INIT_PRODUCER_ID, body))
    if (answer?.errorCode === ErrorCode.NONE) this.#producerId = Number(answer.producerId)
    if (this.#producerId >= 0) return
    await this.#client.sleep(100)
    await this.#client.refresh()
  }

  #newBatch(): Batch {
    const count = 1 + this.#client.random.below(MAX_RECORDS)
    const values = Array.from({ length: count }, (_, i) => `${this.#name}:${this.#sent + i}`)
    this.#sent += count
    const batch = { sequence: this.#sequence, values, tries: 0 }
    this.#sequence += count
    return batch
  }

  /** All of them one behind the other on one connection. True where nothing is left. */
  async #sendAll(leader: Leader): Promise<boolean> {
    const batches = this.#unanswered
    const outcomes = await Promise.all(batches.map((batch) => this.#send(leader, batch)))
    for (const [index, code] of outcomes.entries()) this.#judge(batches[index]!, code, outcomes.slice(0, index))
    if (outcomes.some((code, index) => this.#isForgotten(batches[index]!, code))) this.#beginAnew()
    else
      this.#unanswered = batches.filter((batch, index) => {
        const isDone = outcomes[index] === ErrorCode.NONE
        return !isDone && (this.options.idempotent || batch.tries < MAX_TRIES)
      })
    return this.#unanswered.length === 0
  }

  /** Undefined where no answer came. */
  async #send({ address, topicId }: Leader, batch: Batch): Promise<ErrorCode | undefined> {
    const { topic, partition, acks } = this.options
    batch.tries++
    const body = {
      acks,
      timeoutMs: 1000 + this.#client.random.below(3000),
      topicData: [{ name: topic, topicId, partitionData: [{ index: partition, records: this.#encode(batch) }] }],
    }
    const answer = await attempt(() => this.#client.request(address, PRODUCE, body))
    if (answer === undefined) return undefined
    const { errorCode, baseOffset } = answer.responses[0]!.partitionResponses[0]!
    if (errorCode === ErrorCode.NONE) this.#acknowledged(topicId, batch, baseOffset)
    return errorCode as ErrorCode
  }

  #encode({ values, sequence }: Batch): Buffer {
    const timestamp = Math.floor(this.#world.time.wallMs())
    const producer =
      this.#producerId < 0 ? {} : { producerId: this.#producerId, producerEpoch: 0, baseSequence: sequence }
    return buildBatch({
      records: values.map((value) => ({ timestamp, key: null, value: Buffer.from(value) })),
      ...producer,
    })
  }

  #acknowledged(topicId: string, { values }: Batch, baseOffset: number): void {
    if (this.options.acks !== -1) return
    const history = this.#history.of(topicId, this.options.topic, this.options.partition)
    for (const [index, value] of values.entries()) history.acknowledge(baseOffset + index, value)
  }

  /**
   * It was sent before, and others behind it: a broker that loaded the producer's state from a snapshot knows only the
   * last of them, and takes this one for out of order although it has it (B50). There is no telling what became of it.
   */
  #isForgotten({ tries }: Batch, code: ErrorCode | undefined): boolean {
    return code === ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER && tries > 1 && this.options.window > 1
  }

  #beginAnew(): void {
    this.#unanswered = []
    this.#producerId = -1
    this.#sequence = 0
  }

  /** Of an idempotent one: `values`, all that the partition holds, has what it sent once and in order. */
  verify(values: readonly string[]): void {
    if (!this.options.idempotent) return
    let last = -1
    for (const value of values.filter((other) => other.startsWith(`${this.#name}:`))) {
      const number = Number(value.slice(this.#name.length + 1))
      must(number > last, 'idempotence', () => `${this.#name}: ${value} is in the log behind record ${last}`)
      last = number
    }
  }

  #judge(batch: Batch, code: ErrorCode | undefined, before: readonly (ErrorCode | undefined)[]): void {
    if (code === undefined || code === ErrorCode.NONE || RETRIABLE.includes(code)) return
    // A batch may be out of order behind one that was refused; the first one follows what was acknowledged.
    const isBehindFailure = before.some((other) => other !== ErrorCode.NONE)
    if (code === ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER && isBehindFailure) return
    if (this.#isForgotten(batch, code)) return
    must(
      false,
      'a producer is refused',
      () =>
        `${this.#name}: ${this.options.topic}-${this.options.partition} answers ${batch.values[0]} with ${errorName(code)}`,
    )
  }
}
