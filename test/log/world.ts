import { type BatchInput, buildBatch, type RecordInput } from '../../protocol/records/build.ts'
import { ZERO_UUID } from '../../protocol/wire/uuid.ts'
import { defaultsOf } from '../../src/base/config.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { ManualTime } from '../../src/base/manual-time.ts'
import { MemoryDisk } from '../../src/base/memory-disk.ts'
import { SeededRandom } from '../../src/base/seeded-random.ts'
import { type TopicConfig, topicConfig } from '../../src/log/config.ts'
import { createLogEnvironment, type LogEnvironment } from '../../src/log/environment.ts'
import { type AppendInfo, type LeaderAppend, Log, type LogOptions } from '../../src/log/log.ts'

export const DIR = '/data/t-0'
export const TOPIC_ID = 'topic0000000000000001A'
/** A day in 2026, on which the clock of these tests stands. */
export const NOW_MS = 1767225600000

export function configWith(changes: Record<string, unknown> = {}): TopicConfig {
  return { ...defaultsOf(topicConfig), ...changes } as TopicConfig
}

/** One log on a memory disk, which can be closed, killed and opened again. */
export class LogWorld {
  readonly time = new ManualTime(NOW_MS)
  readonly disk: MemoryDisk
  readonly environment: LogEnvironment
  config: TopicConfig
  log: Log

  constructor(changes: Record<string, unknown> = {}, options: Partial<LogOptions> & { disk?: MemoryDisk } = {}) {
    this.disk = options.disk ?? new MemoryDisk({ wallMs: () => this.time.wallMs() })
    this.config = configWith(changes)
    const system = { clock: this.time, timers: this.time, random: new SeededRandom(1), disk: this.disk }
    this.environment = createLogEnvironment(system, silentLogger)
    this.log = this.open(options)
  }

  open(options: Partial<LogOptions> = {}): Log {
    this.log = Log.open({
      environment: this.environment,
      dir: DIR,
      topic: 't',
      partition: 0,
      topicId: ZERO_UUID,
      config: this.config,
      ...options,
    })
    return this.log
  }

  /** As kill -9 and a new start would. */
  reopenUnclean(options: Partial<LogOptions> = {}): Log {
    this.log.abandon()
    this.disk.crash('written')
    return this.open(options)
  }

  async reopenClean(options: Partial<LogOptions> = {}): Promise<Log> {
    await this.log.close()
    return this.open({ clean: true, ...options })
  }

  append(records: Buffer, options: Partial<LeaderAppend> = {}): AppendInfo {
    const info = this.log.appendAsLeader(records, {
      leaderEpoch: 0,
      origin: 'client',
      nowMs: this.time.wallMs(),
      ...options,
    })
    this.log.write()
    return info
  }

  /** Names in the partition's directory, with sizes. */
  files(): Record<string, number> {
    const files = this.disk.list(DIR).map(({ name }) => [name, this.disk.stat(`${DIR}/${name}`)!.size] as const)
    return Object.fromEntries(files.sort(([a], [b]) => (a < b ? -1 : 1)))
  }

  file(name: string): Buffer {
    return this.disk.readFile(`${DIR}/${name}`)
  }

  /** Lets go of what is in memory, so that reads go to the disk. */
  forgetTail(): void {
    this.environment.tails.evictIdle(Number.POSITIVE_INFINITY)
  }
}

export interface BatchSpec extends Omit<Partial<BatchInput>, 'records'> {
  count?: number
  /** Of the first record; the others follow in steps of one ms. */
  timestamp?: number
  valueBytes?: number
  key?: string | null
}

export function batch({
  count = 1,
  timestamp = NOW_MS,
  valueBytes = 10,
  key = 'k',
  ...header
}: BatchSpec = {}): Buffer {
  const records: RecordInput[] = Array.from({ length: count }, (_, i) => ({
    timestamp: timestamp < 0 ? timestamp : timestamp + i,
    key: key === null ? null : Buffer.from(key),
    value: Buffer.alloc(valueBytes, 'v'),
  }))
  return buildBatch({ ...header, records })
}

/** A batch of one record that has exactly so many bytes. */
export function batchOf(bytes: number, spec: BatchSpec = {}): Buffer {
  let valueBytes = Math.max(0, bytes - 75)
  for (let tries = 0; tries < 8; tries++) {
    const built = batch({ ...spec, valueBytes })
    if (built.length === bytes) return built
    valueBytes += bytes - built.length
  }
  throw new Error(`no batch has ${bytes} bytes`)
}
