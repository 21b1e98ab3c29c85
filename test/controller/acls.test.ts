import t from 'tap'
import { ErrorCode } from '../../protocol/errors.ts'
import { createAcls, deleteAcls } from '../../src/controller/acls.ts'
import { MAX_RECORDS } from '../../src/controller/ports.ts'
import { EMPTY_IMAGE, type MetadataImage } from '../../src/metadata/image.ts'
import { contextOf, replayed } from './harness.ts'

const { NONE, INVALID_REQUEST } = ErrorCode
const [TOPIC, CLUSTER] = [2, 4]
const [ANY, MATCH, LITERAL, PREFIXED] = [1, 2, 3, 4]

const allow = (change = {}) => ({
  resourceType: TOPIC,
  resourceName: 't',
  resourcePatternType: LITERAL,
  principal: 'User:a',
  host: '*',
  operation: 3,
  permissionType: 3,
  ...change,
})
const all = (change = {}) => ({
  resourceTypeFilter: ANY,
  resourceNameFilter: null,
  patternTypeFilter: ANY,
  principalFilter: null,
  hostFilter: null,
  operation: ANY,
  permissionType: ANY,
  ...change,
})

function create(creations: ReturnType<typeof allow>[], on: MetadataImage = EMPTY_IMAGE) {
  const { records, response } = createAcls(on, { creations }, contextOf())
  return {
    codes: response.results.map(({ errorCode }) => errorCode),
    count: records.length,
    after: replayed(on, records),
  }
}

function remove(filters: ReturnType<typeof all>[], on: MetadataImage) {
  const { records, response } = deleteAcls(on, { filters })
  return {
    codes: response.filterResults.map(({ errorCode }) => errorCode),
    names: response.filterResults.map(({ matchingAcls }) =>
      matchingAcls.map(({ resourceName }) => resourceName).sort(),
    ),
    count: records.length,
    left: replayed(on, records).security.acls.size,
  }
}

t.test('B87, N-C31: creating is idempotent, within one request too', async (t) => {
  const { codes, count, after } = create([allow(), allow(), allow({ host: '10.0.0.1' })])
  t.strictSame([codes, count], [[NONE, NONE, NONE], 2])
  t.equal(after.security.acls.size, 2)
  t.match(create([allow(), allow({ operation: 4 })], after), { codes: [NONE, NONE], count: 1 })
})

t.test('B87, N-C31: what cannot be an entry', async (t) => {
  const wrong = [
    { resourceType: 0 },
    { resourceType: ANY },
    { resourceType: 8 },
    { resourcePatternType: ANY },
    { resourcePatternType: MATCH },
    { operation: 0 },
    { operation: ANY },
    { operation: 16 },
    { permissionType: ANY },
    { resourceName: '' },
    { resourceType: CLUSTER, resourceName: 'mine' },
    { principal: 'a' },
  ]
  for (const change of wrong)
    t.match(create([allow(change)]), { codes: [INVALID_REQUEST], count: 0 }, JSON.stringify(change))
  t.match(create([allow({ resourceType: CLUSTER, resourceName: 'kafka-cluster' })]), { codes: [NONE] })
})

t.test('B87: filters', async (t) => {
  const { after } = create([
    allow({ resourceName: 'orders' }),
    allow({ resourceName: 'ord', resourcePatternType: PREFIXED }),
    allow({ resourceName: '*', principal: 'User:b' }),
    allow({ resourceName: 'other', permissionType: 2 }),
  ])
  const names = (filter: object) => remove([all(filter)], after).names[0]
  t.strictSame(names({}), ['*', 'ord', 'orders', 'other'])
  t.strictSame(names({ resourceNameFilter: 'orders', patternTypeFilter: LITERAL }), ['orders'])
  t.strictSame(names({ resourceNameFilter: 'orders', patternTypeFilter: ANY }), ['orders'])
  t.strictSame(names({ resourceNameFilter: 'orders', patternTypeFilter: MATCH }), ['*', 'ord', 'orders'])
  t.strictSame(names({ patternTypeFilter: PREFIXED }), ['ord'])
  t.strictSame(names({ principalFilter: 'User:b' }), ['*'])
  t.strictSame(names({ permissionType: 2 }), ['other'])
  t.strictSame(names({ resourceTypeFilter: CLUSTER }), [])
  t.strictSame(names({ hostFilter: '10.0.0.1' }), [])
  t.strictSame(names({ operation: 4 }), [])
})

t.test('B87: each filter is answered for itself, each entry removed once', async (t) => {
  const { after } = create([allow(), allow({ resourceName: 'u' })])
  const filters = [all({ resourceNameFilter: 't' }), all({ operation: 0 }), all(), all({ patternTypeFilter: 9 })]
  t.match(remove(filters, after), {
    codes: [NONE, INVALID_REQUEST, NONE, INVALID_REQUEST],
    names: [['t'], [], ['t', 'u'], []],
    count: 2,
    left: 0,
  })
})

t.test('N-C31: a request changes 10000 entries at most', async (t) => {
  const named = (count: number, prefix: string) =>
    Array.from({ length: count }, (_, i) => allow({ resourceName: `${prefix}${i}` }))
  const first = create(named(MAX_RECORDS + 1, 'a'))
  t.equal(first.count, MAX_RECORDS)
  t.equal(first.codes.at(-1), INVALID_REQUEST)
  const { after } = create(named(1, 'b'), first.after)
  t.throws(() => remove([all()], after), { code: INVALID_REQUEST })
  t.equal(remove([all({ resourceNameFilter: 'b0' })], after).left, MAX_RECORDS)
})

/** Entries that count how often something is read of them beside their names. */
function counting(image: MetadataImage): { image: MetadataImage; reads: () => number } {
  let reads = 0
  const counted = (value: unknown) =>
    Object.defineProperty({ ...(value as object) }, 'operation', { enumerable: true, get: () => ++reads && 3 })
  const acls = new Map([...image.security.acls].map(([id, value]) => [id, counted(value)]))
  return { image: { ...image, security: { ...image.security, acls } }, reads: () => reads }
}

t.test('of thousands of entries only those of the names in a request are looked at', async (t) => {
  const names = Array.from({ length: 500 }, (_, i) => `n${i}`)
  const { after } = create(names.map((resourceName) => allow({ resourceName })))
  const created = counting(after)
  t.equal(createAcls(created.image, { creations: [allow({ resourceName: 'n7' })] }, contextOf()).records.length, 0)
  t.equal(created.reads(), 1)
  const removed = counting(after)
  const filters = names.map((name) => all({ resourceNameFilter: name, patternTypeFilter: LITERAL, operation: 3 }))
  t.equal(deleteAcls(removed.image, { filters }).records.length, 500)
  t.ok(removed.reads() <= 1000, `${removed.reads()}`)
})
