import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { Program, run } from '../node/broker-process.ts'

t.setTimeout(120_000)
const home = mkdtempSync(join(tmpdir(), 'odradek-cli-sasl-'))
t.teardown(() => rmSync(home, { recursive: true, force: true }))
const SCRAM = 'org.apache.kafka.common.security.scram.ScramLoginModule required'
const ALICE = 'SCRAM-SHA-256=[name=alice,password="wonder land",iterations=8192]'

function file(name: string, properties: Record<string, string | undefined>): string {
  const path = join(home, name)
  const given = Object.entries(properties).filter(([, value]) => value !== undefined)
  const lines = given.map(([key, value]) => `${key}=${value}\n`)
  writeFileSync(path, lines.join(''))
  return path
}

const server = file('server.properties', {
  'process.roles': 'broker,controller',
  'node.id': '1',
  'controller.listener.names': 'CONTROLLER',
  listeners: 'SASL_PLAINTEXT://127.0.0.1:0,CONTROLLER://127.0.0.1:0',
  'listener.security.protocol.map': 'SASL_PLAINTEXT:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT',
  'controller.quorum.voters': '1@127.0.0.1:19994',
  'sasl.enabled.mechanisms': 'SCRAM-SHA-256',
  'security.inter.broker.protocol': 'SASL_PLAINTEXT',
  'sasl.mechanism.inter.broker.protocol': 'SCRAM-SHA-256',
  'listener.name.sasl_plaintext.scram-sha-256.sasl.jaas.config': `${SCRAM} username="alice" password="wonder land";`,
  'log.dirs': join(home, 'data'),
})
const client = (name: string, password: string, more = {}) =>
  file(name, {
    'security.protocol': 'SASL_PLAINTEXT',
    'sasl.mechanism': 'SCRAM-SHA-256',
    'sasl.jaas.config': `${SCRAM} username="alice" password="${password}";`,
    'client.dns.lookup': 'use_all_dns_ips',
    ...more,
  })
const format = (...users: string[]) => {
  const args = ['storage', 'format', '-t', 'MkU3OEVBNTcwNTJENDM2Qg', '-c', server]
  return run([...args, ...users.flatMap((user) => ['--add-scram', user])])
}

t.test('KIP-900: a cluster begins with a user, and commands come in as that user', async (t) => {
  t.match(await format('SCRAM-SHA-1=[name=a,password=b]'), { code: 1, stderr: /--add-scram: there is no mechanism/ })
  t.match(await format(ALICE, 'SCRAM-SHA-512=[name=bob,password=builder]'), { code: 0, stderr: '' })
  const broker = new Program({ args: ['start', '--config', server] })
  t.teardown(() => broker.child.kill('SIGKILL'))
  const address = await broker.waitFor(
    'its address',
    ({ stdout }) => /^ready/m.test(stdout) && /bootstrap: (\S+)/.exec(stdout)?.[1],
  )
  const odradek = (args: string[], config?: string) =>
    run([...args, '--bootstrap-server', address, ...(config === undefined ? [] : ['--command-config', config])])
  const alice = client('client.properties', 'wonder land')
  t.match(await odradek(['topics', 'create', 't'], alice), { code: 0, stdout: 'Created topic t.\n', stderr: '' })
  t.match(await odradek(['topics', 'list'], alice), { code: 0, stdout: 't\n', stderr: '' })
  t.match(await odradek(['topics', 'list'], client('wrong.properties', 'looking glass')), {
    code: 1,
    stderr: /does not let this client in: .* due to invalid credentials with SASL mechanism SCRAM-SHA-256\n$/,
  })
  t.match(
    await odradek(['topics', 'list']),
    { code: 1, stdout: '', stderr: /closed the connection\. If clients have to say .* give --command-config\.\n$/ },
    'nobody comes in without a name',
  )
  for (const [properties, stderr] of [
    [{ 'security.protocol': 'SASL_SSL' }, /security.protocol=SASL_SSL is not spoken yet/],
    [{ 'sasl.mechanism': 'GSSAPI' }, /sasl.mechanism=GSSAPI is not spoken; PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 are/],
    [{ 'sasl.mechanism': undefined }, /sasl.mechanism is missing, and its default, GSSAPI, is not spoken: PLAIN, /],
    [{ 'sasl.mechanism': 'PLAIN' }, /needs org.apache.kafka.common.security.plain.PlainLoginModule/],
    [{ 'sasl.jaas.config': `${SCRAM} username="alice";` }, /no username and password/],
    [{ 'sasl.jaas.config': SCRAM }, /does not end with a semicolon/],
  ] as const) {
    const result = await odradek(['topics', 'list'], client('bad.properties', 'hush', properties))
    t.match(result, { code: 1, stdout: '', stderr })
    t.notMatch(result.stderr, /hush|^ +at /m)
  }
  t.match(await odradek(['topics', 'list'], join(home, 'none')), { code: 1, stderr: /does not exist/ })
})
