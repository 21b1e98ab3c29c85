import { ErrorCode, ProtocolError } from '../../protocol/errors.ts'
import { BatchView, wholeBatchSize } from '../../protocol/records/batch.ts'
import type { ReplicaContext } from './context.ts'
import type { PartitionName } from './types.ts'

/** Bytes asked from the log at a time. */
const READ_BYTES = 1024 * 1024

/**
 * The whole batches of a partition led here, from the log start offset to what is written at the time of the first
 * read; one or more in each buffer. Throws ProtocolError where the partition is not, or is no longer, led here.
 */
export async function* readBatches(context: ReplicaContext, name: PartitionName): AsyncGenerator<Buffer, void, void> {
  const partition = context.find(name)
  if (typeof partition === 'number') throw new ProtocolError(partition)
  // What was fetched from the former leader in this very turn is in the log too, and becomes committed with it.
  context.writer.flush()
  const upTo = partition.writtenEnd
  let offset = partition.log.logStartOffset
  while (offset < upTo) {
    const code = partition.check(-1, true)
    if (code !== ErrorCode.NONE) throw new ProtocolError(code)
    const slice = await partition.log.read({ offset, maxBytes: READ_BYTES, upTo, minOneBatch: true })
    if (slice.bytes === 0) return
    for (const buffer of slice.records) {
      let end = 0
      for (let size = wholeBatchSize(buffer, 0); size > 0; size = wholeBatchSize(buffer, end)) {
        offset = new BatchView(buffer, end, size).nextOffset
        end += size
      }
      if (end > 0) yield buffer.subarray(0, end)
    }
  }
}
