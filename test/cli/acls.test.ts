import t, { type Test } from 'tap'
import { GuardedNode, onCluster } from '../api/authorization.ts'
import { run } from '../node/broker-process.ts'

t.setTimeout(300_000)

const current = (type: string, name: string, pattern: string, ...entries: string[]) =>
  `ACLs for resource \`ResourcePattern(resourceType=${type}, name=${name}, patternType=${pattern})\`: \n ` +
  `${entries.map((entry) => `\t(${entry})`).join('\n')} \n\n`
const of = (principal: string, operation: string, host = '*', permissionType = 'ALLOW') =>
  `principal=${principal}, host=${host}, operation=${operation}, permissionType=${permissionType}`

t.test('odradek acls', async (t) => {
  const node = await GuardedNode.start(t)
  await node.allow(onCluster('DESCRIBE'), onCluster('ALTER'))
  const { host, port } = node.broker.listeners[0]!.advertised
  const acls = (...args: string[]) => run(['acls', ...args, '--bootstrap-server', `${host}:${port}`])
  const fine = async (t: Test, args: string[], stdout: string) => {
    const done = await acls(...args)
    t.strictSame([done.code, done.stdout, done.stderr], [0, stdout, ''], args.join(' '))
  }
  const refused = async (t: Test, args: string[], stderr: RegExp) => {
    const done = await acls(...args)
    t.strictSame([done.code, done.stdout], [1, ''], args.join(' '))
    t.match(done.stderr, stderr, args.join(' '))
  }

  await fine(t, ['list', '--topic', 'orders'], '')
  const alice = ['--allow-principal', 'User:alice']
  await fine(
    t,
    ['add', ...alice, '--operation', 'Read', '--operation', 'DescribeConfigs', '--topic', 'orders'],
    `Adding ${current('TOPIC', 'orders', 'LITERAL', of('User:alice', 'READ'), of('User:alice', 'DESCRIBE_CONFIGS'))}`,
  )
  await fine(
    t,
    [
      'add',
      '--deny-principal',
      'User:bob',
      '--deny-host',
      '10.0.0.1',
      '--group',
      'g-',
      '--resource-pattern-type',
      'prefixed',
    ],
    `Adding ${current('GROUP', 'g-', 'PREFIXED', of('User:bob', 'ALL', '10.0.0.1', 'DENY'))}`,
  )
  await fine(
    t,
    ['list', '--group', 'g-1', '--resource-pattern-type', 'match'],
    `Current ${current('GROUP', 'g-', 'PREFIXED', of('User:bob', 'ALL', '10.0.0.1', 'DENY'))}`,
  )
  const consumer = ['--consumer', '--topic', 'sales', '--group', 'billing', '--allow-principal', 'User:carol']
  const carols = [
    current('GROUP', 'billing', 'LITERAL', of('User:carol', 'READ')),
    current('TOPIC', 'sales', 'LITERAL', of('User:carol', 'READ'), of('User:carol', 'DESCRIBE')),
  ]
  await fine(t, ['add', ...consumer], `Adding ${carols[1]}Adding ${carols[0]}`)
  const { stdout } = await acls('list', '--principal', 'User:carol')
  for (const operation of ['READ', 'DESCRIBE']) t.match(stdout, `\t(${of('User:carol', operation)})`)
  t.notMatch(stdout, /alice|bob/)
  await fine(t, ['remove', ...consumer], 'Removed 3 ACLs.\n')
  await fine(t, ['list', '--principal', 'User:carol'], '')
  const producer = [
    '--producer',
    '--idempotent',
    '--topic',
    'sales',
    '--transactional-id',
    'x',
    '--allow-principal',
    'User:carol',
  ]
  await fine(
    t,
    ['add', ...producer],
    `Adding ${current('TOPIC', 'sales', 'LITERAL', ...['WRITE', 'DESCRIBE', 'CREATE'].map((one) => of('User:carol', one)))}` +
      `Adding ${current('CLUSTER', 'kafka-cluster', 'LITERAL', of('User:carol', 'IDEMPOTENT_WRITE'))}` +
      `Adding ${current('TRANSACTIONAL_ID', 'x', 'LITERAL', ...['WRITE', 'DESCRIBE'].map((one) => of('User:carol', one)))}`,
  )
  await fine(t, ['remove', '--topic', 'sales'], 'Removed 3 ACLs.\n')
  await fine(t, ['remove', ...alice, '--operation', 'Read', '--topic', 'orders'], 'Removed 1 ACL.\n')
  await fine(t, ['remove', ...alice, '--operation', 'Read', '--topic', 'orders'], 'Removed 0 ACLs.\n')

  await refused(t, ['add', '--topic', 't'], /--allow-principal, --deny-principal/)
  await refused(t, ['add', ...alice], /Name a resource/)
  await refused(t, ['add', '--allow-principal', 'alice', '--topic', 't'], /alice is no principal/)
  await refused(
    t,
    ['add', ...alice, '--topic', 't', '--operation', 'ClusterAction'],
    /for a TOPIC it is one of ALL, READ/,
  )
  await refused(t, ['add', ...alice, '--topic', 't', '--consumer'], /--consumer needs --topic and --group/)
  await refused(t, ['add', ...alice, '--topic', 't', '--producer', '--operation', 'Read'], /leave out --operation/)
  await refused(t, ['remove', '--topic', 'orders', '--operation', 'Read'], /Say whose/)
  await refused(t, ['add', ...alice, '--topic', 't', '--resource-pattern-type', 'any'], /resource-pattern-type/)
  await refused(t, [], /acls list, add or remove/)
  await node.allowNothing()
  await refused(t, ['list'], /CLUSTER_AUTHORIZATION_FAILED/)
  await refused(t, ['add', ...alice, '--topic', 't'], /CLUSTER_AUTHORIZATION_FAILED/)
})

t.test('odradek cluster tells whom nothing is allowed what every client is told', async (t) => {
  const node = await GuardedNode.start(t)
  const { host, port } = node.broker.listeners[0]!.advertised
  const server = ['--bootstrap-server', `${host}:${port}`]
  const { code, stdout, stderr } = await run(['cluster', ...server])
  t.strictSame([code, stderr], [0, ''])
  t.match(stdout, /^Cluster: \S+\nController: told only to who may DESCRIBE the cluster\nFeatures: .*\n\nBROKER/)
  t.match(await run(['quorum', 'status', ...server]), {
    code: 1,
    stderr: /^odradek: Quorum: Not authorized for the cluster\. \(CLUSTER_AUTHORIZATION_FAILED\)\n$/,
  })
})
