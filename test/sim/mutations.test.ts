import t from 'tap'
import { mutated } from './mutation-run.ts'
import { MUTATIONS } from './mutations.ts'

t.test('planted bugs have a place in the source', async (t) => {
  t.ok(MUTATIONS.length >= 10)
  t.equal(new Set(MUTATIONS.map(({ name }) => name)).size, MUTATIONS.length)
  for (const { name, patches } of MUTATIONS) {
    for (const { file, replace } of patches) t.ok(mutated(file, patches).includes(replace), name)
  }
})
