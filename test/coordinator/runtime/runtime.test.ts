import t from 'tap'
import { EncodeError, ErrorCode } from '../../../protocol/errors.ts'
import { BatchView } from '../../../protocol/records/batch.ts'
import { buildBatch } from '../../../protocol/records/build.ts'
import { readRecords } from '../../../protocol/records/record.ts'
import { silentLogger } from '../../../src/base/logger.ts'
import { ManualTime } from '../../../src/base/manual-time.ts'
import type {
  CoordinatorState,
  Outcome,
  RecordOrigin,
  TransactionalProducer,
} from '../../../src/coordinator/runtime/ports.ts'
import { CoordinatorRuntime } from '../../../src/coordinator/runtime/runtime.ts'
import type { ShardContext } from '../../../src/coordinator/runtime/shard.ts'
import { TimelineMap } from '../../../src/coordinator/runtime/timeline.ts'
import { MemoryLog } from '../memory-log.ts'

interface Entry {
  key: string
  value: string | null
}

/** Keeps the last value of each key: the least that a coordinator can be. */
class Register implements CoordinatorState<Entry> {
  readonly values: TimelineMap<string, string>
  readonly context: ShardContext<Entry>
  readonly events: string[]

  constructor(context: ShardContext<Entry>, events: string[]) {
    this.context = context
    this.values = new TimelineMap(context.timeline)
    this.events = events
  }

  replay({ key, value }: Entry, { position, producer }: RecordOrigin): void {
    this.events.push(`replay ${key}@${position}${producer ? ` of ${producer.producerId}` : ''}`)
    if (value === null) this.values.delete(key)
    else this.values.set(key, value)
  }

  endTransaction({ producerId }: TransactionalProducer, committed: boolean): void {
    this.events.push(`${committed ? 'commit' : 'abort'} ${producerId}`)
  }

  loaded(): void {
    this.events.push('loaded')
  }

  reverted(code: ErrorCode): void {
    this.events.push(`reverted ${code}`)
  }

  unloaded(code: ErrorCode): void {
    this.events.push(`unloaded ${code}`)
  }
}

const UNWRITABLE = 'unwritable'

function setUp(changes: { lingerMs?: number; maxBatchBytes?: number } = {}) {
  const log = new MemoryLog()
  const time = new ManualTime()
  const events: string[] = []
  const runtime = new CoordinatorRuntime<Register, Entry>({
    log,
    codec: {
      encode: ({ key, value }) => {
        if (key === UNWRITABLE) throw new EncodeError(`${key} has no form`)
        return { key: Buffer.from(key), value: value === null ? null : Buffer.from(value) }
      },
      decode: (key, value) => {
        if (key[0] === 0x3f) return undefined
        return { key: key.toString(), value: value?.toString() ?? null }
      },
    },
    createState: (context) => new Register(context, events),
    clock: time,
    timers: time,
    logger: silentLogger,
    lingerMs: -1,
    maxBatchBytes: 1048588,
    compression: 0,
    writeTimeoutMs: 5000,
    ...changes,
  })
  const write = (...pairs: string[]) =>
    runtime.write<string>(
      0,
      () => ({ records: pairs.map(toEntry), response: 'done' }),
      (code) => `failed ${code}`,
    )
  const view = () =>
    runtime.read<Record<string, string> | number>(
      0,
      ({ values }) => Object.fromEntries(values.entries()),
      (code) => code,
    )
  const committed = () =>
    runtime.read<Record<string, string> | number>(
      0,
      ({ values }) => Object.fromEntries(values.committedEntries()),
      (code) => code,
    )
  const batches = () => log.batches.get(0)!.map((batch) => BatchView.at(batch))
  return { log, time, events, runtime, write, view, committed, batches }
}

/** 'key=value', or 'key' for a tombstone. */
function toEntry(pair: string): Entry {
  const [key, value] = pair.split('=')
  return { key: key!, value: value ?? null }
}

/** What a promise has settled to so far. */
function watch<T>(promise: Promise<T>): { value: T | undefined } {
  const seen: { value: T | undefined } = { value: undefined }
  void promise.then((value) => {
    seen.value = value
  })
  return seen
}

