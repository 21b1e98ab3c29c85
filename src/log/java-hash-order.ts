/**
 * The order in which a java.util.HashMap<Long, V> hands out its entries: by bucket, and within one by insertion. The
 * producer snapshots of Apache Kafka are written in that order (B52); to write the same bytes we keep count of how far
 * such a map would have grown. (Buckets of more than eight entries, which Java turns into trees, are not imitated.)
 */
export class JavaHashOrder {
  #capacity = 16

  /** To be told after each insertion how many entries there are; a map never shrinks. */
  grewTo(size: number): void {
    while (size > this.#capacity * 0.75) this.#capacity *= 2
  }

  /** `keys` in order of insertion. */
  order(keys: readonly number[]): number[] {
    return keys
      .map((key) => ({ key, bucket: this.#bucket(key) }))
      .sort((a, b) => a.bucket - b.bucket)
      .map(({ key }) => key)
  }

  #bucket(key: number): number {
    const low = key | 0
    const high = Math.floor(key / 2 ** 32) | 0
    const hash = low ^ high
    return (hash ^ (hash >>> 16)) & (this.#capacity - 1)
  }
}
