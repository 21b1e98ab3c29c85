import { assert } from '../base/assert.ts'
import type { PartitionImage } from './image.ts'

/** The partitions of a topic, 0 to size - 1, as an immutable map over an array. */
export class PartitionList implements ReadonlyMap<number, PartitionImage> {
  static readonly EMPTY = new PartitionList([])
  readonly #partitions: readonly PartitionImage[]

  private constructor(partitions: readonly PartitionImage[]) {
    this.#partitions = partitions
  }

  get size(): number {
    return this.#partitions.length
  }

  get(index: number): PartitionImage | undefined {
    return this.#partitions[index]
  }

  has(index: number): boolean {
    return this.#partitions[index] !== undefined
  }

  /** This list with some partitions changed or added. Fails if a number would be left out. */
  with(changes: ReadonlyMap<number, PartitionImage>): PartitionList {
    if (changes.size === 0) return this
    const partitions = [...this.#partitions]
    for (const [index, partition] of changes) partitions[index] = partition
    for (let i = this.size; i < partitions.length; i++) assert(partitions[i], `topic without partition ${i}`)
    return new PartitionList(partitions)
  }

  forEach(visit: (value: PartitionImage, key: number, map: ReadonlyMap<number, PartitionImage>) => void): void {
    for (const partition of this.#partitions) visit(partition, partition.index, this)
  }

  entries(): MapIterator<[number, PartitionImage]> {
    return this.#partitions.entries()
  }

  keys(): MapIterator<number> {
    return this.#partitions.keys()
  }

  values(): MapIterator<PartitionImage> {
    return this.#partitions.values()
  }

  [Symbol.iterator](): MapIterator<[number, PartitionImage]> {
    return this.entries()
  }
}
