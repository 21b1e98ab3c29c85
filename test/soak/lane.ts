import { Codec } from '../../protocol/compression/index.ts'
import { ErrorCode, errorName } from '../../protocol/errors.ts'
import { addToSequence } from '../../protocol/records/batch.ts'
import { buildBatch } from '../../protocol/records/build.ts'
import type { SeededRandom } from '../../src/base/seeded-random.ts'
import { type Peer, PeerError } from '../../src/net/peer.ts'
import { expect, recordOf } from './content.ts'

const PRODUCE = 0
const INIT_PRODUCER_ID = 22
/** The newest versions that name topics; v3 is the oldest with batches of format 2, v7 the oldest with zstd. */
const PRODUCE_VERSIONS = [7, 8, 9, 11, 12]
/** An idempotent producer may have so many batches of a partition under way: the broker knows them again (KIP-98). */
const DEPTH = 5
const { OUT_OF_ORDER_SEQUENCE_NUMBER } = ErrorCode
const LAST_SEQUENCE = 2 ** 31 - 1

interface Batch {
  readonly partition: SoakPartition
  readonly first: number
  readonly count: number
  readonly records: Buffer
}

interface Request {
  readonly acks: 1 | -1
  readonly batches: readonly Batch[]
}

/** What we know of a partition: what was sent, and what of it was acknowledged where. */
export class SoakPartition {
  readonly topic: string
  readonly index: number
  readonly salt: number
  readonly idempotent: boolean
  /** Number of the next record. */
  next = 0
  /** Sequence of the next record; of idempotent producers. */
  sequence = 0
  /** Records of each batch that ever was sent, by the number of its first. */
  readonly sent = new Map<number, number>()
  /** Base offset of each batch that was acknowledged, by the number of its first record. */
  readonly acknowledged = new Map<number, number>()
  /** One past the largest acknowledged offset. */
  acknowledgedEnd = 0
  /** Everything below was found to be right. */
  verifiedEnd = 0
  /**
   * Where the broker keeps less of its producers than their last five batches: a clean stop and a new segment write a
   * snapshot, and Kafka's format has room in it for the last batch of each (fact B48).
   */
  snapshotOffsets: readonly number[] = []
  /** Number of the last record below verifiedEnd; where producers are not idempotent that is not an offset. */
  verifiedNumber = -1

  constructor(topic: string, index: number, salt: number, idempotent: boolean) {
    this.topic = topic
    this.index = index
    this.salt = salt
    this.idempotent = idempotent
  }

  get name(): string {
    return `${this.topic}-${this.index}`
  }

  /** It was stored, but the broker may have forgotten who sent it. */
  mayBeForgotten({ first, count }: Batch): boolean {
    return first + count <= this.verifiedEnd && this.snapshotOffsets.some((offset) => first + count < offset)
  }

  acknowledge({ first, count }: Batch, baseOffset: number): void {
    // With one idempotent producer and nothing lost or stored twice, a record's number is its offset.
    const wanted = this.idempotent ? first : undefined
    expect(
      wanted === undefined || wanted === baseOffset,
      () => `${this.name}: record ${first} was acknowledged at offset ${baseOffset}`,
    )
    expect(
      baseOffset >= this.acknowledgedEnd,
      () => `${this.name}: record ${first} was acknowledged at offset ${baseOffset}, below ${this.acknowledgedEnd}`,
    )
    this.acknowledged.set(first, baseOffset)
    this.acknowledgedEnd = baseOffset + count
  }
}

/** One producer and its partitions: requests of one to all of them, several at a time. */
export class Lane {
  readonly partitions: readonly SoakPartition[]
  readonly #idempotent: boolean
  readonly #random: SeededRandom
  readonly #firstTimestamp: number
  readonly #onAcknowledged: (records: number) => void
  /** In the order of sending. */
  #unanswered: Request[] = []
  #producerId = -1
  readonly producerIds: number[] = []
  /** Batches sent again that the broker did not know any more; see SoakPartition.snapshotOffsets. */
  forgotten = 0

  constructor(
    partitions: readonly SoakPartition[],
    random: SeededRandom,
    firstTimestamp: number,
    onAcknowledged: (records: number) => void,
  ) {
    this.partitions = partitions
    this.#idempotent = partitions[0]!.idempotent
    this.#random = random
    this.#firstTimestamp = firstTimestamp
    this.#onAcknowledged = onAcknowledged
  }

