import fc from 'fast-check'
import t from 'tap'
import { DurationHistogram, RecentValues } from '../../src/base/metrics.ts'

t.test('quantiles are right to 9 %', async () => {
  const durations = fc.array(fc.double({ min: 0.001, max: 3_000_000, noNaN: true }), { minLength: 1, maxLength: 200 })
  fc.assert(
    fc.property(durations, fc.constantFrom(0.5, 0.95, 0.99, 1), (values, part) => {
      const histogram = new DurationHistogram()
      for (const value of values) histogram.record(value, 0)
      const exact = values.toSorted((one, other) => one - other)[Math.ceil(part * values.length) - 1]!
      const found = histogram.quantile(part, 0)
      return found >= exact * 0.999 && found <= exact * 1.091 + 0.0002
    }),
  )
})

t.test('what is old counts for nothing but the count', async (t) => {
  const histogram = new DurationHistogram()
  histogram.record(1000, 0)
  t.ok(histogram.quantile(0.5, 60_000) > 900, 'in the window before this one')
  histogram.record(1, 60_000)
  t.ok(histogram.quantile(0.99, 119_000) > 900)
  t.ok(histogram.quantile(0.99, 120_000) < 2)
  t.equal(histogram.quantile(0.99, 500_000), 0)
  t.equal(histogram.count, 2)
})

t.test('mean and maximum of late', async (t) => {
  const values = new RecentValues()
  t.same([values.average(0), values.max(0)], [Number.NaN, Number.NaN])
  values.record(1, 0)
  values.record(5, 10)
  t.same([values.average(20), values.max(20)], [3, 5])
  values.record(2, 60_000)
  t.same([values.average(60_000), values.max(60_000)], [8 / 3, 5])
  t.same([values.average(120_000), values.max(120_000)], [2, 2])
  t.same(values.max(500_000), Number.NaN)
})
