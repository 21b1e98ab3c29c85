import t from 'tap'
import { ManualTime } from '../../src/base/manual-time.ts'

t.test('timers run in order of time, then of setting, and see their own time', async (t) => {
  const time = new ManualTime(1000)
  const seen: string[] = []
  const note = (name: string) => () => seen.push(`${name}@${time.monotonicMs()}`)
  time.after(20, note('c'))
  time.after(10, note('a'))
  time.after(10, note('b'))
  time.after(15, note('cancelled')).cancel()
  time.after(30, note('late'))
  time.advance(20)
  t.same(seen, ['a@10', 'b@10', 'c@20'])
  t.equal(time.wallMs(), 1020)
  t.equal(time.pending, 1)
  t.equal(time.nextMs, 30)
})

t.test('a timer set by a timer runs in the same turn of the clock if it falls due', async (t) => {
  const time = new ManualTime()
  const seen: number[] = []
  const again = () => {
    seen.push(time.monotonicMs())
    time.after(10, again)
  }
  time.after(10, again)
  time.advance(35)
  t.same(seen, [10, 20, 30])
})

t.test('soon runs before time passes and after each timer', async (t) => {
  const time = new ManualTime()
  const seen: string[] = []
  time.soon(() => {
    seen.push('first')
    time.soon(() => seen.push('second'))
  })
  time.after(1, () => {
    seen.push('timer')
    time.soon(() => seen.push('third'))
  })
  time.after(2, () => seen.push('timer 2'))
  time.advance(5)
  t.same(seen, ['first', 'second', 'timer', 'third', 'timer 2'])
})

t.test('run lets promises settle after each timer', async (t) => {
  const time = new ManualTime()
  const seen: string[] = []
  time.after(1, async () => {
    await null
    await null
    seen.push(`reaction@${time.monotonicMs()}`)
  })
  time.after(2, () => seen.push(`timer@${time.monotonicMs()}`))
  await time.run(5)
  t.same(seen, ['reaction@1', 'timer@2'])
})

t.test('many timers come out sorted', async (t) => {
  const time = new ManualTime()
  const seen: number[] = []
  for (let i = 0; i < 1000; i++) {
    const at = (i * 7919) % 1009
    const timer = time.after(at, () => seen.push(at))
    if (i % 3 === 0) timer.cancel()
  }
  time.advance(2000)
  t.equal(seen.length, 666)
  t.same(
    seen,
    [...seen].sort((a, b) => a - b),
  )
})

t.test('the wall clock can jump, durations do not', async (t) => {
  const time = new ManualTime(0)
  time.advance(50)
  time.setWallMs(10)
  t.equal(time.wallMs(), 10)
  t.equal(time.monotonicMs(), 50)
})
