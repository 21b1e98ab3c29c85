import { batches } from '../../../protocol/records/batch.ts'
import type { Log } from '../../../src/log/log.ts'
import { must } from '../violation.ts'

interface CommittedBatch {
  readonly lastOffset: number
  readonly epoch: number
  readonly crc: number
}

/**
 * What has been committed of one replicated log, batch by batch, as the first replica that knew of it had it. From then
 * on no replica may have anything else there.
 */
export class CommittedLog {
  readonly name: string
  /** Everything below is committed. */
  end = 0
  readonly #batches = new Map<number, CommittedBatch>()
  /** What the leader of an epoch has committed: everything below, by epoch. */
  readonly #endOfEpoch = new Map<number, number>()
  /** Up to where a replica's log was found to agree; one that is opened or made anew is looked at from its start. */
  readonly #agreed = new WeakMap<Log, number>()

  constructor(name: string) {
    this.name = name
  }

  /** The leader of this epoch has committed everything below `end`. */
  advance(epoch: number, end: number): void {
    if (end > (this.#endOfEpoch.get(epoch) ?? 0)) this.#endOfEpoch.set(epoch, end)
  }

  /** Everything below was committed by leaders of earlier epochs: who leads in this one has it. */
  endBefore(epoch: number): number {
    let end = 0
    for (const [earlier, committed] of this.#endOfEpoch) if (earlier < epoch) end = Math.max(end, committed)
    return end
  }

  /** The replica says that everything below `committed` is: it has all of that, and has it as everybody else. */
  verify(replica: string, log: Log, committed: number): void {
    const from = Math.max(this.#agreed.get(log) ?? 0, log.logStartOffset)
    must(
      log.logEndOffset >= from,
      'committed records were cut off',
      () => `${this.name}: ${replica} had committed records up to ${from} and now ends at ${log.logEndOffset}`,
    )
    if (committed <= from) return
    must(
      log.writtenEndOffset >= committed,
      'a replica lacks committed records',
      () => `${this.name}: ${replica} ends at ${log.writtenEndOffset}, and ${committed} is committed`,
    )
    let next = from
    for (const bytes of log.batches(from)) {
      for (const batch of batches(bytes)) {
        if (batch.baseOffset >= committed) break
        next = batch.lastOffset + 1
        this.#compare(replica, batch.baseOffset, batch.lastOffset, batch.partitionLeaderEpoch, batch.crc)
      }
      if (next >= committed) break
    }
    must(
      next >= committed,
      'a replica lacks committed records',
      () => `${this.name}: ${replica} has no batches from ${next} to ${committed}`,
    )
    this.#agreed.set(log, next)
    if (committed > this.end) this.end = committed
  }

  #compare(replica: string, baseOffset: number, lastOffset: number, epoch: number, crc: number): void {
    const known = this.#batches.get(baseOffset)
    if (known === undefined) {
      must(
        baseOffset >= this.end,
        'committed records differ',
        () => `${this.name}: ${replica} has a batch at ${baseOffset} where others have none`,
      )
      this.#batches.set(baseOffset, { lastOffset, epoch, crc })
      return
    }
    must(
      known.lastOffset === lastOffset && known.epoch === epoch && known.crc === crc,
      'committed records differ',
      () =>
        `${this.name}: ${replica} has ${baseOffset} to ${lastOffset} of epoch ${epoch} (${crc}); committed is ` +
        `${baseOffset} to ${known.lastOffset} of epoch ${known.epoch} (${known.crc})`,
    )
  }
}
