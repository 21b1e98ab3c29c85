import t from 'tap'
import { simulate } from './simulation.ts'

/** Nodes of a cluster in these runs. */
const BROKERS = 3

t.test('a run is a function of its seed', async (t) => {
  const [first, again, other] = [
    await simulate({ seed: 7, minutes: 0.2, brokers: BROKERS }),
    await simulate({ seed: 7, minutes: 0.2, brokers: BROKERS }),
    await simulate({ seed: 8, minutes: 0.2, brokers: BROKERS }),
  ]
  t.equal(first.hash, again.hash)
  t.equal(first.acknowledged, again.acknowledged)
  t.not(first.hash, other.hash)
})

t.test('a handful of seeds', async (t) => {
  for (let seed = 1; seed <= 3; seed++) {
    const { violation, acknowledged, world } = await simulate({ seed, minutes: 0.2, brokers: BROKERS })
    t.equal(violation, undefined, `seed ${seed}${violation ? `: ${world.trace.tail(50).join('\n')}` : ''}`)
    t.ok(acknowledged > 0, 'something was acknowledged')
  }
})
