import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { joined } from '../api/group-harness.ts'
import { batchOf, KEY, TestBroker } from '../api/harness.ts'
import { Program, run } from '../node/broker-process.ts'

t.setTimeout(600_000)
const home = mkdtempSync(join(tmpdir(), 'odradek-cli-'))
t.teardown(() => rmSync(home, { recursive: true, force: true }))

t.test('commands against a broker', async (t) => {
  const dataDir = join(home, 'data')
  const broker = await TestBroker.start(t, { dataDir })
  const server = ['--bootstrap-server', broker.broker.bootstrapServers]
  const odradek = (args: string[], input?: string | Buffer) =>
    run([...args, ...server], input === undefined ? {} : { input })
  const fine = (t: Test, result: Awaited<ReturnType<typeof run>>, stdout: string | RegExp) => {
    t.equal(result.stderr, '')
    t.match(result, { code: 0, stdout })
  }
  const refused = (t: Test, result: Awaited<ReturnType<typeof run>>, text: RegExp) => {
    t.match(result, { code: 1, stdout: '', stderr: text })
    t.match(result.stderr, /^odradek: /)
    t.notMatch(result.stderr, /^ +at /m, 'no stack')
  }

  t.test('topics', async (t) => {
    fine(t, await odradek(['topics', 'list']), /^$/)
    const create = ['topics', 'create', 'orders', '--partitions', '3', '--config', 'retention.ms=1000']
    fine(t, await odradek(create), 'Created topic orders.\n')
    fine(t, await odradek(['topics', 'list']), /^orders\n$/)
    const described = await odradek(['topics', 'describe', 'orders'])
    fine(
      t,
      described,
      /^Topic: orders\tTopicId: [\w-]{22}\tPartitionCount: 3\tReplicationFactor: 1\tConfigs: retention\.ms=1000\n/,
    )
    t.match(
      described.stdout,
      /\n\tTopic: orders\tPartition: 2\tLeader: 1\tReplicas: 1\tIsr: 1\tElr: \tLastKnownElr: \n$/,
    )
    refused(t, await odradek(['topics', 'create', 'orders']), /orders.*TOPIC_ALREADY_EXISTS/)
    refused(t, await odradek(['topics', 'create', 'a/b']), /INVALID_TOPIC_EXCEPTION/)
    refused(t, await odradek(['topics', 'create', 'x', '--config', 'nonsense']), /key=value/)
    refused(t, await odradek(['topics', 'describe', 'missing']), /missing.*UNKNOWN_TOPIC_OR_PARTITION/)
    fine(t, await odradek(['topics', 'list']), /^orders\n$/)
    fine(t, await odradek(['topics', 'delete', 'orders']), /^$/)
    refused(t, await odradek(['topics', 'delete', 'orders']), /orders.*UNKNOWN_TOPIC_OR_PARTITION/)
    fine(t, await odradek(['topics', 'create', '007']), 'Created topic 007.\n')
    fine(t, await odradek(['topics', 'delete', '007']), /^$/)
    refused(t, await odradek(['topics', 'dance']), /dance/)
    refused(t, await odradek(['topics']), /topics create, list, describe, alter or delete/)
  })

  t.test('what needs a cluster, where there is one broker', async (t) => {
    await odradek(['topics', 'create', 'lonely'])
    fine(t, await odradek(['topics', 'describe', '--under-replicated']), '')
    fine(t, await odradek(['topics', 'describe', 'lonely', '--at-min-isr']), /^\tTopic: lonely\tPartition: 0\t/)
    fine(t, await odradek(['reassign', 'plan']), 'Nothing to do: the cluster is balanced.\n')
    fine(t, await odradek(['reassign', 'start']), 'Nothing to do.\n')
    fine(t, await odradek(['reassign', 'status']), 'Nothing is on its way.\n')
    fine(t, await odradek(['reassign', 'cancel']), 'Nothing is on its way.\n')
    refused(t, await odradek(['reassign', 'start', '--throttle', '5', '--no-wait']), /--throttle needs somebody/)
    refused(t, await odradek(['reassign', 'start', '--file', 'x', '--drain', '1']), /--file holds the whole plan/)
    refused(t, await odradek(['reassign', 'start', '--file', join(home, 'x')]), /x cannot be read/)
    writeFileSync(join(home, 'null.json'), 'null')
    refused(t, await odradek(['reassign', 'start', '--file', join(home, 'null.json')]), /null\.json is no plan: write/)
    refused(t, await odradek(['reassign', 'plan', '--topic', 'missing']), /missing does not exist/)
    refused(t, await odradek(['reassign', 'plan', '--drain', '9']), /Broker 9 is not registered, and has no replicas/)
    refused(t, await odradek(['topics', 'alter', 'lonely', '--replication-factor', '2']), /not 2 brokers/)
    refused(t, await odradek(['topics', 'alter', 'lonely']), /--partitions N or --replication-factor N/)
    fine(t, await odradek(['topics', 'alter', 'lonely', '--partitions', '3']), 'Topic lonely has 3 partitions.\n')
    refused(t, await odradek(['topics', 'alter', 'lonely', '--partitions', '2']), /lonely.*INVALID_PARTITIONS/)
    fine(t, await odradek(['elect', '--preferred', '--topic', 'lonely']), '0 leaders elected.\n')
    const nowhere = await odradek(['elect', '--preferred', '--topic', 'lonely', '--partition', '9'])
    t.match(nowhere, { code: 1, stderr: /^odradek: Topic lonely, partition 9: .* \(UNKNOWN_TOPIC_OR_PARTITION\)\n$/ })
    refused(t, await odradek(['elect', '--preferred']), /--topic NAME or --all/)
    refused(t, await odradek(['elect', '--all']), /--preferred or --unclean/)
    fine(t, await odradek(['cluster']), /^Cluster: [\w-]{22}\nController: 1\nFeatures: .*metadata\.version=\d+/)
    fine(t, await odradek(['topics', 'delete', 'lonely']), /^$/)
  })

  t.test('produce and consume through pipes', async (t) => {
    await broker.createTopic('piped', 1)
    const lines = Array.from({ length: 5000 }, (_, index) => `line ${index} ${'x'.repeat(index % 200)}`)
    fine(t, await odradek(['produce', 'piped'], `${lines.join('\n')}\n`), /^$/)
    const all = await odradek(['consume', 'piped', '--exit'])
    t.equal(all.stderr, '')
    t.equal(all.code, 0)
    t.ok(all.stdout === `${lines.join('\n')}\n`, 'each line once, in order, and nothing else')
    fine(t, await odradek(['consume', 'piped', '--offset', '4998', '--exit']), `${lines.slice(4998).join('\n')}\n`)
    fine(t, await odradek(['consume', 'piped', '--from-beginning', '-n', '2']), `${lines.slice(0, 2).join('\n')}\n`)
  })

  t.test('codecs, acks, keys, headers; bytes that are no text', async (t) => {
    for (const codec of ['gzip', 'snappy', 'lz4', 'zstd']) {
      await odradek(['produce', `codec-${codec}`, '-z', codec], 'one\ntwo\n')
      fine(t, await odradek(['consume', `codec-${codec}`, '--exit']), 'one\ntwo\n')
    }
    for (const acks of ['0', '1', 'all'])
      fine(t, await odradek(['produce', `acks-${acks}`, '--acks', acks], 'one\n'), /^$/)
    const keyed = ['produce', 'keyed', '-K', ':', '-H', 'a=b', '--partition', '0']
    fine(t, await odradek(keyed, 'k:v:w\nno key\n'), /^$/)
    fine(t, await odradek(['consume', 'keyed', '--exit', '-K', '=']), 'k=v:w\n=no key\n')
    const json = await odradek(['consume', 'keyed', '--exit', '--json', '-n', '1'])
    t.match(JSON.parse(json.stdout), {
      partition: 0,
      offset: 0,
      key: 'k',
      value: 'v:w',
      headers: [{ key: 'a', value: 'b' }],
    })
    await odradek(['produce', 'bytes'], Buffer.from([0xff, 0x00, 0xfe, 0x0a]))
    const { records } = await broker.fetch('bytes', 0, 0)
    t.ok(records?.includes(Buffer.from([0xff, 0x00, 0xfe])), 'as they came')
  })

  t.test('what cannot be produced or consumed', async (t) => {
    refused(t, await odradek(['consume', 'missing', '--exit']), /missing/)
    refused(t, await odradek(['consume', 'keyed', '--partition', '9', '--exit']), /partition 9/)
    refused(t, await odradek(['produce', 'keyed', '--partition', '9'], 'x\n'), /partition 9/)
    refused(t, await odradek(['consume', 'keyed', '--offset', '77']), /OFFSET_OUT_OF_RANGE/)
    refused(t, await odradek(['produce', 'keyed', '-H', 'nonsense'], 'x\n'), /key=value/)
  })

  t.test('consume waits for more', async (t) => {
    await broker.createTopic('followed', 1)
    const consumer = new Program({ args: ['consume', 'followed', '--from-beginning', ...server] })
    await broker.produce('followed', 0, batchOf(['first']))
    await consumer.waitFor('the first record', ({ stdout }) => stdout === 'first\n')
    await broker.produce('followed', 0, batchOf(['second']))
    await consumer.waitFor('the second record', ({ stdout }) => stdout === 'first\nsecond\n')
    consumer.signal('SIGTERM')
    t.equal((await consumer.exited).signal, 'SIGTERM')
    t.equal(consumer.stderr, '')
  })

  t.test('consume ends in order when its reader has had enough', async (t) => {
    const consumer = new Program({ args: ['consume', 'piped', '--from-beginning', ...server] })
    await consumer.waitFor('some records', ({ stdout }) => stdout.startsWith('line 0'))
    consumer.child.stdout!.destroy()
    // The first record after that cannot be written, the second finds that out, whenever it comes.
    while (consumer.exit === undefined) await broker.produce('piped', 0, batchOf(['one more']))
    t.strictSame(await consumer.exited, { code: 0, signal: null })
    t.equal(consumer.stderr, '')
  })

  t.test('groups', async (t) => {
    await broker.createTopic('t', 2)
    for (const value of ['a', 'b', 'c']) await broker.produce('t', 1, batchOf([value]))
    const { memberId, generationId } = await joined(broker, 'readers')
    const partitions = [{ partitionIndex: 1, committedOffset: 1, committedMetadata: null }]
    const topics = [{ name: 't', partitions }]
    await broker.send(KEY.OFFSET_COMMIT, 8, {
      groupId: 'readers',
      memberId,
      generationIdOrMemberEpoch: generationId,
      topics,
    })
    fine(t, await odradek(['groups', 'list']), /^GROUP\s+STATE\s+PROTOCOL\nreaders\s+Stable\s+consumer\n$/)
    const described = await odradek(['groups', 'describe', 'readers'])
    fine(t, described, /^Group readers: Stable, 1 members\n/)
    t.match(described.stdout, /\nreaders +t +1 +1 +3 +2 /, 'offset 1 of 3 is a lag of 2')
    refused(t, await odradek(['groups', 'delete', 'readers']), /readers.*NON_EMPTY_GROUP/)
    refused(t, await odradek(['groups', 'describe', 'nobody']), /nobody.*GROUP_ID_NOT_FOUND/)
    await broker.send(KEY.LEAVE_GROUP, 3, { groupId: 'readers', members: [{ memberId }] })
    fine(t, await odradek(['groups', 'delete', 'readers']), /^$/)
    fine(t, await odradek(['groups', 'list']), /^GROUP\s+STATE\s+PROTOCOL\n$/)
  })

  t.test('configs', async (t) => {
    await broker.createTopic('set', 1, { 'retention.ms': '5' })
    const synonyms = 'synonyms={DYNAMIC_TOPIC_CONFIG:retention.ms=5}'
    const before = `Dynamic configs for topic set are:\n  retention.ms=5 sensitive=false ${synonyms}\n`
    fine(t, await odradek(['configs', 'describe', 'topic', 'set']), before)
    const changes = ['--add-config', 'flush.ms=7', '--add-config', 'cleanup.policy=compact,delete']
    const alter = ['configs', 'alter', 'topic', 'set', ...changes, '--delete-config', 'retention.ms']
    fine(t, await odradek(alter), 'Completed updating config for topic set.\n')
    const after = await odradek(['configs', 'describe', 'topic', 'set'])
    t.strictSame(
      after.stdout.split('\n').map((line) => line.split(' sensitive')[0]),
      ['Dynamic configs for topic set are:', '  cleanup.policy=compact,delete', '  flush.ms=7', ''],
    )
    fine(
      t,
      await odradek(['configs', 'describe', 'topic', 'set', '--all']),
      /^All configs for topic set are:\n {2}cleanup/,
    )
    const defaults = ['configs', 'alter', 'broker', '--add-config', 'log.retention.ms=9']
    fine(t, await odradek(defaults), 'Completed updating default config for brokers in the cluster.\n')
    const own = ['configs', 'alter', 'broker', '1', '--add-config', 'log.retention.ms=8']
    fine(t, await odradek(own), 'Completed updating config for broker 1.\n')
    fine(
      t,
      await odradek(['configs', 'describe', 'broker', '1']),
      'Dynamic configs for broker 1 are:\n  log.retention.ms=8 sensitive=false synonyms={' +
        'DYNAMIC_BROKER_CONFIG:log.retention.ms=8, DYNAMIC_DEFAULT_BROKER_CONFIG:log.retention.ms=9}\n',
    )
    fine(
      t,
      await odradek(['configs', 'describe', 'broker']),
      /^Default configs for brokers .*\n {2}log.retention.ms=9 /,
    )
    for (const args of [['broker'], ['broker', '1']])
      fine(t, await odradek(['configs', 'alter', ...args, '--delete-config', 'log.retention.ms']), /^Completed/)
    refused(t, await odradek(['configs', 'describe', 'topic', 'nope']), /nope.*UNKNOWN_TOPIC_OR_PARTITION/)
    refused(t, await odradek([...alter.slice(0, 4), '--add-config', 'no.such=1']), /no\.such.*INVALID_CONFIG/)
    refused(t, await odradek([...alter.slice(0, 4)]), /--add-config/)
    refused(t, await odradek(['configs', 'alter', 'topic', '--add-config', 'a=b']), /Name the topic/)
    refused(t, await odradek(['configs', 'describe', 'broker', '9']), /Broker 9 is not available/)
    refused(t, await odradek(['configs', 'describe', 'group', 'g']), /group/)
  })

  t.test('healthcheck', async (t) => {
    fine(t, await odradek(['healthcheck']), 'healthy\n')
  })

  t.test('dump-log', async (t) => {
    const [segment] = readdirSync(join(dataDir, 'keyed-0')).filter((name) => name.endsWith('.log'))
    const path = join(dataDir, 'keyed-0', segment!)
    const dumped = await run(['dump-log', path, '--records'])
    fine(t, dumped, /^Dumping .*\nLog starting offset: 0\n/)
    t.match(dumped.stdout, /baseOffset: 0 lastOffset: 1 count: 2 .* isvalid: true\n/)
    t.match(dumped.stdout, /\| offset: 0 .* headerKeys: \[a\] key: k payload: v:w\n/)
    const half = join(home, '00000000000000000000.log')
    const data = readFileSync(path)
    writeFileSync(half, data.subarray(0, data.length - 3))
    fine(t, await run(['dump-log', half]), /Found \d+ bytes after the last whole batch\n$/)
    refused(t, await run(['dump-log', join(home, 'missing.log')]), /missing\.log cannot be read/)
    const index = path.replace(/log$/, 'index')
    refused(t, await run(['dump-log', index]), /\.index is no segment file/)
  })
})

