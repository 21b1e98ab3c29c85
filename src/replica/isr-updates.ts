import { ErrorCode, errorName } from '../../protocol/errors.ts'
import type { Logger } from '../base/logger.ts'
import type { Timer, Timers } from '../base/time.ts'
import { AlterPartitionManager, RETRY_MS } from './alter-partition-manager.ts'
import type { IsrDecision, IsrProposal } from './isr.ts'
import type { Partition } from './partition.ts'
import type { ReplicationPorts } from './ports.ts'

/** Answers that say: the change was certainly not made, the ISR is what it was (D70). */
const NOT_DONE: ReadonlySet<number> = new Set([ErrorCode.INELIGIBLE_REPLICA, ErrorCode.OPERATION_NOT_ATTEMPTED])
/** Answers that say: the metadata here is old. Nothing is proposed before it is replayed. */
const OUTDATED: ReadonlySet<number> = new Set([
  ErrorCode.FENCED_LEADER_EPOCH,
  ErrorCode.INVALID_UPDATE_VERSION,
  ErrorCode.INVALID_REQUEST,
  ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
  ErrorCode.UNKNOWN_TOPIC_ID,
  ErrorCode.NEW_LEADER_ELECTED,
])

/** Lets ISRs shrink and grow: looks for members that lag from time to time, and at followers as they fetch. */
export class IsrUpdates {
  /** Changes that the controller made (IsrShrinksPerSec, IsrExpandsPerSec). */
  shrinks = 0
  expands = 0
  /** Changes that it refused, and answers that came too late (FailedIsrUpdatesPerSec). */
  failures = 0
  readonly #brokerId: number
  readonly #ports: ReplicationPorts
  readonly #manager: AlterPartitionManager
  readonly #timers: Timers
  readonly #logger: Logger
  readonly #checkMs: number
  readonly #partitions: () => Iterable<Partition>
  readonly #changed: (partition: Partition) => void
  #check: Timer | undefined
  #closed = false

  constructor(options: {
    brokerId: number
    ports: ReplicationPorts
    timers: Timers
    logger: Logger
    /** `replica.lag.time.max.ms`; members are looked at twice in that time (D65). */
    maxLagMs: number
    partitions: () => Iterable<Partition>
    /** The high watermark moved. */
    changed: (partition: Partition) => void
  }) {
    this.#brokerId = options.brokerId
    this.#ports = options.ports
    this.#timers = options.timers
    this.#logger = options.logger
    this.#checkMs = options.maxLagMs / 2
    this.#partitions = options.partitions
    this.#changed = options.changed
    this.#manager = new AlterPartitionManager(options)
    this.#scheduleCheck()
  }

  /** A follower fetched: lets it join, where it may. */
  maybeExpand(partition: Partition, brokerId: number): void {
    const proposal = partition.proposeExpansion(brokerId)
    if (proposal !== undefined) this.#submit(partition, proposal)
  }

  maybeShrink(partition: Partition): void {
    const proposal = partition.proposeShrink()
    if (proposal !== undefined) this.#submit(partition, proposal)
  }

  close(): void {
    this.#closed = true
    this.#check?.cancel()
    this.#manager.close()
  }

  #scheduleCheck(): void {
    this.#check = this.#timers.after(this.#checkMs, () => {
      for (const partition of this.#partitions()) this.maybeShrink(partition)
      this.#scheduleCheck()
    })
  }

  #submit(partition: Partition, proposal: IsrProposal): void {
    const { kind, isr, leaderEpoch, partitionEpoch } = proposal
    const { topic, topicId, index } = partition
    this.#logger.info('ISR change proposed', { topic, partition: index, kind, isr: isr.join() })
    this.#manager.submit({
      topicId,
      index,
      leaderEpoch,
      partitionEpoch,
      isr: isr.map((brokerId) => ({ brokerId, brokerEpoch: this.#epochOf(partition, brokerId) })),
      settle: (outcome) => this.#settle(partition, proposal, outcome),
    })
  }

  /** Of a member's last fetch; -1 where it has not fetched since this broker leads (D69). */
  #epochOf(partition: Partition, brokerId: number): number {
    return brokerId === this.#brokerId ? this.#ports.brokerEpoch() : (partition.remote(brokerId)?.brokerEpoch ?? -1)
  }

  #settle(partition: Partition, proposal: IsrProposal, outcome: IsrDecision | ErrorCode): void {
    if (typeof outcome === 'number') {
      this.#refused(partition, proposal, outcome)
      return
    }
    const isCommitted = partition.commitIsr(proposal, outcome)
    // The replay of the change may have come before the answer.
    if (outcome.leaderEpoch !== partition.leaderEpoch) this.failures += 1
    else if (proposal.kind === 'expand') this.expands += 1
    else this.shrinks += 1
    if (isCommitted) this.#committed(partition)
  }

  #committed(partition: Partition): void {
    partition.advanceHighWatermark()
    this.#changed(partition)
  }

  #refused(partition: Partition, proposal: IsrProposal, code: ErrorCode): void {
    this.failures += 1
    if (partition.proposal !== proposal) return
    const { topic, index } = partition
    this.#logger.info('ISR change refused', { topic, partition: index, error: errorName(code) })
    if (NOT_DONE.has(code)) partition.withdraw(proposal)
    else if (!OUTDATED.has(code)) this.#again(partition, proposal)
  }

  #again(partition: Partition, proposal: IsrProposal): void {
    this.#timers.after(RETRY_MS, () => {
      if (!this.#closed && partition.proposal === proposal) this.#submit(partition, proposal)
    })
  }
}
