import type { CommandModule } from 'yargs'
import { Codec } from '../../protocol/compression/index.ts'
import { buildBatch, type RecordInput } from '../../protocol/records/build.ts'
import { API, type Client, check, type TopicMetadata, withClient } from './client.ts'
import { CommandError } from './command-error.ts'
import { linesOf, progress } from './lines.ts'
import { type BootstrapArguments, bootstrapServer } from './options.ts'
import { partitionOfKey } from './partitioner.ts'

const TIMEOUT_MS = 30_000
/** Bytes of records in one batch, about. */
const BATCH_BYTES = 256 * 1024
const CODECS = { none: Codec.NONE, gzip: Codec.GZIP, snappy: Codec.SNAPPY, lz4: Codec.LZ4, zstd: Codec.ZSTD } as const
const ACKS = { 0: 0, 1: 1, all: -1 } as const

interface ProduceArguments extends BootstrapArguments {
  topic: string
  keySeparator: string | undefined
  partition: number | undefined
  codec: keyof typeof CODECS
  acks: keyof typeof ACKS
  header: string[]
}

/** `odradek produce TOPIC`: each line of standard input is a record. */
export const produceCommand: CommandModule = {
  command: 'produce <topic>',
  describe: 'write records, one for each line of standard input',
  builder: (yargs) =>
    yargs
      .options(bootstrapServer)
      .positional('topic', { type: 'string', demandOption: true })
      .option('key-separator', { alias: 'K', type: 'string', describe: 'what stands between key and value in a line' })
      .option('partition', { type: 'number', describe: 'write to this partition only' })
      .option('codec', {
        alias: 'z',
        type: 'string',
        choices: Object.keys(CODECS),
        default: 'none',
        describe: 'how batches are compressed',
      })
      .option('acks', {
        type: 'string',
        choices: Object.keys(ACKS),
        default: 'all',
        describe: 'who must have a record before it counts',
      })
      .option('header', {
        alias: 'H',
        type: 'string',
        array: true,
        nargs: 1,
        default: [],
        describe: 'a header of each record, key=value',
      }),
  handler: async (args) => {
    const options = args as unknown as ProduceArguments
    await withClient(options.bootstrapServer, (client) => produce(client, options))
  },
}

async function produce(client: Client, options: ProduceArguments): Promise<void> {
  const [topic] = await client.topics([options.topic], { create: true })
  if (!topic) throw new CommandError(`Topic ${options.topic} does not exist.`)
  const { partition } = options
  if (partition !== undefined && !topic.partitions.some(({ partitionIndex }) => partitionIndex === partition)) {
    throw new CommandError(`Topic ${topic.name} has no partition ${partition}; it has ${topic.partitions.length}.`)
  }
  const parse = recordParser(options)
  const batches = new Map<number, { records: RecordInput[]; bytes: number }>()
  let sent = 0
  let round = 0

  const flush = async (): Promise<void> => {
    const pending = [...batches]
    batches.clear()
    for (const [index, { records }] of pending) {
      await send(client, topic, index, records, options)
      sent += records.length
      progress(`${sent} records`)
    }
  }
  for await (const lines of linesOf(process.stdin)) {
    for (const line of lines) {
      const record = parse(line)
      const index =
        partition ??
        (record.key ? partitionOfKey(record.key, topic.partitions.length) : round++ % topic.partitions.length)
      const batch = batches.get(index) ?? { records: [], bytes: 0 }
      batch.records.push(record)
      batch.bytes += line.length
      batches.set(index, batch)
      if (batch.bytes >= BATCH_BYTES) await flush()
    }
    // What a person typed goes out at once, what comes from a pipe when there is enough of it.
    if (process.stdin.isTTY) await flush()
  }
  await flush()
  progress(`${sent} records written to ${topic.name}`, { last: true })
}

function recordParser({ keySeparator, header }: ProduceArguments): (line: Buffer) => RecordInput {
  const headers = header.map((pair) => {
    const equals = pair.indexOf('=')
    if (equals < 1) throw new CommandError(`--header ${pair}: write it as key=value.`)
    return { key: pair.slice(0, equals), value: Buffer.from(pair.slice(equals + 1)) }
  })
  return (line) => {
    const timestamp = Date.now()
    const at = keySeparator === undefined ? -1 : line.indexOf(keySeparator)
    if (keySeparator === undefined || at < 0) return { timestamp, key: null, value: line, headers }
    return { timestamp, key: line.subarray(0, at), value: line.subarray(at + Buffer.byteLength(keySeparator)), headers }
  }
}

async function send(
  client: Client,
  topic: TopicMetadata,
  index: number,
  records: RecordInput[],
  options: ProduceArguments,
): Promise<void> {
  const leaderId = topic.partitions.find(({ partitionIndex }) => partitionIndex === index)?.leaderId ?? -1
  const leader = await client.broker(leaderId)
  const batch = buildBatch({ records, codec: CODECS[options.codec] })
  const body = {
    acks: ACKS[options.acks],
    timeoutMs: TIMEOUT_MS,
    topicData: [{ name: topic.name, partitionData: [{ index, records: batch }] }],
  }
  if (body.acks === 0) return leader.sendOneWay(API.PRODUCE, body, { version: PRODUCE_VERSION })
  const { responses } = await leader.send(API.PRODUCE, body, { version: PRODUCE_VERSION })
  const answer = responses[0]?.partitionResponses[0]
  check(answer?.errorCode ?? 0, `Topic ${topic.name}, partition ${index}`, answer?.errorMessage)
}

/** The newest that names topics by name and asks nothing of transactions. */
const PRODUCE_VERSION = 9
