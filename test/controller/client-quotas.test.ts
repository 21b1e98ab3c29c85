import t from 'tap'
import { ErrorCode } from '../../protocol/errors.ts'
import { alterClientQuotas } from '../../src/controller/client-quotas.ts'
import { EMPTY_IMAGE, type MetadataImage } from '../../src/metadata/image.ts'
import { replayed } from './harness.ts'

const { NONE, INVALID_REQUEST } = ErrorCode

type Entity = Record<string, string | null>
type Ops = Record<string, number | null>

const entry = (entity: Entity, ops: Ops) => ({
  entity: Object.entries(entity).map(([entityType, entityName]) => ({ entityType, entityName })),
  ops: Object.entries(ops).map(([key, value]) => ({ key, value: value ?? 0, remove: value === null })),
})

function alter(entries: ReturnType<typeof entry>[], { on = EMPTY_IMAGE as MetadataImage, validateOnly = false } = {}) {
  const { records, response } = alterClientQuotas(on, { entries, validateOnly })
  const after = replayed(on, records)
  const quotas = [...after.security.quotas].map(([key, values]) => [key, Object.fromEntries(values)])
  return {
    codes: response.entries.map(({ errorCode }) => errorCode),
    count: records.length,
    quotas: Object.fromEntries(quotas),
    after,
  }
}
const code = (entity: Entity, ops: Ops) => alter([entry(entity, ops)]).codes[0]

t.test('B85: set, change, remove', async (t) => {
  const both = { 'client-id': 'c', user: 'u' }
  const set = alter([entry(both, { producer_byte_rate: 1000, request_percentage: 12.5 })])
  t.strictSame(set.quotas, {
    '[["client-id","c"],["user","u"]]': { producer_byte_rate: 1000, request_percentage: 12.5 },
  })
  const again = alter([entry({ user: 'u', 'client-id': 'c' }, { producer_byte_rate: 1000 })], { on: set.after })
  t.match(again, { codes: [NONE], count: 0 }, 'the same value writes nothing, whatever the order of the parts')
  const removed = alter([entry(both, { producer_byte_rate: null, consumer_byte_rate: null })], { on: set.after })
  t.match(removed, { codes: [NONE], count: 1 }, 'nor does removing what is not there')
  t.strictSame(alter([entry(both, { request_percentage: null })], { on: removed.after }).quotas, {})
})

t.test('B85: entities', async (t) => {
  const rate = { producer_byte_rate: 1 }
  t.equal(code({ user: null }, rate), NONE, 'the default of all users')
  t.equal(code({ user: null, 'client-id': null }, rate), NONE)
  t.equal(code({ ip: null }, { connection_creation_rate: 1 }), NONE)
  for (const ip of ['10.1.2.3', '::1', 'fe80::1:2', 'example.org'])
    t.equal(code({ ip }, { connection_creation_rate: 1 }), NONE, ip)
  for (const ip of ['10.1.2', '10.1.2.256', 'a:b', '::g', '-x', 'a b'])
    t.equal(code({ ip }, { connection_creation_rate: 1 }), INVALID_REQUEST, ip)
  t.equal(code({}, rate), INVALID_REQUEST)
  t.equal(code({ user: '' }, rate), INVALID_REQUEST)
  t.equal(code({ group: 'g' }, rate), INVALID_REQUEST)
  t.equal(code({ ip: '::1', user: 'u' }, rate), INVALID_REQUEST)
  const twoUsers = {
    ...entry({ user: 'a' }, rate),
    entity: ['a', 'b'].map((name) => ({ entityType: 'user', entityName: name })),
  }
  t.strictSame(alter([twoUsers]).codes, [INVALID_REQUEST])
})

t.test('B85: values', async (t) => {
  const user = (ops: Ops) => code({ user: 'u' }, ops)
  t.equal(user({ producer_byte_rate: 0 }), INVALID_REQUEST)
  t.equal(user({ request_percentage: -1 }), INVALID_REQUEST)
  t.equal(user({ request_percentage: Number.NaN }), INVALID_REQUEST)
  t.equal(user({ producer_byte_rate: 1.5 }), INVALID_REQUEST)
  t.equal(user({ producer_byte_rate: 1.0000000001 }), NONE)
  t.equal(user({ producer_byte_rate: 0.9999999999 }), NONE)
  t.equal(user({ controller_mutation_rate: 1.5 }), NONE)
  t.equal(user({ connection_creation_rate: 1 }), INVALID_REQUEST, 'addresses only')
  t.equal(user({ 'SCRAM-SHA-256': 1 }), INVALID_REQUEST)
  t.equal(code({ ip: '::1' }, { connection_creation_rate: 2 ** 31 }), INVALID_REQUEST)
  t.equal(code({ ip: '::1' }, { producer_byte_rate: 1 }), INVALID_REQUEST)
})

t.test('B85: each entity whole or not at all', async (t) => {
  const fine = entry({ user: 'a' }, { producer_byte_rate: 1 })
  const half = entry({ user: 'b' }, { producer_byte_rate: 1, nonsense: 1 })
  const one = alter([half, fine])
  t.match(one, { codes: [INVALID_REQUEST, NONE], count: 1 })
  t.match(alter([fine, fine, half]), { codes: [INVALID_REQUEST, INVALID_REQUEST], count: 0 }, 'an entity named twice')
  const op = fine.ops[0]!
  t.match(alter([{ ...fine, ops: [op, op] }]), { codes: [INVALID_REQUEST], count: 0 })
  t.match(alter([fine], { validateOnly: true }), { codes: [NONE], count: 0 })
})
