import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import type { CommandModule } from 'yargs'
import { codecName } from '../../protocol/compression/index.ts'
import { type BatchView, batches, TimestampType } from '../../protocol/records/batch.ts'
import { readRecords } from '../../protocol/records/record.ts'
import { CommandError } from './command-error.ts'

interface DumpArguments {
  files: string[]
  records: boolean
}

/** `odradek dump-log FILE...`: what a segment file holds, a line for each batch and, on demand, each record. */
export const dumpLogCommand: CommandModule = {
  command: 'dump-log <files..>',
  describe: 'show what segment files hold',
  builder: (yargs) =>
    yargs
      .positional('files', { type: 'string', array: true, demandOption: true, describe: 'segment files, NNN.log' })
      .option('records', { type: 'boolean', default: false, describe: 'show records too' }),
  handler: (args) => {
    const { files, records } = args as unknown as DumpArguments
    for (const file of files) dump(file, records)
  },
}

function dump(file: string, withRecords: boolean): void {
  let data: Buffer
  try {
    data = readFileSync(file)
  } catch (error) {
    throw new CommandError(`${file} cannot be read: ${(error as Error).message}`)
  }
  const baseOffset = /^(\d+)\.log(?:\.deleted)?$/.exec(basename(file))?.[1]
  if (baseOffset === undefined)
    throw new CommandError(`${file} is no segment file: one is called like 00000000000000000000.log.`)
  process.stdout.write(`Dumping ${file}\nLog starting offset: ${Number.parseInt(baseOffset, 10)}\n`)
  let end = 0
  for (const batch of batches(data)) {
    end = batch.end
    process.stdout.write(`${describe(batch)}\n`)
    if (withRecords && batch.magic === 2 && !batch.isControl) describeRecords(batch)
  }
  if (end < data.length) process.stdout.write(`Found ${data.length - end} bytes after the last whole batch\n`)
}

/** In the words of kafka-dump-log, so that scripts that read the one read the other. */
function describe(batch: BatchView): string {
  const stamped = batch.timestampType === TimestampType.LOG_APPEND_TIME ? 'LogAppendTime' : 'CreateTime'
  const fields = {
    baseOffset: batch.baseOffset,
    lastOffset: batch.lastOffset,
    count: batch.magic === 2 ? batch.recordCount : 1,
    baseSequence: batch.baseSequence,
    producerId: batch.producerId,
    producerEpoch: batch.producerEpoch,
    partitionLeaderEpoch: batch.partitionLeaderEpoch,
    isTransactional: batch.isTransactional,
    isControl: batch.isControl,
    position: batch.start,
    [stamped]: batch.maxTimestamp,
    size: batch.sizeInBytes,
    magic: batch.magic,
    compresscodec: batch.isCompressed ? codecName(batch.codec) : 'none',
    crc: batch.crc,
    isvalid: batch.verifyCrc(),
  }
  return Object.entries(fields)
    .map(([name, value]) => `${name}: ${value}`)
    .join(' ')
}

function describeRecords(batch: BatchView): void {
  for (const { offset, timestamp, key, value, headers } of readRecords(batch)) {
    const names = headers.map((header) => header.key).join(',')
    process.stdout.write(
      `| offset: ${offset} timestamp: ${timestamp} keySize: ${key?.length ?? -1} valueSize: ${value?.length ?? -1} headerKeys: [${names}] key: ${key ?? ''} payload: ${value ?? ''}\n`,
    )
  }
}
