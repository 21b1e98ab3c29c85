import { must } from './violation.ts'

/** What clients were told of one partition, and what they read in it. */
export class PartitionHistory {
  readonly name: string
  /** By offset: values that acks=all was acknowledged for. */
  readonly acknowledged = new Map<number, string>()
  /** By offset: what somebody has read. */
  readonly read = new Map<number, string>()

  constructor(name: string) {
    this.name = name
  }

  acknowledge(offset: number, value: string): void {
    this.#agree(this.acknowledged, offset, value, 'acknowledged')
    this.#agree(this.read, offset, value, 'acknowledged')
    this.acknowledged.set(offset, value)
  }

  /** What is read once is read for ever (a committed record is never lost nor changed). */
  see(offset: number, value: string): void {
    this.#agree(this.read, offset, value, 'read')
    this.#agree(this.acknowledged, offset, value, 'read')
    this.read.set(offset, value)
  }

  #agree(known: ReadonlyMap<number, string>, offset: number, value: string, how: string): void {
    const other = known.get(offset)
    must(
      other === undefined || other === value,
      'a record changed',
      () => `${this.name}: offset ${offset} is ${how} as ${value}, and was known as ${other}`,
    )
  }
}

/** Everything that clients know for certain. Partitions go by topic id, so that a new topic of an old name is another. */
export class History {
  readonly partitions = new Map<string, PartitionHistory>()

  of(topicId: string, topic: string, partition: number): PartitionHistory {
    const key = `${topicId}-${partition}`
    let found = this.partitions.get(key)
    if (found === undefined) {
      found = new PartitionHistory(`${topic}-${partition} (${topicId})`)
      this.partitions.set(key, found)
    }
    return found
  }
}
