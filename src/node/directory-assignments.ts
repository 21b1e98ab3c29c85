import { ErrorCode, ProtocolError } from '../../protocol/errors.ts'
import type { Timers } from '../base/time.ts'
import type { LocalChanges } from '../metadata/topics-delta.ts'
import type { ControllerChannel } from './controller-channel.ts'

const ASSIGN_REPLICAS_TO_DIRS = 73
/** Assignments in one request, at most (fact C26). */
const MAX_ASSIGNMENTS = 2250
const FIRST_RETRY_MS = 100
const LAST_RETRY_MS = 10_000
const ANSWER_WITHIN_MS = 30_000

export interface DirectoryAssignmentsOptions {
  readonly nodeId: number
  readonly timers: Timers
  readonly channel: ControllerChannel
  /** Id of the directory in which the cluster is to know a replica; undefined where it is not here. */
  directoryOf(topic: string, index: number): string | undefined
  brokerEpoch(): bigint
}

interface Assignment {
  readonly topicId: string
  readonly index: number
  readonly directory: string
}

/**
 * Tells the controller in which log directory each replica lies, where it does not know (KIP-858; facts C25 to C27):
 * when a directory fails it has to know whose leadership to move.
 */
export class DirectoryAssignments {
  readonly #options: DirectoryAssignmentsOptions
  /** By topic id and index: a newer one takes the place of an older one. */
  readonly #queued = new Map<string, Assignment>()
  #sending = false
  #retryMs = FIRST_RETRY_MS

  constructor(options: DirectoryAssignmentsOptions) {
    this.#options = options
  }

  /** What waits to be accepted. */
  get queued(): number {
    return this.#queued.size
  }

  /** `changes`: what the replica manager has already carried out. */
  apply({ deletes, leaders, followers }: LocalChanges): void {
    const { nodeId, directoryOf } = this.#options
    for (const { topicId, index } of deletes) this.#queued.delete(`${topicId} ${index}`)
    for (const { topic, topicId, partition } of [...leaders, ...followers]) {
      const { index, replicas, directories } = partition
      const directory = directoryOf(topic, index)
      const key = `${topicId} ${index}`
      if (directory === undefined || directories[replicas.indexOf(nodeId)] === directory) this.#queued.delete(key)
      else this.#queued.set(key, { topicId, index, directory })
    }
    this.#options.timers.soon(() => void this.#send())
  }

  /** A replica is about to move, or stays after all. */
  assign({ topicId, index, directory }: Assignment): void {
    this.#queued.set(`${topicId} ${index}`, { topicId, index, directory })
    this.#options.timers.soon(() => void this.#send())
  }

  async #send(): Promise<void> {
    if (this.#sending || this.#queued.size === 0) return
    this.#sending = true
    const accepted = await this.#exchange([...this.#queued.values()].slice(0, MAX_ASSIGNMENTS))
    this.#sending = false
    if (accepted) this.#retryMs = FIRST_RETRY_MS
    else this.#retryMs = Math.min(2 * this.#retryMs, LAST_RETRY_MS)
    // What was accepted leaves the queue with the image that shows it.
    if (this.#queued.size > 0 && !this.#options.channel.isClosed)
      this.#options.timers.after(this.#retryMs, () => void this.#send())
  }

  async #exchange(assignments: readonly Assignment[]): Promise<boolean> {
    const { nodeId, channel, brokerEpoch } = this.#options
    const request = { brokerId: nodeId, brokerEpoch: brokerEpoch(), directories: byDirectory(assignments) }
    try {
      const answer = await channel.send(ASSIGN_REPLICAS_TO_DIRS, request, { timeoutMs: ANSWER_WITHIN_MS })
      return answer.errorCode === ErrorCode.NONE
    } catch (error) {
      if (error instanceof ProtocolError) return false
      throw error
    }
  }
}

function byDirectory(assignments: readonly Assignment[]) {
  const directories = new Map<string, Map<string, number[]>>()
  for (const { directory, topicId, index } of assignments) {
    const topics = directories.get(directory) ?? new Map<string, number[]>()
    directories.set(directory, topics)
    topics.set(topicId, [...(topics.get(topicId) ?? []), index])
  }
  return [...directories].map(([id, topics]) => ({
    id,
    topics: [...topics].map(([topicId, indexes]) => ({
      topicId,
      partitions: indexes.map((partitionIndex) => ({ partitionIndex })),
    })),
  }))
}
