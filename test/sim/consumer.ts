import type { FetchResponse } from '../../protocol/api/01-fetch.ts'
import { ErrorCode, errorName } from '../../protocol/errors.ts'
import { batches } from '../../protocol/records/batch.ts'
import { readRecords } from '../../protocol/records/record.ts'
import type { HostPort } from '../../src/base/network.ts'
import { attempt, type ClusterClient, type Leader } from './cluster-client.ts'
import type { History, PartitionHistory } from './history.ts'
import { must } from './violation.ts'

const FETCH = 1
const LIST_OFFSETS = 2
const LATEST = -1
const MAX_BYTES = 65_536
/** After about so many fetches from another replica the leader is asked again where to read. */
const NEARBY_FETCHES = 20

type Answer = FetchResponse['responses'][number]['partitions'][number]

const RETRIABLE: readonly ErrorCode[] = [
  ErrorCode.NOT_LEADER_OR_FOLLOWER,
  ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
  ErrorCode.UNKNOWN_TOPIC_ID,
  ErrorCode.FENCED_LEADER_EPOCH,
  ErrorCode.UNKNOWN_LEADER_EPOCH,
  ErrorCode.KAFKA_STORAGE_ERROR,
  ErrorCode.OFFSET_NOT_AVAILABLE,
  ErrorCode.LEADER_NOT_AVAILABLE,
]

/** Reads one partition from its start, record after record, and asks now and then where it ends. */
export class Consumer {
  readonly topic: string
  readonly partition: number
  readonly #client: ClusterClient
  readonly #history: History
  /** Empty: it reads at the leader. */
  readonly #rackId: string
  /** The replica in its rack that the leader has sent it to (KIP-392). */
  #nearby: HostPort | undefined
  #stopped = false
  position = 0
  #topicId = ''
  /** What it was told of the end last; a new leader says nothing of it before it knows as much (D35). */
  #shownEnd = 0

  constructor(client: ClusterClient, history: History, topic: string, partition: number, rackId = '') {
    this.#client = client
    this.#rackId = rackId
    this.#history = history
    this.topic = topic
    this.partition = partition
  }

  stop(): void {
    this.#stopped = true
  }

  async run(): Promise<void> {
    const { random } = this.#client
    while (!this.#stopped) {
      const leader = await this.#client.findLeader(this.topic, this.partition, () => !this.#stopped)
      if (leader === undefined) return
      if (leader.topicId !== this.#topicId) this.#begin(leader.topicId)
      const code = await this.step(leader)
      if (code !== ErrorCode.NONE) await this.#client.refresh()
      await this.#client.sleep(100 + random.below(500))
    }
  }

  /** Everything up to where the partition ends now. */
  async readAll(): Promise<void> {
    let end = Number.POSITIVE_INFINITY
    while (this.position < end) {
      const leader = await this.#client.findLeader(this.topic, this.partition, () => true)
      if (leader!.topicId !== this.#topicId) this.#begin(leader!.topicId)
      const code = await attempt(() => (end === Number.POSITIVE_INFINITY ? this.latest(leader!) : this.fetch(leader!)))
      if (code === ErrorCode.NONE) end = this.#shownEnd
      else await this.#client.refresh()
      if (code !== ErrorCode.NONE) await this.#client.sleep(100)
    }
  }

  /** One request. Gives what came of it; undefined where no answer came. */
  async step(leader: Leader): Promise<ErrorCode | undefined> {
    return attempt(() => (this.#client.random.below(8) === 0 ? this.latest(leader) : this.fetch(leader)))
  }

  async fetch({ address, topicId, epoch }: Leader): Promise<ErrorCode> {
    const { topic, partition, position } = this
    const wanted = { partition, fetchOffset: position, currentLeaderEpoch: epoch, partitionMaxBytes: MAX_BYTES }
    const body = {
      maxWaitMs: 500,
      minBytes: 1,
      rackId: this.#rackId,
      topics: [{ topic, topicId, partitions: [wanted] }],
      forgottenTopicsData: [],
    }
    const nearby = this.#nearby
    this.#nearby = undefined
    const { errorCode, responses } = await this.#client.request(nearby ?? address, FETCH, body)
    const answer = responses[0]?.partitions[0]
    const code = (errorCode || (answer?.errorCode ?? ErrorCode.NONE)) as ErrorCode
    // Who is behind the leader may not be so far yet.
    if (code === ErrorCode.OFFSET_OUT_OF_RANGE && nearby !== undefined) return code
    this.#judge(code, 'a fetch')
    if (code !== ErrorCode.NONE) return code
    if (answer?.records) this.#take(answer.records, answer.highWatermark)
    this.#nearby = this.#next(nearby, answer)
    return code
  }

  #next(nearby: HostPort | undefined, answer: Answer | undefined): HostPort | undefined {
    const preferred = answer?.preferredReadReplica ?? -1
    if (preferred >= 0) return this.#client.broker(preferred)
    return nearby !== undefined && this.#client.random.below(NEARBY_FETCHES) > 0 ? nearby : undefined
  }

  /** What it is told of the end never goes back. */
  async latest({ address, epoch }: Leader): Promise<ErrorCode> {
    const shownBefore = Math.max(this.#shownEnd, this.position)
    const wanted = { partitionIndex: this.partition, currentLeaderEpoch: epoch, timestamp: LATEST }
    const body = { replicaId: -1, isolationLevel: 0, topics: [{ name: this.topic, partitions: [wanted] }] }
    const { topics } = await this.#client.request(address, LIST_OFFSETS, body)
    const { errorCode, offset } = topics[0]!.partitions[0]!
    this.#judge(errorCode as ErrorCode, 'ListOffsets')
    if (errorCode !== ErrorCode.NONE) return errorCode as ErrorCode
    must(
      offset >= shownBefore,
      'the end went back',
      () =>
        `${this.topic}-${this.partition}: latest is ${offset} from ${address.host} (epoch ${epoch}), and was ${shownBefore} before`,
    )
    this.#shownEnd = offset
    return ErrorCode.NONE
  }

  #begin(topicId: string): void {
    this.#topicId = topicId
    this.position = 0
    this.#shownEnd = 0
  }

  #take(records: Buffer, highWatermark: number): void {
    const history = this.#history.of(this.#topicId, this.topic, this.partition)
    for (const batch of batches(records)) {
      batch.ensureValid()
      if (batch.lastOffset < this.position) continue
      must(
        batch.lastOffset < highWatermark,
        'read above the high watermark',
        () => `${history.name}: offset ${batch.lastOffset} was read below a high watermark of ${highWatermark}`,
      )
      for (const { offset, value } of readRecords(batch)) this.#see(history, offset, value?.toString() ?? '')
    }
  }

  #see(history: PartitionHistory, offset: number, value: string): void {
    if (offset < this.position) return
    must(offset === this.position, 'a gap', () => `${history.name}: offset ${offset} follows ${this.position - 1}`)
    history.see(offset, value)
    this.position = offset + 1
  }

  #judge(code: ErrorCode, what: string): void {
    must(
      code === ErrorCode.NONE || RETRIABLE.includes(code),
      'a reader is refused',
      () =>
        `${this.#client.name}: ${what} of ${this.topic}-${this.partition} at ${this.position} answers ${errorName(code)}`,
    )
  }
}
