import type { FetchRequest } from '../../protocol/api/01-fetch.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import type { LeaderEpoch, Offset } from '../base/brand.ts'
import { INITIAL_EPOCH, NO_SESSION, nextSessionEpoch } from './session.ts'

/** One partition as a follower asks for it. */
export interface AskedPartition {
  readonly topicId: string
  readonly index: number
  readonly fetchOffset: Offset
  readonly currentLeaderEpoch: LeaderEpoch
  readonly lastFetchedEpoch: LeaderEpoch
  readonly logStartOffset: Offset
  readonly maxBytes: number
}

type SessionFields = Required<
  Pick<typeof FetchRequest.Input, 'sessionId' | 'sessionEpoch' | 'topics' | 'forgottenTopicsData'>
>

/** The asking side of an incremental fetch session (KIP-227): names only what changed since the last request (D39). */
export class FetchSessionClient {
  #id = NO_SESSION
  #epoch = INITIAL_EPOCH
  /** All that the session holds, as the leader knows it once it has the last request. */
  #asked = new Map<string, AskedPartition>()

  /** What the last request asked for a partition, whether it was named in it or earlier. */
  asked(key: string): AskedPartition | undefined {
    return this.#asked.get(key)
  }

  partitions(): IterableIterator<string> {
    return this.#asked.keys()
  }

  /** `wanted`: all that is to be fetched now, in the order of preference. */
  request(wanted: ReadonlyMap<string, AskedPartition>): SessionFields {
    const before = this.#asked
    this.#asked = new Map(wanted)
    const header = { sessionId: this.#id, sessionEpoch: this.#epoch }
    if (this.#epoch === INITIAL_EPOCH) return { ...header, topics: byTopic(wanted.values()), forgottenTopicsData: [] }
    const changed = [...wanted].filter(([key, partition]) => !isSame(before.get(key), partition))
    const gone = [...before].filter(([key]) => !wanted.has(key))
    return {
      ...header,
      topics: byTopic(changed.map(([, partition]) => partition)),
      forgottenTopicsData: forgotten(gone.map(([, partition]) => partition)),
    }
  }

  /** Takes the head of an answer; NONE where its partitions may be used. */
  accept({ errorCode, sessionId }: { errorCode: number; sessionId: number }): ErrorCode {
    if (errorCode === ErrorCode.FETCH_SESSION_ID_NOT_FOUND) this.#restart(NO_SESSION)
    else if (errorCode !== ErrorCode.NONE) this.#restart(this.#id)
    // The leader has no room for a session, or closed this one with its last partition.
    else if (sessionId === NO_SESSION) this.#restart(NO_SESSION)
    else {
      this.#epoch = nextSessionEpoch(this.#epoch)
      this.#id = sessionId
    }
    return errorCode as ErrorCode
  }

  /** There was no answer: the next request asks for everything, in a new session in place of this one. */
  failed(): void {
    this.#restart(this.#id)
  }

  #restart(id: number): void {
    this.#id = id
    this.#epoch = INITIAL_EPOCH
  }
}

function isSame(one: AskedPartition | undefined, other: AskedPartition): boolean {
  return (
    one !== undefined &&
    one.fetchOffset === other.fetchOffset &&
    one.currentLeaderEpoch === other.currentLeaderEpoch &&
    one.lastFetchedEpoch === other.lastFetchedEpoch &&
    one.logStartOffset === other.logStartOffset &&
    one.maxBytes === other.maxBytes
  )
}

type Topics = SessionFields['topics']

/** Neighbours of one topic together; the order of partitions is the order in which they get bytes. */
function byTopic(partitions: Iterable<AskedPartition>): Topics {
  const topics: { topicId: string; partitions: Topics[number]['partitions'][number][] }[] = []
  for (const { topicId, index, maxBytes, ...asked } of partitions) {
    let topic = topics.at(-1)
    if (topic?.topicId !== topicId) {
      topic = { topicId, partitions: [] }
      topics.push(topic)
    }
    topic.partitions.push({ partition: index, partitionMaxBytes: maxBytes, ...asked })
  }
  return topics
}

function forgotten(partitions: readonly AskedPartition[]): SessionFields['forgottenTopicsData'] {
  const topics = new Map<string, number[]>()
  for (const { topicId, index } of partitions) {
    const indexes = topics.get(topicId)
    if (indexes === undefined) topics.set(topicId, [index])
    else indexes.push(index)
  }
  return [...topics].map(([topicId, indexes]) => ({ topicId, partitions: indexes }))
}