  /** Sends again what was not answered, then new requests, until the broker goes. Rejects with a Violation. */
  async run(peer: Peer): Promise<void> {
    try {
      await this.#resend(peer)
      if (this.#idempotent && (this.#producerId < 0 || this.#random.below(10) === 0)) await this.#becomeNew(peer)
      await Promise.all(Array.from({ length: 1 + this.#random.below(DEPTH) }, () => this.#loop(peer)))
    } catch (error) {
      if (!(error instanceof PeerError)) throw error
      expect(error.code === 'ECLOSED', () => `${this.partitions[0]!.topic}: ${error.message}`)
    }
  }

  /** Only an idempotent producer may: the broker knows what it has. */
  async settle(peer: Peer): Promise<void> {
    await this.#resend(peer)
  }

  async #resend(peer: Peer): Promise<void> {
    const again = this.#unanswered
    if (!this.#idempotent) {
      this.#unanswered = []
      return
    }
    // At once, as a client does that finds a new connection, or one by one.
    if (this.#random.below(2) === 0) await Promise.all(again.map((request) => this.#exchange(peer, request)))
    else for (const request of [...again]) await this.#exchange(peer, request)
  }

  async #becomeNew(peer: Peer): Promise<void> {
    const { errorCode, producerId } = await peer.send(INIT_PRODUCER_ID, {
      transactionalId: null,
      transactionTimeoutMs: 1,
    })
    expect(errorCode === 0, () => `InitProducerId: ${errorName(errorCode)}`)
    this.#producerId = Number(producerId)
    this.producerIds.push(this.#producerId)
    // Sometimes close to where sequences begin again; the first one of a producer may be any (fact C27).
    for (const partition of this.partitions)
      partition.sequence = this.#random.below(4) === 0 ? LAST_SEQUENCE - this.#random.below(2000) : 0
  }

  async #loop(peer: Peer): Promise<never> {
    for (;;) {
      const request = this.#newRequest()
      this.#unanswered.push(request)
      await this.#exchange(peer, request)
    }
  }

  #newRequest(): Request {
    const random = this.#random
    const chosen = this.partitions.filter(() => random.below(3) > 0)
    const partitions = chosen.length > 0 ? chosen : [this.partitions[random.below(this.partitions.length)]!]
    return { acks: random.below(2) === 0 ? 1 : -1, batches: partitions.map((partition) => this.#newBatch(partition)) }
  }

  #newBatch(partition: SoakPartition): Batch {
    const random = this.#random
    const count = 1 + random.below([1, 5, 40, 300][random.below(4)]!)
    const first = partition.next
    const records = Array.from({ length: count }, (_, index) =>
      recordOf(partition.salt, first + index, this.#firstTimestamp),
    )
    const codec = [Codec.NONE, Codec.NONE, Codec.GZIP, Codec.SNAPPY, Codec.LZ4, Codec.ZSTD][random.below(6)]!
    const producer = this.#idempotent
      ? { producerId: this.#producerId, producerEpoch: 0, baseSequence: partition.sequence }
      : {}
    partition.next += count
    partition.sequence = addToSequence(partition.sequence, count)
    partition.sent.set(first, count)
    return { partition, first, count, records: buildBatch({ records, codec, ...producer }) }
  }

  async #exchange(peer: Peer, request: Request): Promise<void> {
    const { acks, batches } = request
    const topics = [...new Set(batches.map(({ partition }) => partition.topic))]
    const body = {
      acks,
      timeoutMs: 30_000,
      topicData: topics.map((name) => ({
        name,
        partitionData: batches
          .filter(({ partition }) => partition.topic === name)
          .map(({ partition, records }) => ({ index: partition.index, records })),
      })),
    }
    const version = PRODUCE_VERSIONS[this.#random.below(PRODUCE_VERSIONS.length)]!
    const { responses } = await peer.send(PRODUCE, body, { version })
    for (const batch of batches) {
      const { topic, index, name } = batch.partition
      const answer = responses
        .find((response) => response.name === topic)
        ?.partitionResponses.find((response) => response.index === index)
      expect(answer !== undefined, () => `${name}: no answer for record ${batch.first}`)
      if (answer.errorCode === OUT_OF_ORDER_SEQUENCE_NUMBER && batch.partition.mayBeForgotten(batch)) {
        this.forgotten++
        batch.partition.acknowledge(batch, batch.first)
        continue
      }
      expect(
        answer.errorCode === 0,
        () =>
          `${name}: record ${batch.first} (acks=${acks}, v${version}) was refused with ${errorName(answer.errorCode)}`,
      )
      batch.partition.acknowledge(batch, answer.baseOffset)
    }
    this.#unanswered.splice(this.#unanswered.indexOf(request), 1)
    this.#onAcknowledged(batches.reduce((sum, { count }) => sum + count, 0))
  }
}
