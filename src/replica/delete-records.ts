import { ErrorCode } from '../../protocol/errors.ts'
import { ZERO_UUID } from '../../protocol/wire/uuid.ts'
import { assert } from '../base/assert.ts'
import type { Offset } from '../base/brand.ts'
import type { ReplicaContext } from './context.ts'
import { errorCodeOf } from './error-code.ts'
import type { Partition } from './partition.ts'
import type { DelayedOperation } from './purgatory.ts'
import type { DeleteRecordsEntry, DeleteRecordsResult } from './types.ts'

/** Stands for the high watermark. */
const UP_TO_HIGH_WATERMARK = -1

/**
 * Raises log start offsets (KIP-107). Resolves when every live replica has followed, or when the time is up with
 * REQUEST_TIMED_OUT where one has not (D74, D75 of the replication facts). Internal topics are the caller's to refuse.
 */
export function deleteRecords(
  context: ReplicaContext,
  timeoutMs: number,
  entries: readonly DeleteRecordsEntry[],
): Promise<DeleteRecordsResult[]> {
  return new Promise((resolve) => {
    const operation = new DeleteRecordsOperation(context, entries, resolve)
    const partitions = operation.begin()
    if (partitions.length > 0) context.deletions.park(operation, partitions, timeoutMs)
  })
}

interface Deletion {
  readonly partition: Partition
  readonly offset: Offset
  readonly result: DeleteRecordsResult
}

class DeleteRecordsOperation implements DelayedOperation<Partition> {
  readonly #context: ReplicaContext
  readonly #entries: readonly DeleteRecordsEntry[]
  readonly #results: DeleteRecordsResult[] = []
  #open: Deletion[] = []
  #resolve: ((results: DeleteRecordsResult[]) => void) | undefined

  constructor(
    context: ReplicaContext,
    entries: readonly DeleteRecordsEntry[],
    resolve: (results: DeleteRecordsResult[]) => void,
  ) {
    this.#context = context
    this.#entries = entries
    this.#resolve = resolve
  }

  /** Gives the partitions whose followers have still to come; none: it is answered. */
  begin(): Partition[] {
    for (const entry of this.#entries) this.#results.push(this.#delete(entry))
    for (const deletion of this.#open) this.#decide(deletion)
    this.#settle()
    return [...new Set(this.#open.map(({ partition }) => partition))]
  }

  #delete({ topic, partition: index, offset }: DeleteRecordsEntry): DeleteRecordsResult {
    const result: DeleteRecordsResult = { topic, partition: index, errorCode: ErrorCode.NONE, lowWatermark: -1 }
    const partition = this.#context.find({ topic, topicId: ZERO_UUID, partition: index })
    result.errorCode = typeof partition === 'number' ? partition : partition.check(-1, true)
    if (typeof partition === 'number' || result.errorCode !== ErrorCode.NONE) return result
    const policy = partition.config['cleanup.policy']
    const upTo = offset === UP_TO_HIGH_WATERMARK ? partition.highWatermark : offset
    if (policy.includes('compact') && !policy.includes('delete')) result.errorCode = ErrorCode.POLICY_VIOLATION
    else if (upTo < 0 || upTo > partition.highWatermark) result.errorCode = ErrorCode.OFFSET_OUT_OF_RANGE
    else result.errorCode = this.#raise(partition, upTo)
    if (result.errorCode === ErrorCode.NONE) this.#open.push({ partition, offset: upTo, result })
    return result
  }

  #raise(partition: Partition, offset: Offset): ErrorCode {
    try {
      if (partition.log.advanceLogStart(offset)) this.#context.changed(partition)
      return ErrorCode.NONE
    } catch (error) {
      return errorCodeOf(error)
    }
  }

  tryComplete(changed: Partition): boolean {
    for (const deletion of this.#open) if (deletion.partition === changed) this.#decide(deletion)
    this.#settle()
    return this.#open.length === 0
  }

  expire(): void {
    for (const { result } of this.#open) result.errorCode = ErrorCode.REQUEST_TIMED_OUT
    this.#open = []
    this.#settle()
  }

  #decide(deletion: Deletion): void {
    const { partition, offset, result } = deletion
    result.errorCode = partition.check(-1, true)
    if (result.errorCode === ErrorCode.NONE) {
      const low = partition.lowWatermark
      if (low < offset) return
      result.lowWatermark = low
    }
    this.#open = this.#open.filter((other) => other !== deletion)
  }

  #settle(): void {
    if (this.#open.length > 0) return
    assert(this.#resolve !== undefined, 'a deletion of records is answered once')
    this.#resolve(this.#results)
    this.#resolve = undefined
  }
}
