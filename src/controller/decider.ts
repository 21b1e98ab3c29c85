import { EncodeError, ErrorCode, ProtocolError } from '../../protocol/errors.ts'
import { encodeMetadataRecord, type MetadataRecord } from '../../protocol/metadata/index.ts'
import { AssertionFailure } from '../base/assert.ts'
import type { Offset } from '../base/brand.ts'
import type { Logger } from '../base/logger.ts'
import type { System } from '../base/ports.ts'
import { MetadataDelta } from '../metadata/delta.ts'
import type { MetadataImage } from '../metadata/image.ts'
import type { ControllerCounters } from './metrics.ts'
import {
  type Access,
  type ConfigRules,
  type Decision,
  type DecisionConfig,
  type DecisionContext,
  FULL_ACCESS,
  MAX_BATCH_BYTES,
  MAX_RECORDS,
  type RecordLog,
} from './ports.ts'

export interface DeciderOptions {
  readonly image: MetadataImage
  readonly log: RecordLog
  readonly rules: ConfigRules
  readonly config: DecisionConfig
  readonly system: Pick<System, 'timers' | 'random'>
  readonly logger: Logger
  readonly counters: ControllerCounters
  /** An append failed; nothing can be decided any more. Called once, and not after `end`. */
  readonly onFault: (cause: unknown) => void
  /** A decision failed in a way that should not be possible. */
  readonly onConfusion?: () => void
}

/**
 * Each operation decides on the image as all earlier ones left it, committed or not; its records are replayed at once and
 * given to the log; its response is given out once they are committed. So operations are sequential in the order of the
 * calls, however long a commit takes.
 */
export class Decider {
  readonly #options: DeciderOptions
  #image: MetadataImage
  /** The newest append. What reads waits for it, since it has seen what is not committed yet. */
  #lastAppend: Promise<unknown> = Promise.resolve()
  #active = true
  /** Ends the wait of those whose records are not committed. */
  readonly #waiting = new Set<() => void>()

  constructor(options: DeciderOptions) {
    this.#options = options
    this.#image = options.image
  }

  /** With everything decided so far, committed or not. */
  get image(): MetadataImage {
    return this.#image
  }

  /** @throws ProtocolError NOT_CONTROLLER */
  ensureActive(): void {
    if (!this.#active) throw new ProtocolError(ErrorCode.NOT_CONTROLLER)
  }

  /** Whoever asks from here on, or waits, is told that this is not the controller (fact B4). */
  end(): void {
    this.#active = false
    for (const giveUp of [...this.#waiting]) giveUp()
  }

  /** @param access rights of the client; the broker's own operations have all */
  async run<Response>(
    decide: (context: DecisionContext) => Decision<Response>,
    access: Access = FULL_ACCESS,
  ): Promise<Response> {
    this.ensureActive()
    this.#options.counters.operationsStarted++
    const { records, response, mayBeSplit } = this.#decide(decide, access)
    const batches = batchesOf(records)
    // One batch is one record of the log (fact B3); what would not fit into it is not begun.
    const isRefused = (batches.length > 1 && !mayBeSplit) || batches.some((batch) => sizeOf(batch) > MAX_BATCH_BYTES)
    if (isRefused) throw new ProtocolError(ErrorCode.POLICY_VIOLATION)
    if (batches.length > 0) this.#lastAppend = this.#append(batches)
    await this.#committed(this.#lastAppend)
    return response
  }

  /** What must not happen while deciding is not for this controller to go on from. */
  #decide<Response>(decide: (context: DecisionContext) => Decision<Response>, access: Access): Decision<Response> {
    const { log, rules, config, system, logger, onConfusion } = this.#options
    try {
      return decide({ random: system.random, config, rules, access, nextOffset: log.nextOffset })
    } catch (error) {
      if (error instanceof ProtocolError || error instanceof AssertionFailure) throw error
      logger.error('the controller cannot decide, and gives up its office', { error })
      onConfusion?.()
      throw error
    }
  }

  /** Waits for a commit, as long as this is the active controller: after that nobody may know what became of it. */
  #committed(append: Promise<unknown>): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const giveUp = () => {
        this.#waiting.delete(giveUp)
        reject(new ProtocolError(ErrorCode.NOT_CONTROLLER))
      }
      this.#waiting.add(giveUp)
      append.then(resolve, reject).finally(() => this.#waiting.delete(giveUp))
    })
  }

  /** Replays and appends in one turn, so that whoever decides next sees it all. */
  #append(batches: readonly (readonly MetadataRecord[])[]): Promise<unknown> {
    const appends: Promise<Offset>[] = []
    for (const batch of batches) {
      const delta = new MetadataDelta(this.#image)
      for (const record of batch) delta.replay(record)
      const { log } = this.#options
      this.#image = delta.apply(log.nextOffset + batch.length - 1, this.#image.epoch)
      appends.push(log.append(batch))
    }
    const all = Promise.all(appends)
    all.catch((cause) => this.#fault(cause))
    return all
  }

  #fault(cause: unknown): void {
    if (!this.#active) return
    this.#active = false
    this.#options.onFault(cause)
  }

  /** Fact H11: past its time limit a request is answered, whether or not it is carried out in the end. */
  within<Response>(
    timeoutMs: number,
    response: Promise<Response>,
    refuse: (errorCode: ErrorCode) => Response,
  ): Promise<Response> {
    return new Promise((resolve, reject) => {
      const expired = () => {
        this.#options.counters.operationsTimedOut++
        resolve(refuse(ErrorCode.REQUEST_TIMED_OUT))
      }
      const timer = this.#options.system.timers.after(Math.max(0, timeoutMs), expired)
      response.then(resolve, reject).finally(() => timer.cancel())
    })
  }
}

const batchesOf = (records: readonly MetadataRecord[]): (readonly MetadataRecord[])[] =>
  Array.from({ length: Math.ceil(records.length / MAX_RECORDS) }, (_, i) =>
    records.slice(i * MAX_RECORDS, (i + 1) * MAX_RECORDS),
  )

/**
 * In bytes. Throws where a record cannot be written: nobody may have seen its effects then. A request can ask for such
 * a one: text that is not UTF-8 grows when it is read, and may be too long for any reader afterwards.
 */
function sizeOf(batch: readonly MetadataRecord[]): number {
  try {
    return batch.reduce((sum, record) => sum + encodeMetadataRecord(record).length, 0)
  } catch (error) {
    if (!(error instanceof EncodeError)) throw error
    throw new ProtocolError(ErrorCode.INVALID_REQUEST, error.message, { cause: error })
  }
}
