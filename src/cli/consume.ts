import type { CommandModule } from 'yargs'
import { ErrorCode } from '../../protocol/errors.ts'
import { batches } from '../../protocol/records/batch.ts'
import { type DecodedRecord, readRecords } from '../../protocol/records/record.ts'
import { API, type Client, check, withClient } from './client.ts'
import { CommandError } from './command-error.ts'
import { progress } from './lines.ts'
import { type BootstrapArguments, bootstrapServer } from './options.ts'

const MAX_WAIT_MS = 500
const MAX_BYTES = 32 * 1024 * 1024
const PARTITION_MAX_BYTES = 1024 * 1024
const LATEST = -1
const EARLIEST = -2
/** Fetch by topic name, with isolation levels, and nothing that needs a session. */
const FETCH_VERSION = 11

interface ConsumeArguments extends BootstrapArguments {
  topic: string
  partition: number | undefined
  fromBeginning: boolean
  offset: number | undefined
  timestamp: number | undefined
  maxMessages: number
  exit: boolean
  keySeparator: string | undefined
  json: boolean
}

interface Position {
  partition: number
  leaderId: number
  offset: number
  /** Where the partition ended when we began. */
  end: number
}

/** `odradek consume TOPIC`: each record is a line of standard output. */
export const consumeCommand: CommandModule = {
  command: 'consume <topic>',
  describe: 'read records, one a line',
  builder: (yargs) =>
    yargs
      .options(bootstrapServer)
      .positional('topic', { type: 'string', demandOption: true })
      .option('from-beginning', { type: 'boolean', default: false, describe: 'begin with the oldest record' })
      .option('offset', { alias: 'o', type: 'number', describe: 'begin at this offset' })
      .option('timestamp', { alias: 't', type: 'number', describe: 'begin at this time, in milliseconds' })
      .option('partition', { type: 'number', describe: 'read this partition only' })
      .option('max-messages', {
        alias: ['n', 'count'],
        type: 'number',
        default: Number.POSITIVE_INFINITY,
        describe: 'stop after so many [default: never]',
        defaultDescription: 'no limit',
      })
      .option('exit', {
        alias: 'e',
        type: 'boolean',
        default: false,
        describe: 'stop at the end instead of waiting for more; all records unless told where to begin',
      })
      .option('key-separator', { alias: 'K', type: 'string', describe: 'print keys too, with this behind them' })
      .option('json', { alias: 'J', type: 'boolean', default: false, describe: 'print each record as JSON' }),
  handler: async (args) => {
    const options = args as unknown as ConsumeArguments
    await withClient(options.bootstrapServer, (client) => consume(client, options))
  },
}

async function consume(client: Client, options: ConsumeArguments): Promise<void> {
  const positions = await startPositions(client, options)
  const print = printer(options)
  let left = options.maxMessages
  let read = 0
  const finished = () => left <= 0 || (options.exit && positions.every(({ offset, end }) => offset >= end))
  while (!finished()) {
    for (const [leaderId, mine] of byLeader(positions)) {
      for (const { position, records, next } of await fetchOnce(client, leaderId, options.topic, mine)) {
        for (const record of records) {
          if (record.offset < position.offset || left <= 0 || (options.exit && record.offset >= position.end)) continue
          if (!(await write(print(record, position.partition)))) return
          left -= 1
          read += 1
        }
        position.offset = Math.max(position.offset, next)
      }
      progress(`${read} records`)
    }
  }
  progress(`${read} records read from ${options.topic}`, { last: true })
}

/** Standard output of a process is never marked as destroyed, so this is how one learns that its reader has gone. */
let readerIsGone = false
process.stdout.on('error', () => {
  readerIsGone = true
})

/** False once whoever read our output has gone, as `head` does. */
async function write(line: string): Promise<boolean> {
  if (!readerIsGone && !process.stdout.write(line)) await drained(process.stdout)
  return !readerIsGone
}

function drained(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      stream.off('drain', done).off('error', done)
      resolve()
    }
    stream.on('drain', done).on('error', done)
  })
}