t.test(
  'E11: writes of one turn are one batch with base sequence 0 and no producer; replies follow the commit',
  async (t) => {
    const { log, time, runtime, write, view, committed, batches } = setUp()
    await runtime.elect(0, 1)
    log.isHeld = true
    const replies = [watch(write('a=1')), watch(write('b=2', 'a=3'))]
    t.same(view(), { a: '3', b: '2' })
    t.same(committed(), {})
    await time.settle()
    t.equal(log.waiting, 1)
    const [batch] = batches()
    t.match(batch, {
      producerId: -1,
      producerEpoch: -1,
      baseSequence: 0,
      recordCount: 3,
      isTransactional: false,
      codec: 0,
    })
    t.equal(batch!.verifyCrc(), true)
    t.same(
      [...readRecords(batch!)].map(({ key, value, timestamp }) => [key?.toString(), value?.toString(), timestamp]),
      [
        ['a', '1', time.wallMs()],
        ['b', '2', time.wallMs()],
        ['a', '3', time.wallMs()],
      ],
    )
    t.same(replies, [{ value: undefined }, { value: undefined }])
    log.commitNext()
    await time.settle()
    t.same(replies, [{ value: 'done' }, { value: 'done' }])
    t.same(committed(), { a: '3', b: '2' })
  },
)

t.test('N-E34: what comes while a batch is in flight is the next batch', async (t) => {
  const { log, time, runtime, write, committed, batches } = setUp()
  await runtime.elect(0, 1)
  log.isHeld = true
  const first = watch(write('a=1'))
  await time.settle()
  const second = watch(write('b=1'))
  const third = watch(write('c=1'))
  await time.settle()
  t.equal(log.waiting, 1)
  log.commitNext()
  await time.settle()
  t.same([first.value, second.value], ['done', undefined])
  t.same(committed(), { a: '1' })
  t.equal(log.waiting, 1)
  log.commitNext()
  await time.settle()
  t.same([second.value, third.value], ['done', 'done'])
  t.same(
    batches().map(({ recordCount }) => recordCount),
    [1, 2],
  )
})

t.test('a linger time is waited for', async (t) => {
  const { log, time, runtime, write, batches } = setUp({ lingerMs: 10 })
  await runtime.elect(0, 1)
  void write('a=1')
  await time.run(9)
  t.equal(log.batches.has(0), false)
  void write('b=1')
  await time.run(1)
  t.same(
    batches().map(({ recordCount }) => recordCount),
    [2],
  )
})

t.test('a failed append takes back all that is uncommitted', async (t) => {
  const { log, time, events, runtime, write, view } = setUp()
  await runtime.elect(0, 1)
  await Promise.all([write('a=1'), time.settle()])
  log.isHeld = true
  const inFlight = watch(write('a=2', 'b=2'))
  await time.settle()
  const gathering = watch(write('c=3'))
  t.same(view(), { a: '2', b: '2', c: '3' })
  log.rejectNext(ErrorCode.NOT_ENOUGH_REPLICAS)
  await time.settle()
  t.same(view(), { a: '1' })
  t.same([inFlight.value, gathering.value], ['failed 19', 'failed 19'])
  t.equal(events.at(-1), 'reverted 19')
  log.isHeld = false
  t.equal((await Promise.all([write('d=4'), time.settle()]))[0], 'done')
  t.same(view(), { a: '1', d: '4' })
})

t.test('an append of unknown fate loads the shard anew', async (t) => {
  const { log, time, events, runtime, write, view } = setUp()
  await runtime.elect(0, 1)
  log.isHeld = true
  const stays = watch(write('a=1'))
  await time.settle()
  log.rejectNext(ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND, false)
  await time.settle()
  t.equal(stays.value, 'failed 20')
  t.same(view(), { a: '1' })
  const lost = watch(write('b=1'))
  await time.settle()
  log.rejectNext(ErrorCode.REQUEST_TIMED_OUT, true)
  await time.settle()
  t.equal(lost.value, 'failed 7')
  t.same(view(), { a: '1' })
  t.same(
    events.filter((event) => event.includes('load')),
    ['loaded', 'unloaded 20', 'loaded', 'unloaded 7', 'loaded'],
  )
})

t.test('a reply does not wait for ever, and what it waited for still counts', async (t) => {
  const { log, time, runtime, write, committed } = setUp()
  await runtime.elect(0, 1)
  log.isHeld = true
  const reply = watch(write('a=1'))
  await time.run(4999)
  t.equal(reply.value, undefined)
  await time.run(1)
  t.equal(reply.value, 'failed 7')
  log.commitNext()
  await time.settle()
  t.same(committed(), { a: '1' })
})

