import fc from 'fast-check'
import t from 'tap'
import { batches } from '../../protocol/records/batch.ts'
import type { Log } from '../../src/log/log.ts'
import { batch, LogWorld, NOW_MS } from './world.ts'

/** What a log is meant to be: a list of batches. */
interface Model {
  start: number
  batches: { base: number; last: number; time: number; bytes: Buffer }[]
}

const endOf = (model: Model) => (model.batches.at(-1)?.last ?? model.start - 1) + 1

interface State {
  world: LogWorld
  model: Model
  flushed: number
}

type Step = (state: State) => Promise<void>

const append = (count: number, valueBytes: number, time: number): Step => {
  return async ({ world, model }) => {
    const records = batch({ count, valueBytes, timestamp: NOW_MS + time })
    const { firstOffset, lastOffset } = world.append(records)
    if (firstOffset !== endOf(model)) throw new Error(`appended at ${firstOffset}, not at ${endOf(model)}`)
    model.batches.push({
      base: firstOffset,
      last: lastOffset,
      time: NOW_MS + time + count - 1,
      bytes: Buffer.from(records),
    })
  }
}

const truncate = (share: number): Step => {
  return async ({ world, model }) => {
    const target = model.start + Math.floor(share * (endOf(model) - model.start))
    world.log.truncateTo(target)
    // Whole batches go: the one that holds the target too.
    model.batches = model.batches.filter(({ last }) => last < target)
    if (model.batches.length === 0) model.start = Math.min(model.start, world.log.logStartOffset)
    if (world.log.logEndOffset !== endOf(model) && model.batches.length > 0) {
      throw new Error(`cut to ${target}: ends at ${world.log.logEndOffset}, not at ${endOf(model)}`)
    }
    if (model.batches.length === 0) model.start = world.log.logEndOffset
  }
}

const read = (share: number, maxBytes: number, cold: boolean, upToShare: number): Step => {
  return async ({ world, model }) => {
    const { log } = world
    const end = endOf(model)
    const offset = model.start + Math.floor(share * (end - model.start))
    const upTo = offset + Math.ceil(upToShare * (end - offset))
    if (cold) world.forgetTail()
    const slice = await log.read({ offset, maxBytes, upTo, minOneBatch: true })
    const got = Buffer.concat(slice.records)
    const from = model.batches.findIndex(({ last }) => last >= offset)
    const wanted: Buffer[] = []
    const segment = log.segments.findLast(({ baseOffset }) => baseOffset <= (model.batches[from]?.base ?? 0))
    const next = log.segments.find(({ baseOffset }) => baseOffset > (segment?.baseOffset ?? 0))
    if (offset < upTo) {
      for (const stored of model.batches.slice(from)) {
        if (stored.last >= upTo || (next && stored.base >= next.baseOffset)) break
        wanted.push(stored.bytes)
      }
    }
    const limit = Math.max(maxBytes, wanted[0]?.length ?? 0)
    const expected = Buffer.concat(wanted).subarray(0, limit)
    // Of a batch that the limit cuts, a read from disk may leave out the piece that is too short to be told.
    const isSame =
      got.equals(expected) || (expected.subarray(0, got.length).equals(got) && expected.length - got.length < 61)
    if (!isSame) throw new Error(`read ${offset} up to ${upTo}: ${got.length} bytes, not ${expected.length}`)
  }
}

const byTime = (time: number): Step => {
  return async ({ world, model }) => {
    const found = await world.log.offsetForTimestamp(NOW_MS + time)
    const stored = model.batches.find((candidate) => candidate.time >= NOW_MS + time)
    const inIt =
      stored !== undefined && found !== undefined && found.offset >= stored.base && found.offset <= stored.last
    if (stored === undefined ? found !== undefined : !inIt) throw new Error(`by time ${time}: ${found?.offset}`)
  }
}

const flush: Step = async (state) => {
  await state.world.log.flush()
  state.flushed = state.world.log.recoveryPoint
}

const restart = (clean: boolean): Step => {
  return async (state) => {
    const { world, model } = state
    const logStartOffset = world.log.logStartOffset
    if (clean) await world.reopenClean({ logStartOffset })
    else world.reopenUnclean({ logStartOffset, recoveryPoint: Math.min(world.log.recoveryPoint, endOf(model)) })
  }
}