t.test('without a broker', async (t) => {
  for (const args of [['healthcheck'], ['topics', 'list'], ['consume', 'x']]) {
    const result = await run([...args, '--bootstrap-server', '127.0.0.1:1'])
    t.match(result, {
      code: 1,
      stdout: '',
      stderr: /^odradek: nothing listens on 127\.0\.0\.1:1; is the broker running there\?\n$/,
    })
  }
  t.match(await run(['cluster', '--bootstrap-server', '127.0.0.1:1,127.0.0.1:2']), {
    code: 1,
    stderr:
      /^odradek: No broker could be used: nothing listens on 127\.0\.0\.1:1; .* nothing listens on 127\.0\.0\.1:2;/,
  })
  const result = await run(['topics', 'list', '--bootstrap-server', 'nonsense'])
  t.match(result, { code: 1, stderr: /"nonsense" is not a server: write host:port/ })
})

t.test('options that want a number', async (t) => {
  const wrong: [string[], RegExp][] = [
    [['start', '--port', 'abc'], /--port: expected a whole number/],
    [['start', '--port', '65536'], /--port 65536: a port is a whole number from 0 to 65535/],
    [['topics', 'create', 'x', '--partitions', '1.5'], /--partitions: expected a whole number/],
    [['consume', 'x', '-o', 'abc'], /--offset: expected a whole number/],
    [['consume', 'x', '-n', 'abc'], /--max-messages: expected a whole number/],
    [['produce', 'x', '--partition', 'abc'], /--partition: expected a whole number/],
    [['reassign', 'plan', '--drain', '1', '--drain', 'abc'], /--drain: expected a whole number/],
  ]
  for (const [args, stderr] of wrong) {
    const result = await run(args)
    t.match(result, { code: 1, stdout: '', stderr }, args.join(' '))
    t.notMatch(result.stderr, /^ +at /m)
  }
})