t.test('I19: records that have no form in the log are refused whole, and the shard goes on', async (t) => {
  const { time, runtime, write, view, events, batches } = setUp()
  await runtime.elect(0, 1)
  t.equal(await write('a=1', `${UNWRITABLE}=2`), `failed ${ErrorCode.UNKNOWN_SERVER_ERROR}`)
  t.ok(events.includes(`reverted ${ErrorCode.UNKNOWN_SERVER_ERROR}`))
  const next = watch(write('b=3'))
  await time.settle()
  t.equal(next.value, 'done')
  t.same(view(), { b: '3' })
  t.equal(batches().length, 1)
})

t.test(
  'E13: records that do not fit into a batch are refused whole; a full batch makes room for the next',
  async (t) => {
    const { time, runtime, write, view, batches } = setUp({ maxBatchBytes: 61 + 3 * 40 })
    await runtime.elect(0, 1)
    const replies = [write('a=1', 'b=1', 'c=1', 'd=1'), write('e=1', 'f=1'), write('g=1', 'h=1')].map(watch)
    await time.settle()
    t.same(
      replies.map(({ value }) => value),
      ['failed 10', 'done', 'done'],
    )
    t.same(Object.keys(view() as object), ['e', 'f', 'g', 'h'])
    t.same(
      batches().map(({ recordCount }) => recordCount),
      [2, 2],
    )
  },
)

t.test('divisible records are spread over batches', async (t) => {
  const { time, runtime, batches } = setUp({ maxBatchBytes: 61 + 3 * 40 })
  await runtime.elect(0, 1)
  const records = Array.from({ length: 8 }, (_, i) => ({ key: `k${i}`, value: 'v' }))
  const reply = watch(runtime.write(0, () => ({ records, response: 'done', isDivisible: true }), String))
  await time.settle()
  t.equal(reply.value, 'done')
  t.same(
    batches().map(({ recordCount }) => recordCount),
    [3, 3, 2],
  )
})

t.test('E12: a producer has a batch of its own', async (t) => {
  const { time, runtime, write, batches, events } = setUp()
  await runtime.elect(0, 1)
  const producer = { producerId: 7, producerEpoch: 2 }
  void write('a=1')
  void runtime.write(0, () => ({ records: [toEntry('b=1')], response: '', producer }), String)
  void write('c=1')
  await time.settle()
  t.match(batches(), [
    { producerId: -1, isTransactional: false },
    { producerId: 7, producerEpoch: 2, baseSequence: 0, isTransactional: true },
    { producerId: -1, isTransactional: false },
  ])
  t.ok(events.includes('replay b@1 of 7'))
})

t.test('a write without records waits for those before it', async (t) => {
  const { log, time, runtime, write } = setUp()
  await runtime.elect(0, 1)
  const alone = watch(write())
  await time.settle()
  t.equal(alone.value, 'done')
  log.isHeld = true
  void write('a=1')
  const behind = watch(write())
  await time.settle()
  t.equal(behind.value, undefined)
  log.commitNext()
  await time.settle()
  t.equal(behind.value, 'done')
})

t.test('an operation hears how its records fared and may write again', async (t) => {
  const { log, time, runtime, view } = setUp()
  await runtime.elect(0, 1)
  const codes: ErrorCode[] = []
  const operation = (): Outcome<Entry, string> => ({
    records: [toEntry('a=1')],
    response: 'done',
    settled: (code) => {
      codes.push(code)
      return { records: [toEntry(`b=${code}`)], response: undefined }
    },
  })
  void runtime.write(0, operation, String)
  await time.settle()
  t.same(view(), { a: '1', b: '0' })
  log.failNext = ErrorCode.NOT_LEADER_OR_FOLLOWER
  void runtime.write(0, operation, String)
  await time.settle()
  t.same(view(), { a: '1', b: '6' })
  t.same(codes, [0, 6])
})

t.test('E15: a shard that is not here or not loaded says so', async (t) => {
  const { log, time, runtime, write, view, events } = setUp()
  t.equal(await write('a=1'), 'failed 16')
  t.equal(view(), 16)
  log.batches.set(0, [buildBatch({ records: [{ timestamp: 0, key: Buffer.from('x'), value: Buffer.from('1') }] })])
  const loading = runtime.elect(0, 1)
  t.equal(await write('a=1'), 'failed 14')
  t.equal(view(), 14)
  t.same([...runtime.shards()], [{ partition: 0, availability: 14 }])
  await loading
  t.same(view(), { x: '1' })
  t.same([...runtime.shards()], [{ partition: 0, availability: 0 }])
  log.isHeld = true
  const parked = watch(write('a=1'))
  await time.settle()
  runtime.resign(0, 2)
  await time.settle()
  t.equal(parked.value, 'failed 16')
  t.equal(view(), 16)
  t.equal(events.at(-1), 'unloaded 16')
  t.equal(time.pending, 0)
})