const removeOldest: Step = async ({ world, model }) => {
  world.log.removeOldest(1)
  const { logStartOffset } = world.log
  model.batches = model.batches.filter(({ base }) => base >= logStartOffset)
  model.start = logStartOffset
}

const share = fc.double({ min: 0, max: 1, noNaN: true })
const steps = fc.oneof(
  {
    weight: 10,
    arbitrary: fc
      .tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 1000 }))
      .map((a) => named(`append ${a}`, append(...a))),
  },
  {
    weight: 6,
    arbitrary: fc
      .tuple(share, fc.integer({ min: 0, max: 2000 }), fc.boolean(), share)
      .map((a) => named(`read ${a}`, read(...a))),
  },
  { weight: 2, arbitrary: share.map((a) => named(`truncate ${a}`, truncate(a))) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 1100 }).map((a) => named(`byTime ${a}`, byTime(a))) },
  { weight: 1, arbitrary: fc.constant(named('flush', flush)) },
  { weight: 1, arbitrary: fc.boolean().map((clean) => named(`restart ${clean}`, restart(clean))) },
  { weight: 1, arbitrary: fc.constant(named('removeOldest', removeOldest)) },
)

function named(name: string, step: Step): { name: string; step: Step; toString(): string } {
  return { name, step, toString: () => name }
}

function same(log: Log, model: Model): void {
  if (log.logEndOffset !== endOf(model)) throw new Error(`ends at ${log.logEndOffset}, not at ${endOf(model)}`)
  const stored = [...log.batches()]
  const wanted = model.batches.map(({ bytes }) => bytes)
  if (!Buffer.concat(stored).equals(Buffer.concat(wanted))) throw new Error('content differs')
  for (const segment of log.segments) {
    for (let i = 0; i < segment.offsetIndex.count; i++) {
      const { offset, position } = segment.offsetIndex.entry(i)
      const file = model.batches.filter(({ base }) => base >= segment.baseOffset)
      let at = 0
      const hit = file.find(({ last, bytes }) => {
        if (last === offset) return true
        at += bytes.length
        return false
      })
      if (hit === undefined || at !== position)
        throw new Error(`index of ${segment.baseOffset}: ${offset} is not at ${position}`)
    }
  }
}

t.test('a log does what a list of batches would', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(steps, { minLength: 5, maxLength: 60 }), async (run) => {
      const world = new LogWorld({
        'internal.segment.bytes': 2500,
        'index.interval.bytes': 300,
        'segment.index.bytes': 120,
      })
      const state: State = { world, model: { start: 0, batches: [] }, flushed: 0 }
      for (const { step } of run) await step(state)
      same(world.log, state.model)
      world.log.abandon()
    }),
    { numRuns: 300 },
  )
  t.pass('300 runs')
})

t.test('a follower that is sent a leader’s bytes has the same log', async (t) => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 0, max: 400 }), fc.integer({ min: 0, max: 2 })),
        { maxLength: 40 },
      ),
      fc.integer({ min: 1, max: 3000 }),
      async (appends, fetchBytes) => {
        const config = { 'internal.segment.bytes': 2500, 'index.interval.bytes': 300 }
        const [leader, follower] = [new LogWorld(config), new LogWorld(config)]
        let epoch = 0
        for (const [count, valueBytes, newEpoch] of appends) {
          if (newEpoch === 2) epoch++
          leader.append(batch({ count, valueBytes }), { leaderEpoch: epoch })
        }
        while (follower.log.logEndOffset < leader.log.logEndOffset) {
          const slice = await leader.log.read({
            offset: follower.log.logEndOffset,
            maxBytes: fetchBytes,
            upTo: leader.log.logEndOffset,
            minOneBatch: true,
          })
          follower.log.appendAsFollower(Buffer.concat(slice.records), { leaderEpoch: epoch })
          follower.log.write()
        }
        const [a, b] = [leader, follower].map(({ log }) => Buffer.concat([...log.batches()]))
        if (!a!.equals(b!)) throw new Error('content differs')
        t.same(follower.log.epochs.entries, leader.log.epochs.entries)
      },
    ),
    { numRuns: 100 },
  )
})

t.test('batches read back are those that were validated', async (t) => {
  const world = new LogWorld()
  world.append(batch({ count: 2 }))
  t.same(
    [...batches(Buffer.concat([...world.log.batches()]))].map(({ lastOffset }) => lastOffset),
    [1],
  )
})
