/** Bytes that fetches hold in memory until their peers have taken them, beyond which each gets only its first batch. */
export const MAX_FETCHED_BYTES = 128 * 1024 * 1024
/** What versions that must not be given a part of a message get all the same (v0 to v2: no whole batch for sure). */
export const MIN_OLD_FETCH_BYTES = 1024 * 1024

/**
 * Apache Kafka sends from the page cache; here a reply is in memory from the read to the socket. A peer decides how much
 * it asks for and whether it reads the answer, so what all of them hold is bounded by giving less: a Fetch may always
 * be answered with fewer bytes than it allows.
 */
export class FetchMemory {
  readonly #limit: number
  readonly #unsentBytes: () => number
  #reading = 0

  /** `unsentBytes`: what has been answered and not been taken by the peers. */
  constructor(unsentBytes: () => number, limit = MAX_FETCHED_BYTES) {
    this.#unsentBytes = unsentBytes
    this.#limit = limit
  }

  /** Bytes that may be read now, besides first batches. */
  get room(): number {
    return Math.max(0, this.#limit - this.#reading - this.#unsentBytes())
  }

  take(bytes: number): void {
    this.#reading += bytes
  }

  release(bytes: number): void {
    this.#reading -= bytes
  }
}