t.test('old elections and resignations are ignored', async (t) => {
  const { runtime, view, events } = setUp()
  await runtime.elect(0, 5)
  runtime.resign(0, 4)
  t.same(view(), {})
  await runtime.elect(0, 6)
  t.same(events, ['loaded'])
  runtime.resign(0, 7)
  t.equal(view(), 16)
  await runtime.elect(0, 6)
  t.equal(view(), 16)
  await runtime.elect(0, 8)
  t.same(view(), {})
  runtime.resign(0)
  t.equal(view(), 16)
})

t.test('a leadership that ends while the log is read leaves nothing behind', async (t) => {
  const { log, runtime, view, events } = setUp()
  log.batches.set(0, [buildBatch({ records: [{ timestamp: 0, key: Buffer.from('x'), value: Buffer.from('1') }] })])
  const loading = runtime.elect(0, 1)
  runtime.resign(0, 2)
  const again = runtime.elect(0, 3)
  await Promise.all([loading, again])
  t.same(view(), { x: '1' })
  t.same(
    events.filter((event) => event === 'loaded'),
    ['loaded'],
  )
})

t.test('loading replays offsets, transactions and markers, and passes over unknown records', async (t) => {
  const { log, runtime, view, events } = setUp()
  const record = (key: string, value: string | null) => ({
    timestamp: 0,
    key: Buffer.from(key),
    value: value === null ? null : Buffer.from(value),
  })
  const marker = Buffer.from([0, 0, 0, 1])
  const producer = { producerId: 9, producerEpoch: 0, baseSequence: 0, isTransactional: true }
  log.batches.set(0, [
    Buffer.concat([
      buildBatch({ baseOffset: 3, records: [record('a', '1'), record('?', '1')] }),
      buildBatch({ baseOffset: 7, records: [record('b', '1'), record('a', null)], ...producer }),
    ]),
    buildBatch({
      baseOffset: 9,
      ...producer,
      baseSequence: -1,
      isControl: true,
      records: [{ timestamp: 0, key: marker, value: marker }],
    }),
  ])
  await runtime.elect(0, 1)
  t.same(view(), { b: '1' })
  t.same(events, ['replay a@3', 'replay b@7 of 9', 'replay a@8 of 9', 'commit 9', 'loaded'])
})

t.test('a log that cannot be read leaves the shard out of service until the next election', async (t) => {
  const { log, runtime, view } = setUp()
  const batch = buildBatch({ records: [{ timestamp: 0, key: Buffer.from('x'), value: Buffer.from('1') }] })
  const damaged = Buffer.from(batch)
  damaged.writeInt32BE(9, 57)
  log.batches.set(0, [damaged])
  await runtime.elect(0, 1)
  t.equal(view(), 16)
  log.batches.set(0, [batch])
  await runtime.elect(0, 2)
  t.same(view(), { x: '1' })
})

t.test('timers run as writes, can be prolonged and cancelled, and end with the shard', async (t) => {
  const { time, runtime, view } = setUp()
  await runtime.elect(0, 1)
  const timers = runtime.read(
    0,
    ({ context }) => context.timers,
    () => undefined,
  )!
  const put = (pair: string) => () => ({ records: [toEntry(pair)], response: undefined })
  timers.schedule('a', 100, put('a=1'))
  timers.schedule('b', 100, put('b=1'))
  timers.schedule('c', 100, put('c=1'))
  await time.run(50)
  timers.schedule('a', 100, put('a=2'))
  timers.cancel('b')
  timers.schedule('c', 10, put('c=2'))
  await time.run(10)
  t.same(view(), { c: '2' })
  await time.run(89)
  t.same(view(), { c: '2' })
  await time.run(1)
  t.same(view(), { c: '2', a: '2' })
  timers.schedule('d', 10, put('d=1'))
  runtime.close()
  t.equal(time.pending, 0)
  t.equal(view(), 16)
})
