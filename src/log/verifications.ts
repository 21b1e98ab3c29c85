/** A producer whose transaction is being confirmed by its coordinator before the first batch is taken (KIP-890). */
export interface Verification {
  readonly producerId: number
  epoch: number
  /** Lowest first sequence that came meanwhile: only the batch that has it may begin the transaction (C35). */
  lowestSequence: number
  /** The client runs transactions of version 2: an unknown producer has to begin at sequence 0 (N-D12). */
  readonly supportsEpochBump: boolean
  readonly sinceMs: number
}

/** The confirmations under way in one partition, at most one for each producer. */
export class Verifications {
  readonly #pending = new Map<number, Verification>()

  get(producerId: number): Verification | undefined {
    return this.#pending.get(producerId)
  }

  /** Begins one, or joins the one under way. */
  start(wanted: Verification): Verification {
    const pending = this.#pending.get(wanted.producerId)
    if (pending === undefined) {
      this.#pending.set(wanted.producerId, wanted)
      return wanted
    }
    if (wanted.epoch > pending.epoch) {
      pending.epoch = wanted.epoch
      pending.lowestSequence = wanted.lowestSequence
    } else if (wanted.epoch === pending.epoch) {
      pending.lowestSequence = Math.min(pending.lowestSequence, wanted.lowestSequence)
    }
    return pending
  }

  /** The transaction has begun in the log, or ended without. */
  finish(producerId: number): void {
    this.#pending.delete(producerId)
  }

  removeOlderThan(sinceMs: number): void {
    for (const { producerId, sinceMs: since } of this.#pending.values()) {
      if (since <= sinceMs) this.#pending.delete(producerId)
    }
  }
}
