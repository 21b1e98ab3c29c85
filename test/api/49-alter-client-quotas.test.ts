import t from 'tap'
import { ErrorCode } from '../../protocol/errors.ts'
import { KEY, TestBroker, versionsOf } from './harness.ts'

type Entity = Record<string, string | null>

const partsOf = (entity: Entity) =>
  Object.entries(entity).map(([entityType, entityName]) => ({ entityType, entityName }))

function clientOf(broker: TestBroker) {
  const alter = async (entity: Entity, values: Record<string, number | null>, version = 1) => {
    const ops = Object.entries(values).map(([key, value]) => ({ key, value: value ?? 0, remove: value === null }))
    const entries = [{ entity: partsOf(entity), ops }]
    return (await broker.send(KEY.ALTER_CLIENT_QUOTAS, version, { entries, validateOnly: false })).entries[0]!
  }
  const describe = async (
    components: [entityType: string, matchType: number, match?: string][],
    { version = 1, strict = false } = {},
  ) => {
    const asked = components.map(([entityType, matchType, match = null]) => ({ entityType, matchType, match }))
    const answer = await broker.send(KEY.DESCRIBE_CLIENT_QUOTAS, version, { components: asked, strict })
    if (answer.entries === null) return answer.errorCode
    const named = answer.entries.map(({ entity, values }) => [
      entity.map(({ entityType, entityName }) => `${entityType}=${entityName}`).join(),
      Object.fromEntries(values.map(({ key, value }) => [key, value])),
    ])
    return Object.fromEntries(named) as Record<string, Record<string, number>>
  }
  return { alter, describe }
}

t.test('AlterClientQuotas and DescribeClientQuotas', async (t) => {
  const broker = await TestBroker.start(t)
  const { alter, describe } = clientOf(broker)
  const [EXACT, DEFAULT, ANY] = [0, 1, 2]

  t.test('every version', async (t) => {
    for (const version of versionsOf(KEY.ALTER_CLIENT_QUOTAS)) {
      const answer = await alter({ user: 'v' }, { producer_byte_rate: 1000 + version }, version)
      t.strictSame(answer, { errorCode: 0, errorMessage: null, entity: partsOf({ user: 'v' }) })
      t.strictSame(await describe([], { version }), { 'user=v': { producer_byte_rate: 1000 + version } })
    }
    await alter({ user: 'v' }, { producer_byte_rate: null })
    t.strictSame(await describe([]), {})
    t.match(await alter({ user: 'v' }, { nonsense: 1 }), {
      errorCode: ErrorCode.INVALID_REQUEST,
      errorMessage: /nonsense/,
    })
  })

  t.test('KIP-546: which entities match', async (t) => {
    const rate = { producer_byte_rate: 1 }
    const entities = [{ user: 'a' }, { user: null }, { user: 'a', 'client-id': 'x' }, { 'client-id': null, user: 'b' }]
    for (const entity of entities) await alter(entity, rate)
    await alter({ ip: '10.0.0.1' }, { connection_creation_rate: 5 })
    const names = async (...request: Parameters<typeof describe>) => Object.keys(await describe(...request)).sort()
    const all = ['client-id=null,user=b', 'client-id=x,user=a', 'ip=10.0.0.1', 'user=a', 'user=null']
    t.strictSame(await names([]), all)
    t.strictSame(await names([], { strict: true }), [])
    t.strictSame(await names([['user', EXACT, 'a']]), ['client-id=x,user=a', 'user=a'])
    t.strictSame(await names([['user', EXACT, 'a']], { strict: true }), ['user=a'])
    t.strictSame(await names([['user', DEFAULT]]), ['user=null'])
    t.strictSame(await names([['user', ANY]], { strict: true }), ['user=a', 'user=null'])
    const both = [...([['user', ANY]] as const), ...([['client-id', DEFAULT]] as const)]
    t.strictSame(await names(both.map(([type, match]) => [type, match])), ['client-id=null,user=b'])
    t.strictSame(await names([['ip', ANY]]), ['ip=10.0.0.1'])
  })

  t.test('what is refused', async (t) => {
    const { INVALID_REQUEST, UNSUPPORTED_VERSION } = ErrorCode
    t.equal(await describe([['', ANY]]), INVALID_REQUEST)
    t.equal(
      await describe([
        ['user', ANY],
        ['user', DEFAULT],
      ]),
      INVALID_REQUEST,
    )
    t.equal(await describe([['user', EXACT]]), INVALID_REQUEST)
    t.equal(await describe([['user', ANY, 'a']]), INVALID_REQUEST)
    t.equal(await describe([['user', 3]]), INVALID_REQUEST)
    t.equal(
      await describe([
        ['ip', ANY],
        ['user', ANY],
      ]),
      INVALID_REQUEST,
    )
    t.equal(await describe([['group', ANY]]), UNSUPPORTED_VERSION)
  })
})
