import { assert } from '../base/assert.ts'
import type { ProducerId } from '../base/brand.ts'

/** Ids that the controller has given to this broker: `first` up to, without, `first + length`. */
export interface ProducerIdBlock {
  first: number
  length: number
}

/** Asks the controller for a block (AllocateProducerIds, KIP-730). Blocks are of 1000 and never given twice. */
export type AllocateBlock = () => Promise<ProducerIdBlock>

/** Part of a block after which the next one is asked for, so that nobody waits for it. */
const PREFETCH_AT = 0.9

/**
 * Hands out producer ids (KIP-98) from blocks. What is left of a block when the broker stops is never used (G19).
 *
 * Where Kafka answers COORDINATOR_LOAD_IN_PROGRESS while a block is on its way, callers here wait for it: one request
 * is under way at a time and all share its outcome, a failure included. The next call after a failure asks again.
 */
export class ProducerIdManager {
  readonly #allocate: AllocateBlock
  #next = 0
  #end = 0
  #prefetchAt = 0
  #following: ProducerIdBlock | undefined
  #pending: Promise<void> | undefined

  constructor(allocate: AllocateBlock) {
    this.#allocate = allocate
  }

  /** A producer id that was never given before. Rejects as the allocation rejects. */
  async next(): Promise<ProducerId> {
    for (;;) {
      if (this.#next === this.#end) this.#turnPage()
      if (this.#next < this.#end) {
        const id = this.#next++
        // A prefetch that fails is asked for again by the next call; whoever runs dry sees the failure.
        if (this.#next >= this.#prefetchAt && this.#following === undefined) this.#fetchBlock().catch(() => {})
        return id
      }
      await this.#fetchBlock()
    }
  }

  #turnPage(): void {
    const block = this.#following
    if (block === undefined) return
    this.#following = undefined
    this.#next = block.first
    this.#end = block.first + block.length
    this.#prefetchAt = block.first + Math.floor(block.length * PREFETCH_AT)
  }

  #fetchBlock(): Promise<void> {
    this.#pending ??= this.#ask().finally(() => {
      this.#pending = undefined
    })
    return this.#pending
  }

  async #ask(): Promise<void> {
    const block = await this.#allocate()
    assert(
      block.length > 0 && Number.isSafeInteger(block.first) && block.first >= this.#end,
      `producer id block ${block.first}+${block.length} overlaps ids up to ${this.#end}`,
    )
    this.#following = block
  }
}
