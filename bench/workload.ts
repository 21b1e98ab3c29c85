import { apiByKey } from '../protocol/api/index.ts'
import { encodeRequest } from '../protocol/frame.ts'
import { buildBatch } from '../protocol/records/build.ts'
import { Connection } from './connection.ts'

/** Versions that every broker since 2.1 and before 5.0 serves. */
export const PRODUCE_VERSION = 7
export const FETCH_VERSION = 11
const CREATE_TOPICS_VERSION = 4
const PARTITION_MAX_BYTES = 64 * 1024 * 1024
const TIMEOUT_MS = 30_000
const RECORD_BYTES = 1024

export async function createTopic(address: string, name: string, partitions: number): Promise<void> {
  const connection = await Connection.open(address)
  try {
    const topic = { name, numPartitions: partitions, replicationFactor: 1, assignments: [], configs: [] }
    const { topics } = await connection.call(19, CREATE_TOPICS_VERSION, {
      topics: [topic],
      timeoutMs: TIMEOUT_MS,
      validateOnly: false,
    })
    if (topics[0]!.errorCode !== 0) throw new Error(`CreateTopics of ${name}: error ${topics[0]!.errorCode}`)
    await untilLed(connection, name, partitions)
  } finally {
    connection.close()
  }
}

async function untilLed(connection: Connection, name: string, partitions: number): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const { topics } = await connection.call(3, 4, { topics: [{ name }], allowAutoTopicCreation: false })
    const led = topics[0]!.partitions.filter(({ errorCode }) => errorCode === 0).length
    if (led === partitions) return
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  throw new Error(`${name} has no leaders`)
}

/** A v2 batch of about `bytes`, of records of 1 KiB whose bytes do not repeat. */
export function batchOf(bytes: number, recordBytes = RECORD_BYTES): Buffer {
  const records = Array.from({ length: Math.max(1, Math.floor(bytes / (recordBytes + 12))) }, (_, index) => {
    const value = Buffer.allocUnsafe(Math.min(recordBytes, bytes))
    for (let i = 0, state = index + 1; i < value.length; i++) {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0
      value[i] = state >>> 16
    }
    return { timestamp: Date.now(), key: null, value }
  })
  return buildBatch({ records })
}

/** One Produce request, acks=1, with one batch for each of the partitions. */
export function produceRequest(topic: string, partitions: number, batch: Buffer): Buffer {
  return Buffer.concat(
    encodeRequest(apiByKey(0), PRODUCE_VERSION, 1, 'bench', {
      acks: 1,
      timeoutMs: TIMEOUT_MS,
      topicData: [
        { name: topic, partitionData: Array.from({ length: partitions }, (_, index) => ({ index, records: batch })) },
      ],
    }),
  )
}

/** One Fetch request without a session, from these offsets. */
export function fetchRequest(topic: string, offsets: readonly number[], maxBytes: number): Buffer {
  return Buffer.concat(
    encodeRequest(apiByKey(1), FETCH_VERSION, 1, 'bench', {
      maxWaitMs: 500,
      minBytes: 1,
      maxBytes,
      topics: [
        {
          topic,
          partitions: offsets.map((fetchOffset, partition) => ({
            partition,
            fetchOffset,
            partitionMaxBytes: PARTITION_MAX_BYTES,
          })),
        },
      ],
      forgottenTopicsData: [],
      rackId: '',
    }),
  )
}

export async function endOffsets(address: string, topic: string, partitions: number): Promise<number[]> {
  const connection = await Connection.open(address)
  try {
    const { topics } = await connection.call(2, 5, {
      replicaId: -1,
      topics: [
        {
          name: topic,
          partitions: Array.from({ length: partitions }, (_, partitionIndex) => ({ partitionIndex, timestamp: -1 })),
        },
      ],
    })
    const found = [...topics[0]!.partitions].sort((a, b) => a.partitionIndex - b.partitionIndex)
    return found.map(({ offset }) => offset)
  } finally {
    connection.close()
  }
}

/** Sends one request and waits for its answer. */
export async function sendOnce(address: string, request: Buffer): Promise<Buffer> {
  const connection = await Connection.open(address)
  try {
    return await new Promise((resolve, reject) => {
      connection.listen(resolve, reject)
      connection.write(request)
    })
  } finally {
    connection.close()
  }
}