function byLeader(positions: readonly Position[]): Map<number, Position[]> {
  const leaders = new Map<number, Position[]>()
  for (const position of positions)
    leaders.set(position.leaderId, [...(leaders.get(position.leaderId) ?? []), position])
  return leaders
}

async function startPositions(client: Client, options: ConsumeArguments): Promise<Position[]> {
  const [topic] = await client.topics([options.topic])
  const wanted = (topic?.partitions ?? []).filter(
    ({ partitionIndex }) => options.partition === undefined || partitionIndex === options.partition,
  )
  if (wanted.length === 0) throw new CommandError(`Topic ${options.topic} has no partition ${options.partition}.`)
  return Promise.all(
    wanted.map(async ({ partitionIndex: partition, leaderId }) => {
      const end = await offsetAt(client, leaderId, options.topic, partition, LATEST)
      return { partition, leaderId, end, offset: await startOffset(client, leaderId, partition, end, options) }
    }),
  )
}

async function startOffset(
  client: Client,
  leaderId: number,
  partition: number,
  end: number,
  options: ConsumeArguments,
): Promise<number> {
  const at = (timestamp: number) => offsetAt(client, leaderId, options.topic, partition, timestamp)
  if (options.offset !== undefined) return options.offset
  if (options.fromBeginning) return at(EARLIEST)
  if (options.timestamp === undefined) return options.exit ? at(EARLIEST) : end
  const found = await at(options.timestamp)
  return found < 0 ? end : found
}

async function offsetAt(
  client: Client,
  leaderId: number,
  topic: string,
  partitionIndex: number,
  timestamp: number,
): Promise<number> {
  const leader = await client.broker(leaderId)
  const partitions = [{ partitionIndex, timestamp }]
  const { topics } = await leader.send(API.LIST_OFFSETS, {
    replicaId: -1,
    isolationLevel: 0,
    topics: [{ name: topic, partitions }],
  })
  const answer = topics[0]!.partitions[0]!
  check(answer.errorCode, `Topic ${topic}, partition ${partitionIndex}`)
  return answer.offset
}

interface Fetched {
  position: Position
  records: DecodedRecord[]
  next: number
}

async function fetchOnce(client: Client, leaderId: number, topic: string, positions: Position[]): Promise<Fetched[]> {
  const leader = await client.broker(leaderId)
  const { responses } = await leader.send(
    API.FETCH,
    {
      maxWaitMs: MAX_WAIT_MS,
      minBytes: 1,
      maxBytes: MAX_BYTES,
      topics: [
        {
          topic,
          partitions: positions.map(({ partition, offset }) => ({
            partition,
            fetchOffset: offset,
            partitionMaxBytes: PARTITION_MAX_BYTES,
          })),
        },
      ],
      forgottenTopicsData: [],
    },
    { version: FETCH_VERSION },
  )
  const byPartition = new Map(positions.map((position) => [position.partition, position]))
  return (responses[0]?.partitions ?? []).map(({ partitionIndex, errorCode, records }) => {
    if (errorCode !== ErrorCode.NONE) check(errorCode, `Topic ${topic}, partition ${partitionIndex}`)
    const position = byPartition.get(partitionIndex)!
    return { position, ...decode(records ?? Buffer.alloc(0), position.offset) }
  })
}

function decode(data: Buffer, from: number): { records: DecodedRecord[]; next: number } {
  const records: DecodedRecord[] = []
  let next = from
  for (const batch of batches(data)) {
    next = batch.nextOffset
    if (!batch.isControl) records.push(...readRecords(batch))
  }
  return { records, next }
}

function printer({ json, keySeparator }: ConsumeArguments): (record: DecodedRecord, partition: number) => string {
  if (json) {
    return ({ offset, timestamp, key, value, headers }, partition) => {
      const shown = headers.map((header) => ({ key: header.key, value: header.value?.toString() ?? null }))
      return `${JSON.stringify({ partition, offset, timestamp, key: key?.toString() ?? null, value: value?.toString() ?? null, headers: shown })}\n`
    }
  }
  if (keySeparator === undefined) return ({ value }) => `${value?.toString() ?? ''}\n`
  return ({ key, value }) => `${key?.toString() ?? ''}${keySeparator}${value?.toString() ?? ''}\n`
}
