import { ErrorCode, errorName } from '../../protocol/errors.ts'
import { ZERO_UUID } from '../../protocol/wire/uuid.ts'
import type { SeededRandom } from '../../src/base/seeded-random.ts'
import { type Peer, PeerError } from '../../src/net/peer.ts'
import { expect } from './content.ts'

const METADATA = 3
const CREATE_TOPICS = 19
const DELETE_TOPICS = 20
const MAX_TOPICS = 20
const TIMEOUT_MS = 30_000

interface Known {
  partitions: number
  topicId: string
}

/** Topics that come and go: an acknowledged creation or deletion stays so. */
export class SoakTopics {
  readonly #random: SeededRandom
  readonly #there = new Map<string, Known>()
  readonly #gone = new Set<string>()
  /** Asked for and not answered: such a topic may be there or not. */
  readonly #unsure = new Set<string>()
  #next = 0

  constructor(random: SeededRandom) {
    this.#random = random
  }

  /** Creates and deletes until the broker goes. Rejects with a Violation. */
  async run(peer: Peer): Promise<void> {
    try {
      for (;;) {
        if (this.#there.size < MAX_TOPICS && this.#random.below(3) > 0) await this.#create(peer)
        else if (this.#there.size > 0) await this.#delete(peer)
      }
    } catch (error) {
      if (!(error instanceof PeerError)) throw error
      expect(error.code === 'ECLOSED', () => `topics: ${error.message}`)
    }
  }

  async verify(peer: Peer): Promise<void> {
    const { topics } = await peer.send(METADATA, { topics: null })
    const found = new Map(topics.map((topic) => [topic.name, topic]))
    for (const [name, { partitions, topicId }] of this.#there) {
      const topic = found.get(name)
      expect(topic !== undefined, () => `topic ${name} was created and is gone`)
      const right = topic.topicId === topicId && topic.partitions.length === partitions
      expect(right, () => `topic ${name} has id ${topic.topicId}, ${topic.partitions.length} partitions`)
    }
    for (const name of this.#gone) expect(!found.has(name), () => `topic ${name} was deleted and is there again`)
    for (const name of this.#unsure) {
      this.#unsure.delete(name)
      const topic = found.get(name)
      if (topic === undefined) this.#gone.add(name)
      else this.#there.set(name, { partitions: topic.partitions.length, topicId: topic.topicId })
    }
    for (const { name, partitions } of topics) {
      const leaders = partitions.every(({ errorCode, leaderId }) => errorCode === 0 && leaderId >= 0)
      expect(leaders, () => `topic ${name}: not every partition has a leader`)
    }
  }

  async #create(peer: Peer): Promise<void> {
    const name = `passing-${this.#next++}`
    const partitions = 1 + this.#random.below(3)
    this.#unsure.add(name)
    const { topics } = await peer.send(CREATE_TOPICS, {
      topics: [{ name, numPartitions: partitions, replicationFactor: 1, assignments: [], configs: [] }],
      timeoutMs: TIMEOUT_MS,
    })
    const { errorCode, topicId } = topics[0]!
    expect(errorCode === ErrorCode.NONE, () => `topic ${name}: CreateTopics answers ${errorName(errorCode)}`)
    this.#unsure.delete(name)
    this.#there.set(name, { partitions, topicId })
  }

  async #delete(peer: Peer): Promise<void> {
    const name = [...this.#there.keys()][this.#random.below(this.#there.size)]!
    this.#there.delete(name)
    this.#unsure.add(name)
    const topics = [{ name, topicId: ZERO_UUID }]
    const { responses } = await peer.send(DELETE_TOPICS, { topics, timeoutMs: TIMEOUT_MS }, { version: 6 })
    const { errorCode } = responses[0]!
    expect(errorCode === ErrorCode.NONE, () => `topic ${name}: DeleteTopics answers ${errorName(errorCode)}`)
    this.#unsure.delete(name)
    this.#gone.add(name)
  }
}
