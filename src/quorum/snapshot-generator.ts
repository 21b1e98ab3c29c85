import type { LogEnvironment } from '../log/environment.ts'
import { imageRecords } from '../metadata/image-records.ts'
import type { SnapshotId } from '../raft/types.ts'
import type { Committer } from './committer.ts'
import type { QuorumConfig } from './config.ts'
import type { MetadataLog } from './metadata-log.ts'
import { snapshotBatches } from './snapshot.ts'

interface GeneratorOptions {
  readonly environment: LogEnvironment
  readonly log: MetadataLog
  readonly committer: Committer
  readonly config: Pick<
    QuorumConfig,
    'metadata.log.max.record.bytes.between.snapshots' | 'metadata.log.max.snapshot.interval.ms'
  >
  readonly onFailure: (cause: unknown) => void
}

/**
 * Takes a snapshot of the image when enough was committed since the last one, or enough time has passed (facts A70, A71).
 * It is written a batch a turn of the event loop: the image does not change meanwhile, and a large one holds nothing up.
 */
export class SnapshotGenerator {
  readonly #options: GeneratorOptions
  #bytesBefore = 0
  #lastMs: number
  #running = false
  #closed = false

  constructor(options: GeneratorOptions) {
    this.#options = options
    this.#lastMs = options.environment.clock.monotonicMs()
  }

  /** A snapshot came from elsewhere. */
  restart(): void {
    this.#bytesBefore = this.#options.committer.bytes
    this.#lastMs = this.#options.environment.clock.monotonicMs()
  }

  /** To be called at the end of batches. */
  maybeGenerate(): void {
    if (this.#running || this.#closed || !this.#isDue()) return
    const { loader } = this.#options.committer
    if (loader.transactionOpen) return
    const { offset, epoch } = loader.image
    const id = { offset: offset + 1, epoch }
    if (id.offset <= (this.#options.log.latestSnapshot?.offset ?? 0)) return
    this.restart()
    this.#generate(id)
  }

  close(): void {
    this.#closed = true
  }

  #isDue(): boolean {
    const { committer, config, environment } = this.#options
    const intervalMs = config['metadata.log.max.snapshot.interval.ms']
    return (
      committer.bytes - this.#bytesBefore >= config['metadata.log.max.record.bytes.between.snapshots'] ||
      (intervalMs > 0 && environment.clock.monotonicMs() - this.#lastMs >= intervalMs)
    )
  }

  #generate(id: SnapshotId): void {
    const { environment, log, committer, onFailure } = this.#options
    const { timers, logger, clock } = environment
    const batches = snapshotBatches({
      records: imageRecords(committer.loader.image),
      voters: log.kraftVersion === 0 ? undefined : log.votersBelow(id.offset),
      lastTimestamp: committer.lastTimestamp,
      nowMs: clock.wallMs(),
      epoch: id.epoch,
    })
    this.#running = true
    const writer = log.snapshots.create(id)
    const step = async () => {
      if (this.#closed) return writer.abandon()
      const { value } = batches.next()
      if (value) {
        writer.write(value)
        next()
      } else {
        this.#running = false
        // Meanwhile the log may have been set to a snapshot of the leader (fact A69).
        const isTaken = await writer.finish(() => id.offset >= log.startOffset)
        if (isTaken) logger.debug('took a snapshot of the metadata', { ...id })
      }
    }
    const next = () => timers.soon(() => void step().catch(onFailure))
    next()
  }
}
