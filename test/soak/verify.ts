import { errorName } from '../../protocol/errors.ts'
import { batches } from '../../protocol/records/batch.ts'
import { readRecords } from '../../protocol/records/record.ts'
import type { Peer } from '../../src/net/peer.ts'
import { expect, isRecord, numberOf, recordOf } from './content.ts'
import type { SoakPartition } from './lane.ts'

const FETCH = 1
const LIST_OFFSETS = 2
const FETCH_VERSION = 12
const LATEST = -1
const EARLIEST = -2

export async function offsetAt(peer: Peer, { topic, index, name }: SoakPartition, timestamp: number): Promise<number> {
  const { topics } = await peer.send(LIST_OFFSETS, {
    replicaId: -1,
    isolationLevel: 0,
    topics: [{ name: topic, partitions: [{ partitionIndex: index, timestamp }] }],
  })
  const { errorCode, offset } = topics[0]!.partitions[0]!
  expect(errorCode === 0, () => `${name}: ListOffsets ${timestamp} answers ${errorName(errorCode)}`)
  return offset
}

/**
 * Everything acknowledged from `from` on (an offset at which a batch begins) is there, at the offset that was said, once,
 * in order and as it was sent; nothing else is, but batches that were sent and not acknowledged. Gives the log's end.
 */
export async function verifyFrom(
  peer: Peer,
  partition: SoakPartition,
  from: number,
  lastNumber: number,
  firstTimestamp: number,
): Promise<{ end: number; lastNumber: number }> {
  const { name, salt, idempotent, sent, acknowledged } = partition
  const start = await offsetAt(peer, partition, EARLIEST)
  expect(start === 0, () => `${name}: the log starts at ${start}`)
  const end = await offsetAt(peer, partition, LATEST)
  expect(
    end >= partition.acknowledgedEnd,
    () => `${name}: the log ends at ${end}; offset ${partition.acknowledgedEnd - 1} was acknowledged`,
  )
  const found = new Map<number, number>()
  let last = lastNumber
  let position = from
  while (position < end) {
    const data = await fetch(peer, partition, position)
    const before = position
    for (const batch of batches(data)) {
      if (batch.nextOffset <= position) continue
      expect(
        batch.baseOffset === position,
        () => `${name}: a batch begins at offset ${batch.baseOffset} where ${position} was due`,
      )
      expect(batch.verifyCrc(), () => `${name}: the batch at offset ${position} does not match its CRC`)
      let first = -1
      for (const record of readRecords(batch)) {
        const number = numberOf(record)
        const due = idempotent || first >= 0 ? last + 1 : undefined
        expect(
          due === undefined ? number > last : number === due,
          () => `${name}: offset ${record.offset} holds record ${number}; ${due ?? `one after ${last}`} was due`,
        )
        expect(
          isRecord(record, recordOf(salt, number, firstTimestamp)),
          () => `${name}: record ${number} at offset ${record.offset} is not as it was sent`,
        )
        if (first < 0) first = number
        last = number
      }
      expect(
        sent.get(first) === batch.recordCount,
        () => `${name}: ${batch.recordCount} records at offset ${position}, sent were ${sent.get(first) ?? 'none'}`,
      )
      found.set(first, position)
      position = batch.nextOffset
    }
    expect(position > before, () => `${name}: nothing comes from offset ${before} although the log ends at ${end}`)
  }
  expect(position === end, () => `${name}: the last batch ends at ${position}, the log at ${end}`)
  for (const [first, offset] of acknowledged) {
    if (offset < from) continue
    expect(
      found.get(first) === offset,
      () => `${name}: record ${first} was acknowledged at offset ${offset}; found at ${found.get(first) ?? 'none'}`,
    )
  }
  return { end, lastNumber: last }
}

async function fetch(peer: Peer, { topic, index, name }: SoakPartition, fetchOffset: number): Promise<Buffer> {
  const partitions = [{ partition: index, fetchOffset, partitionMaxBytes: 1 << 20 }]
  const body = {
    maxWaitMs: 0,
    minBytes: 0,
    maxBytes: 1 << 20,
    topics: [{ topic, partitions }],
    forgottenTopicsData: [],
  }
  const { responses } = await peer.send(FETCH, body, { version: FETCH_VERSION })
  const answer = responses[0]!.partitions[0]!
  expect(answer.errorCode === 0, () => `${name}: Fetch at ${fetchOffset} answers ${errorName(answer.errorCode)}`)
  return answer.records ?? Buffer.alloc(0)
}