t.test('a broker that goes while a command waits', async (t) => {
  const broker = await TestBroker.start(t, { topics: { t: {} } })
  const consumer = new Program({ args: ['consume', 't', '--from-beginning', '-b', broker.broker.bootstrapServers] })
  await broker.produce('t', 0, batchOf(['only']))
  await consumer.waitFor('a record', ({ stdout }) => stdout === 'only\n')
  await broker.stop()
  t.equal((await consumer.exited).code, 1)
  t.match(consumer.stderr, /^odradek: .*(closed|broke|not answer)/)
  t.notMatch(consumer.stderr, /^ +at /m)
})

t.test('installed in a directory whose name is no plain URL', async (t) => {
  const place = join(home, 'a b%20c')
  cpSync('bin', join(place, 'bin'), { recursive: true })
  mkdirSync(join(place, 'dist'))
  writeFileSync(join(place, 'package.json'), '{ "type": "module" }')
  writeFileSync(join(place, 'dist', 'odradek.cjs'), "process.stdout.write('found')")
  t.equal(execFileSync(process.execPath, [join(place, 'bin', 'odradek.js')], { encoding: 'utf8' }), 'found')
})

t.test('options that nobody knows are named as they were typed', async (t) => {
  t.match(await run(['cluster', '--old-style', 'x']), {
    code: 1,
    stdout: '',
    stderr: /: Unknown argument: old-style\n/,
  })
  t.match(await run(['cluster', '--a-b', '--nonsense']), { stderr: /: Unknown arguments: a-b, nonsense\n/ })
  t.match(await run(['clusters']), { code: 1, stderr: /^odradek: Unknown command: clusters\n/ })
})

t.test('help and version', async (t) => {
  t.match(await run(['--version']), { code: 0, stdout: /^\d+\.\d+\.\d+\n$/, stderr: '' })
  const help = await run(['--help'])
  t.equal(help.code, 0)
  for (const command of ['start', 'topics', 'groups', 'configs', 'produce', 'consume', 'dump-log', 'healthcheck'])
    t.ok(help.stdout.includes(command), command)
  const start = await run(['start', '--help'])
  for (const option of ['--port', '--data-dir', '--config', '--topic', '--log-level'])
    t.ok(start.stdout.includes(option), option)
})
