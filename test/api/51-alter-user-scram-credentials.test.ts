import t from 'tap'
import { ErrorCode } from '../../protocol/errors.ts'
import { KEY, TestBroker } from './harness.ts'

const [SHA_256, SHA_512] = [1, 2]

t.test('AlterUserScramCredentials and DescribeUserScramCredentials', async (t) => {
  const broker = await TestBroker.start(t)
  const set = (name: string, mechanism: number, iterations = 4096) => ({
    name,
    mechanism,
    iterations,
    salt: Buffer.from('salt'),
    saltedPassword: Buffer.from('salted'),
  })
  const alter = async (upsertions: ReturnType<typeof set>[], deletions: { name: string; mechanism: number }[] = []) =>
    (await broker.send(KEY.ALTER_USER_SCRAM_CREDENTIALS, 0, { upsertions, deletions })).results
  const describe = async (...users: string[]) => {
    const names = users.length === 0 ? null : users.map((name) => ({ name }))
    const { results } = await broker.send(KEY.DESCRIBE_USER_SCRAM_CREDENTIALS, 0, { users: names })
    return Object.fromEntries(
      results.map(({ user, errorCode, credentialInfos }) => [user, [errorCode, credentialInfos]]),
    )
  }
  const ofA = [
    { mechanism: SHA_256, iterations: 4096 },
    { mechanism: SHA_512, iterations: 8192 },
  ]

  t.strictSame(await describe(), {})
  t.match(await alter([set('a', SHA_256), set('a', SHA_512, 8192), set('b', SHA_256), set('c', SHA_256, 1)]), [
    { user: 'a', errorCode: 0, errorMessage: null },
    { user: 'b', errorCode: 0 },
    { user: 'c', errorCode: ErrorCode.UNACCEPTABLE_CREDENTIAL, errorMessage: /iterations/ },
  ])
  const all = await describe()
  t.strictSame(Object.keys(all).sort(), ['a', 'b'])
  t.strictSame(all.a, [0, ofA])
  t.strictSame(await describe('a', 'b', 'b', 'x'), {
    a: [0, ofA],
    b: [ErrorCode.DUPLICATE_RESOURCE, []],
    x: [ErrorCode.RESOURCE_NOT_FOUND, []],
  })
  await alter([], [{ name: 'a', mechanism: SHA_256 }])
  t.strictSame(await describe('a'), { a: [0, ofA.slice(1)] })
})
