import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { rawRequest, Wire } from '../api/harness.ts'
import { Program, ready, run, startBrokerProcess } from './broker-process.ts'

const METADATA = 3

t.setTimeout(600_000)
const home = mkdtempSync(join(tmpdir(), 'odradek-process-'))
t.teardown(() => rmSync(home, { recursive: true, force: true }))
let directories = 0
const newDir = () => join(home, `${directories++}`)

/** Exit code 1, nothing on standard output, one plain sentence on standard error. */
function isWorded(t: Test, result: { code: number | null; stdout: string; stderr: string }, text: RegExp): void {
  t.equal(result.code, 1)
  t.equal(result.stdout, '')
  t.match(result.stderr, text)
  t.match(result.stderr, /^odradek: ./m)
  t.notMatch(result.stderr, /^ +at /m, 'no stack')
}

t.test('the banner', async (t) => {
  t.test('says where to connect, what clients are told, where data is, and how long it took', async (t) => {
    const dataDir = newDir()
    const { program, host, port } = await startBrokerProcess({ args: ['--data-dir', dataDir] })
    t.match(program.stdout, /^odradek \d+\.\d+\.\d+ {2}node 1 {2}cluster [\w-]{22}$/m)
    t.match(program.stdout, new RegExp(`^bootstrap: ${host}:${port}$`, 'm'))
    t.match(program.stdout, new RegExp(`^listening PLAINTEXT .*:${port}.* -> clients are told ${host}:${port}$`, 'm'))
    t.ok(program.stdout.includes(`data: ${dataDir}`))
    t.match(program.stdout, /^ready in \d+ ms\n$/m)
    t.ok(port > 0)
    t.equal(program.stderr, '', 'nothing to say besides')

    const wire = await Wire.open(port)
    const { brokers } = await wire.send(METADATA, 9, { topics: [] })
    t.match(brokers, [{ nodeId: 1, host, port }], '--port 0 is carried through')
    wire.close()
    program.signal('SIGTERM')
    t.strictSame(await program.exited, { code: 0, signal: null })
  })

  t.test('a temporary directory is said to be one, and goes', async (t) => {
    const tmp = newDir()
    mkdirSync(tmp)
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      const { program } = await startBrokerProcess({ env: { TMPDIR: tmp } })
      t.match(program.stdout, /^data: a temporary directory, removed at exit/m)
      t.equal(readdirSync(tmp).length, 1)
      program.signal(signal)
      t.strictSame(await program.exited, { code: 0, signal: null }, signal)
      t.strictSame(readdirSync(tmp), [])
    }
  })

  t.test('of a controller alone names the address where it is one, and what it wants before it votes', async (t) => {
    const settings = {
      'process.roles': 'controller',
      'controller.listener.names': 'CONTROLLER',
      listeners: 'CONTROLLER://localhost:0',
      'controller.quorum.bootstrap.servers': 'localhost:1',
    }
    const args = Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`])
    const { program } = await ready(new Program({ args: ['start', ...args] }))
    t.match(program.stdout, /^controller: localhost:\d+$/m)
    t.notMatch(program.stdout, /^bootstrap:/m)
    t.match(program.stderr, /does not vote until it is added .*storage format --initial-controllers or --standalone/)
    await program.kill()
  })
})

t.test('flags', async (t) => {
  const file = join(home, 'server.properties')
  writeFileSync(file, 'num.partitions=3\nbroker.id=5\nlog.retention.hour=3\n')
  const { program, port } = await startBrokerProcess({
    args: ['--config', file, '-c', 'broker.rack=east', '--topic', 'one:2', '--topic', 'two', '--data-dir', newDir()],
    env: { KAFKA_NUM_PARTITIONS: '4', KAFKA_CREATE_TOPICS: 'three:1' },
  })
  const wire = await Wire.open(port)
  const { brokers, topics } = await wire.send(METADATA, 9, {
    topics: [{ name: 'made' }, ...named('one', 'two', 'three')],
  })
  t.match(brokers, [{ nodeId: 5, rack: 'east' }])
  t.strictSame(Object.fromEntries(topics.map(({ name, partitions }) => [name, partitions.length])), {
    made: 4,
    one: 2,
    two: 1,
    three: 1,
  })
  t.match(program.stderr, /log\.retention\.hour\b.*log\.retention\.hours/, 'the warning of an unknown key')
  wire.close()
  program.signal('SIGTERM')
  await program.exited
})

t.test('worded failures', async (t) => {
  t.test('the port is taken', async (t) => {
    const server = createServer()
    const port = await new Promise<number>((resolve) =>
      server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port)),
    )
    const result = await run(['start', '--port', String(port), '--host', '127.0.0.1'])
    isWorded(t, result, new RegExp(`port ${port} is taken`))
    server.close()
  })

  t.test('the data directory is in use', async (t) => {
    const dataDir = newDir()
    const { program } = await startBrokerProcess({ args: ['--data-dir', dataDir] })
    isWorded(t, await run(['start', '--port', '0', '--data-dir', dataDir]), /in use|locked|another/i)
    program.signal('SIGTERM')
    t.equal((await program.exited).code, 0)
  })

  t.test('the data directory belongs to another node', async (t) => {
    const dataDir = newDir()
    const { program } = await startBrokerProcess({ args: ['--data-dir', dataDir] })
    program.signal('SIGTERM')
    await program.exited
    isWorded(t, await run(['start', '--port', '0', '--data-dir', dataDir, '--node-id', '9']), /node.*1.*9|9.*1/s)
  })

  t.test('the data directory cannot be one', async (t) => {
    const path = join(home, 'a-file')
    writeFileSync(path, '')
    isWorded(t, await run(['start', '--port', '0', '--data-dir', path]), /a-file/)
  })

  t.test('a configuration that cannot be', async (t) => {
    isWorded(t, await run(['start', '-c', 'num.partitions=many']), /num\.partitions/)
    isWorded(t, await run(['start', '-c', 'num.partitions']), /key=value/)
    isWorded(t, await run(['start', '--config', '/nowhere.properties']), /\/nowhere\.properties does not exist/)
    isWorded(t, await run(['start', '--topic', 'a:b']), /a:b/)
    isWorded(t, await run(['start', '-c', 'listeners=nonsense']), /listeners|nonsense/)
    isWorded(t, await run(['start', '--port', '0', '-c', 'advertised.listeners=OTHER://x:1']), /OTHER/)
  })

  t.test('an address that is not ours, a host that nobody knows', async (t) => {
    isWorded(t, await run(['start', '--port', '0', '--host', '203.0.113.7']), /203\.0\.113\.7/)
    isWorded(t, await run(['start', '--port', '0', '--host', 'no-such-host.invalid']), /no-such-host\.invalid/)
  })

  t.test('a topic that cannot be', async (t) => {
    isWorded(t, await run(['start', '--port', '0', '--topic', 'a/b:1']), /a\/b/)
    isWorded(t, await run(['start', '--port', '0', '--topic', 'wide:1:3']), /wide/)
  })

  t.test('options that nobody knows', async (t) => {
    isWorded(t, await run(['start', '--prot', '1']), /prot/)
    isWorded(t, await run(['dance']), /dance/)
  })
})

t.test('an advertised host that nobody can resolve is a warning', async (t) => {
  const { program, host } = await startBrokerProcess({
    args: ['--data-dir', newDir(), '-c', 'advertised.listeners=PLAINTEXT://no-such-host.invalid:0'],
  })
  t.equal(host, 'no-such-host.invalid', 'the banner says what clients are told')
  await program.waitFor('the warning', ({ stderr }) => /no-such-host\.invalid.*cannot resolve/.test(stderr))
  await program.kill()
})

t.test('a client whose version is not served is named, with both versions', async (t) => {
  const { program, port } = await startBrokerProcess({ args: ['--data-dir', newDir()] })
  const wire = await Wire.open(port)
  wire.write(rawRequest(METADATA, 99, 1, Buffer.alloc(20)))
  await wire.closed
  await program.waitFor('the warning', ({ stderr }) => stderr.includes('\n'))
  t.match(program.stderr, /\braw\b.*Metadata.* v99.*0 to 13/)
  await program.kill()
})

t.test('signals', async (t) => {
  t.test('with clients connected, and one that fetches and waits, it stops with 0', async (t) => {
    const { program, port } = await startBrokerProcess({ args: ['--topic', 't:1', '--data-dir', newDir()] })
    const [idle, waiting] = await Promise.all([Wire.open(port), Wire.open(port)])
    const partitions = [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1000 }]
    const body = { maxWaitMs: 600_000, minBytes: 1, topics: [{ topic: 't', partitions }], forgottenTopicsData: [] }
    const answer = waiting.send(1, 11, body).then(
      () => 'answered',
      () => 'closed',
    )
    // The broker has the request when it answers one that was sent later on another connection of the same process.
    await idle.send(METADATA, 9, { topics: [] })
    program.signal('SIGTERM')
    t.strictSame(await program.exited, { code: 0, signal: null })
    await Promise.all([idle.closed, waiting.closed])
    t.ok(await answer)
  })

  t.test('a signal while it starts ends it in order, too', async (t) => {
    const tmp = newDir()
    mkdirSync(tmp)
    const program = new Program({ args: ['start', '--port', '0', '-l', 'debug'], env: { TMPDIR: tmp } })
    // The directory is made after signals are listened to, and long before the broker is ready.
    await new Promise<void>((resolve) => {
      const look = () => (readdirSync(tmp).length > 0 ? resolve() : setImmediate(look))
      look()
    })
    program.signal('SIGTERM')
    t.equal((await program.exited).code, 0)
    t.notMatch(program.stderr, /^odradek: |^ +at /m)
    t.strictSame(readdirSync(tmp), [])
  })

  t.test('a second signal ends it at once', async (t) => {
    const { program } = await startBrokerProcess({ args: ['--data-dir', newDir()] })
    program.signal('SIGTERM')
    program.signal('SIGINT')
    const { code, signal } = await program.exited
    t.ok(code === 0 || code === 1, `ended with ${code ?? signal}`)
  })
})

t.test('the port opens last and closes first', async (t) => {
  const { program, port } = await startBrokerProcess({ args: ['--data-dir', newDir()] })
  program.signal('SIGTERM')
  await program.exited
  await t.rejects(Wire.open(port), { code: 'ECONNREFUSED' })
})

t.test('what the process leaves behind is picked up by the next', async (t) => {
  const dataDir = newDir()
  const clusterIdOf = (stdout: string) => /cluster ([\w-]{22})/.exec(stdout)?.[1]
  const first = await startBrokerProcess({ args: ['--data-dir', dataDir, '--topic', 'kept:2'] })
  await first.program.kill()
  const second = await startBrokerProcess({ args: ['--data-dir', dataDir, '--topic', 'kept:2'] })
  t.equal(clusterIdOf(second.program.stdout), clusterIdOf(first.program.stdout))
  const wire = await Wire.open(second.port)
  const { topics } = await wire.send(METADATA, 9, { topics: null })
  t.match(topics, [{ name: 'kept', partitions: [{}, {}] }])
  wire.close()
  await second.program.kill()
  t.ok(existsSync(dataDir))
})

function named(...names: string[]) {
  return names.map((name) => ({ name }))
}
