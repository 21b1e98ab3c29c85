import {
  isActive,
  type MetadataImage,
  NO_LEADER,
  type PartitionImage,
  type TopicImage,
} from '../../src/metadata/image.ts'

const RECOVERING = 1

/** What a replica may have lost since the last look, and what a leader has said of its followers. */
export interface Happening {
  /** Stopped without writing everything down, and is registered again. */
  readonly uncleanRestart?: number
  /** The leader of this partition has found these to have everything; it counts if the controller has heard it. */
  readonly vouched?: { readonly topicId: string; readonly index: number; readonly isr: readonly number[] }
}

/**
 * Follows every partition of a cluster and throws where something does not hold that has to. As it does not see records,
 * it assumes the worst: whatever an ISR is large enough to commit is committed, so that only its members have it.
 */
export class PartitionChecker {
  readonly #minIsr: number
  readonly #elr: boolean
  #image: MetadataImage
  /** Brokers that hold every committed record, by partition. */
  readonly #complete = new Map<string, Set<number>>()
  /** Leader of each epoch, by partition and epoch. */
  readonly #leaders = new Map<string, number>()
  elections = 0
  uncleanElections = 0

  constructor(image: MetadataImage, minIsr: number, elr: boolean) {
    this.#image = image
    this.#minIsr = minIsr
    this.#elr = elr
  }

  /** To be called after each decision. */
  look(image: MetadataImage, happening: Happening = {}): void {
    const { uncleanRestart, vouched } = happening
    // Without ELR Kafka itself takes it for granted that nothing is lost in a restart.
    if (uncleanRestart !== undefined && this.#elr)
      for (const complete of this.#complete.values()) complete.delete(uncleanRestart)
    for (const topic of image.topics.byId.values()) {
      for (const partition of topic.partitions.values()) {
        const before = this.#image.topics.byId.get(topic.id)?.partitions.get(partition.index)
        const isMeant = vouched?.topicId === topic.id && vouched.index === partition.index && before !== partition
        this.#check(image, topic, partition, before, isMeant ? vouched.isr : [])
      }
    }
    this.#image = image
  }

  #check(
    image: MetadataImage,
    topic: TopicImage,
    partition: PartitionImage,
    before: PartitionImage | undefined,
    vouched: readonly number[],
  ): void {
    const key = `${topic.name}-${partition.index}`
    const fail = (what: string): never => {
      throw new Error(`${key}: ${what}\n${JSON.stringify(before)}\n${JSON.stringify(partition)}`)
    }
    this.#checkSets(image, partition, fail)
    this.#checkEpochs(key, partition, before, fail)
    this.#checkContents(key, partition, before, vouched, fail)
  }

  #checkSets(image: MetadataImage, partition: PartitionImage, fail: (what: string) => never): void {
    const { isr, elr, leader, replicas, adding, removing, directories } = partition
    const isSet = (ids: readonly number[]) => new Set(ids).size === ids.length
    const within = (ids: readonly number[]) => ids.every((id) => replicas.includes(id))
    if (![replicas, isr, elr, adding, removing].every(isSet)) fail('something is listed twice')
    if (![isr, elr, adding, removing].every(within)) fail('who is no replica is something else')
    if (replicas.length === 0 || directories.length !== replicas.length) fail('a directory for each replica')
    if (elr.some((id) => isr.includes(id))) fail('ISR and ELR overlap')
    if (leader !== NO_LEADER && !isr.includes(leader)) fail('the leader is not in sync')
    if (leader !== NO_LEADER && !isActive(image, leader)) fail('the leader is not there')
    if (!this.#elr && elr.length > 0) fail('an ELR without the feature')
    const isLastMember = !this.#elr && isr.length === 1 && leader === NO_LEADER
    if (!isLastMember && !isr.every((id) => isActive(image, id))) fail('somebody is in sync and not there')
    if (!this.#elr && isr.length === 0) fail('an empty ISR')
    // Nobody has to wait for a reassignment whose replicas are all there.
    const staying = replicas.filter((id) => !removing.includes(id))
    if (adding.length + removing.length > 0 && staying.length > 0 && staying.every((id) => isr.includes(id)))
      fail('a reassignment does not end')
  }

  #checkEpochs(
    key: string,
    partition: PartitionImage,
    before: PartitionImage | undefined,
    fail: (what: string) => never,
  ): void {
    const { leader, leaderEpoch, partitionEpoch } = partition
    const known = this.#leaders.get(`${key}@${leaderEpoch}`)
    if (known !== undefined && known !== leader) fail(`two leaders in one epoch, ${known} and ${leader}`)
    this.#leaders.set(`${key}@${leaderEpoch}`, leader)
    if (before === undefined || before === partition) return
    if (leaderEpoch < before.leaderEpoch) fail('the leader epoch went back')
    if (leaderEpoch === before.leaderEpoch && before.replicas.some((id) => !partition.replicas.includes(id)))
      fail('a replica has gone within a leader epoch')
    if (partitionEpoch <= before.partitionEpoch) fail('a change without a new partition epoch')
  }

  /** Nothing that was committed is lost, but by an election that says that it may be. */
  #checkContents(
    key: string,
    { leader, isr, elr, replicas, leaderRecoveryState }: PartitionImage,
    before: PartitionImage | undefined,
    vouched: readonly number[],
    fail: (what: string) => never,
  ): void {
    let complete = this.#complete.get(key) ?? new Set(isr)
    for (const id of vouched) complete.add(id)
    if (before !== undefined && leader !== before.leader && leader !== NO_LEADER) {
      this.elections++
      const isOutsider = !before.isr.includes(leader) && !before.elr.includes(leader)
      if (isOutsider && leaderRecoveryState === RECOVERING && isr.length === 1) {
        this.uncleanElections++
        complete = new Set(isr)
      }
    }
    if (!isr.every((id) => complete.has(id))) fail(`in sync without all records; complete are ${[...complete]}`)
    if (!elr.every((id) => complete.has(id))) fail(`eligible without all records; complete are ${[...complete]}`)
    if (leader !== NO_LEADER && isr.length >= Math.min(this.#minIsr, replicas.length)) complete = new Set(isr)
    this.#complete.set(key, complete)
  }
}
