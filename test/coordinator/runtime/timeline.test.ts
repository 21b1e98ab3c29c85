import fc from 'fast-check'
import t from 'tap'
import { Timeline, TimelineMap } from '../../../src/coordinator/runtime/timeline.ts'

t.test('changes outside of a step are final', async (t) => {
  const timeline = new Timeline()
  const map = new TimelineMap<string, number>(timeline)
  map.set('a', 1)
  t.equal(map.getCommitted('a'), 1)
  timeline.begin()
  map.set('a', 2)
  map.set('b', 3)
  map.delete('a')
  t.equal(map.get('a'), undefined)
  t.equal(map.getCommitted('a'), 1)
  t.equal(map.getCommitted('b'), undefined)
  t.same([...map.committedEntries()], [['a', 1]])
  t.equal(map.isChanging, true)
  timeline.revert()
  t.same([...map.entries()], [['a', 1]])
  t.equal(map.isChanging, false)
})

type Action =
  | { do: 'set'; key: string; value: number }
  | { do: 'delete'; key: string }
  | { do: 'begin' | 'commit' | 'revert' }

const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('set' as const), key: fc.constantFrom('a', 'b', 'c'), value: fc.nat(9) }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('delete' as const), key: fc.constantFrom('a', 'b', 'c') }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('begin' as const, 'commit' as const, 'revert' as const) }) },
)

t.test('both views are those of a model that keeps whole copies', async () => {
  fc.assert(
    fc.property(fc.array(action, { maxLength: 40 }), (actions) => {
      const timeline = new Timeline()
      const map = new TimelineMap<string, number>(timeline)
      /** What the map held when each open step began, and what it holds now. */
      const befores: Map<string, number>[] = []
      let now = new Map<string, number>()
      for (const action of actions) {
        if (action.do === 'set') {
          map.set(action.key, action.value)
          now.set(action.key, action.value)
        } else if (action.do === 'delete') {
          map.delete(action.key)
          now.delete(action.key)
        } else if (action.do === 'begin') {
          timeline.begin()
          befores.push(new Map(now))
        } else if (action.do === 'commit') {
          if (befores.length === 0) continue
          timeline.commitOldest()
          befores.shift()
        } else {
          timeline.revert()
          now = befores[0] ?? now
          befores.length = 0
        }
        const committed = befores[0] ?? now
        if (!sameEntries(map.entries(), now) || !sameEntries(map.committedEntries(), committed)) return false
        for (const key of ['a', 'b', 'c']) {
          if (map.get(key) !== now.get(key) || map.getCommitted(key) !== committed.get(key)) return false
        }
      }
      return true
    }),
  )
})

function sameEntries(found: Iterable<[string, number]>, wanted: Map<string, number>): boolean {
  const text = (entries: Iterable<[string, number]>) => JSON.stringify([...entries].sort())
  return text(found) === text(wanted)
}
