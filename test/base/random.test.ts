import t from 'tap'
import { randomUuid } from '../../src/base/random.ts'
import { SeededRandom } from '../../src/base/seeded-random.ts'
import { systemRandom } from '../../src/base/system-random.ts'

t.test('the same seed gives the same sequence, another seed another', async (t) => {
  const draw = (random: SeededRandom) => [random.below(1000), random.bytes(8).toString('hex'), randomUuid(random)]
  t.same(draw(new SeededRandom(7)), draw(new SeededRandom(7)))
  t.notSame(draw(new SeededRandom(7)), draw(new SeededRandom(8)))
})

for (const [name, random] of [
  ['seeded', new SeededRandom(1)],
  ['system', systemRandom],
] as const) {
  t.test(`${name}: below stays in range and reaches every value`, async (t) => {
    for (const bound of [1, 2, 7, 256]) {
      const seen = new Set<number>()
      for (let i = 0; i < bound * 40; i++) seen.add(random.below(bound))
      t.ok([...seen].every((value) => Number.isInteger(value) && value >= 0 && value < bound))
      t.equal(seen.size, bound)
    }
    const wide = Array.from({ length: 200 }, () => random.below(2 ** 53))
    t.ok(wide.every((value) => Number.isSafeInteger(value) && value >= 0))
    t.ok(wide.some((value) => value > 2 ** 51))
    t.throws(() => random.below(0))
  })

  t.test(`${name}: bytes have the length asked for`, async (t) => {
    t.equal(random.bytes(0).length, 0)
    const long = random.bytes(70_000)
    t.equal(long.length, 70_000)
    t.ok(new Set(long.subarray(65_536)).size > 200, 'the end is filled too')
  })
}
