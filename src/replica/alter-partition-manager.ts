import type { AlterPartitionRequest, AlterPartitionResponse } from '../../protocol/api/56-alter-partition.ts'
import { ErrorCode, errorName } from '../../protocol/errors.ts'
import type { LeaderEpoch, PartitionEpoch } from '../base/brand.ts'
import type { Logger } from '../base/logger.ts'
import type { Timer, Timers } from '../base/time.ts'
import type { IsrDecision } from './isr.ts'
import { partitionKey } from './partition.ts'
import type { ReplicationPorts } from './ports.ts'

/** How long is waited after an answer that says nothing about partitions, or none. */
export const RETRY_MS = 50
/** The same, where it has been so for long: a broker that was unregistered and runs on is refused for ever. */
const MAX_RETRY_MS = 2000

/** The change of one partition, as it is sent. `settle` is called once, with the decision or why there is none. */
export interface AlterPartitionItem {
  readonly topicId: string
  readonly index: number
  readonly leaderEpoch: LeaderEpoch
  readonly partitionEpoch: PartitionEpoch
  readonly isr: readonly { brokerId: number; brokerEpoch: number }[]
  settle(outcome: IsrDecision | ErrorCode): void
}

type PartitionAnswer = AlterPartitionResponse['topics'][number]['partitions'][number]

/**
 * Sends changes of ISRs to the controller: one request at a time, for all partitions that have a change when it leaves,
 * and one change a partition from its submission to its answer (D69). What is not answered is sent again.
 */
export class AlterPartitionManager {
  readonly #ports: ReplicationPorts
  readonly #brokerId: number
  readonly #timers: Timers
  readonly #logger: Logger
  /** Submitted and not settled, by partition; bounded by the partitions that this broker leads. */
  readonly #items = new Map<string, AlterPartitionItem>()
  #inFlight = false
  #retry: Timer | undefined
  /** Before the next try, if the one under way fails. */
  #pauseMs = RETRY_MS
  /** Why the last request failed. */
  #reason: string | undefined
  #closed = false

  constructor(options: { brokerId: number; ports: ReplicationPorts; timers: Timers; logger: Logger }) {
    this.#brokerId = options.brokerId
    this.#ports = options.ports
    this.#timers = options.timers
    this.#logger = options.logger
  }

  /** Changes that wait for an answer. */
  get size(): number {
    return this.#items.size
  }

  submit(item: AlterPartitionItem): void {
    const key = partitionKey(item)
    if (this.#items.has(key)) {
      item.settle(ErrorCode.OPERATION_NOT_ATTEMPTED)
      return
    }
    this.#items.set(key, item)
    // Whatever else this turn proposes goes along.
    this.#timers.soon(() => this.#send())
  }

  close(): void {
    this.#closed = true
    this.#retry?.cancel()
    this.#items.clear()
  }

  #send(): void {
    if (this.#inFlight || this.#closed || this.#items.size === 0 || this.#retry !== undefined) return
    this.#inFlight = true
    const sent = [...this.#items.values()]
    const request = requestOf(this.#brokerId, this.#ports.brokerEpoch(), sent)
    this.#ports.controller.alterPartition(request).then(
      (response) => this.#answered(sent, response),
      (error: unknown) => this.#failed(error instanceof Error ? error.message : String(error)),
    )
  }

  #answered(sent: readonly AlterPartitionItem[], response: AlterPartitionResponse): void {
    if (response.errorCode !== ErrorCode.NONE) {
      this.#failed(errorName(response.errorCode as ErrorCode))
      return
    }
    this.#inFlight = false
    this.#pauseMs = RETRY_MS
    this.#reason = undefined
    if (this.#closed) return
    const answers = new Map<string, PartitionAnswer>()
    for (const { topicId, partitions } of response.topics) {
      for (const answer of partitions) answers.set(partitionKey({ topicId, index: answer.partitionIndex }), answer)
    }
    let isMissing = false
    for (const item of sent) {
      const answer = answers.get(partitionKey(item))
      // Left out by mistake: goes with the next request.
      if (answer === undefined) isMissing = true
      else this.#settle(item, answer)
    }
    if (isMissing) this.#later()
    else this.#send()
  }

  #settle(item: AlterPartitionItem, answer: PartitionAnswer): void {
    // Before it is told, so that it may submit the next one.
    this.#items.delete(partitionKey(item))
    if (answer.errorCode !== ErrorCode.NONE) item.settle(answer.errorCode as ErrorCode)
    else item.settle({ isr: answer.isr, leaderEpoch: answer.leaderEpoch, partitionEpoch: answer.partitionEpoch })
  }

  #failed(reason: string): void {
    this.#inFlight = false
    if (this.#closed) return
    const level = reason === this.#reason ? 'debug' : 'warn'
    this.#logger[level]('AlterPartition failed and is sent again', { reason, partitions: this.#items.size })
    this.#reason = reason
    this.#later()
    this.#pauseMs = Math.min(2 * this.#pauseMs, MAX_RETRY_MS)
  }

  #later(): void {
    this.#retry = this.#timers.after(this.#pauseMs, () => {
      this.#retry = undefined
      this.#send()
    })
  }
}

function requestOf(brokerId: number, brokerEpoch: number, items: readonly AlterPartitionItem[]) {
  const byTopic = new Map<string, AlterPartitionItem[]>()
  for (const item of items) {
    const siblings = byTopic.get(item.topicId)
    if (siblings === undefined) byTopic.set(item.topicId, [item])
    else siblings.push(item)
  }
  const topics = [...byTopic].map(([topicId, partitions]) => ({ topicId, partitions: partitions.map(entryOf) }))
  return { brokerId, brokerEpoch: BigInt(brokerEpoch), topics } satisfies typeof AlterPartitionRequest.Input
}

/** A leader that proposes something has recovered, whatever it was chosen by (D72): recovery state 0. */
const entryOf = ({ index, leaderEpoch, partitionEpoch, isr }: AlterPartitionItem) => ({
  partitionIndex: index,
  leaderEpoch,
  partitionEpoch,
  newIsrWithEpochs: isr.map((member) => ({ brokerId: member.brokerId, brokerEpoch: BigInt(member.brokerEpoch) })),
})
