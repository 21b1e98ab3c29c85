import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { eventually, run, scenario } from '../lib/runner.js'
import { batchesOnDisk } from '../lib/segments.js'
import { createTopic } from '../lib/topics.js'
import { codecs, kcat, startKcat, withFile } from './client.js'

const lines = (text) => text.split('\n').filter(Boolean)
const numbered = (count, prefix = 'm') => Array.from({ length: count }, (_, i) => `${prefix}${i}`)
const produce = (bootstrap, topic, messages, args = []) =>
  kcat(bootstrap, ['-P', '-t', topic, ...args], { input: `${messages.join('\n')}\n` })
const consume = async (bootstrap, topic, args = []) =>
  lines(await kcat(bootstrap, ['-C', '-t', topic, '-q', '-X', 'check.crcs=true', ...args]))
const metadata = async (bootstrap, args = []) => JSON.parse(await kcat(bootstrap, ['-L', '-J', ...args]))

scenario('-L: brokers, controller, topics and partitions', async ({ bootstrap, unique }) => {
  const topic = unique('listed')
  await createTopic(bootstrap, topic, 3)
  const all = await metadata(bootstrap)
  assert.equal(all.brokers.length, 1)
  assert.equal(all.brokers[0].name, bootstrap)
  assert.equal(all.controllerid, all.brokers[0].id)
  const listed = all.topics.find((entry) => entry.topic === topic)
  const id = all.brokers[0].id
  assert.deepEqual(
    listed.partitions,
    [0, 1, 2].map((partition) => ({ partition, leader: id, replicas: [{ id }], isrs: [{ id }] })),
  )
  assert.deepEqual(
    (await metadata(bootstrap, ['-t', topic])).topics.map((entry) => entry.topic),
    [topic],
  )
})

scenario('-P to a topic that does not exist creates it', async ({ bootstrap, unique }) => {
  const topic = unique('auto')
  await produce(bootstrap, topic, ['first', 'second'])
  assert.deepEqual(await consume(bootstrap, topic, ['-e']), ['first', 'second'])
})

for (const codec of codecs) {
  scenario(
    `-P -z ${codec}, with acks 0, 1 and all; -C reads it, the batch on disk is ${codec}`,
    async ({ bootstrap, broker, unique }) => {
      const topic = unique(`codec-${codec}`)
      await createTopic(bootstrap, topic)
      const text = 'abcdefghij'.repeat(40)
      const expected = []
      for (const acks of [0, 1, -1]) {
        const messages = Array.from({ length: 40 }, (_, i) => `${acks}:${i}:${text}`)
        await produce(bootstrap, topic, messages, ['-z', codec, '-X', `topic.acks=${acks}`, '-X', 'linger.ms=300'])
        expected.push(...messages)
        // kcat with acks=0 leaves as soon as the bytes are written
        await eventually('the records are in the log', async () =>
          (await kcat(bootstrap, ['-Q', '-t', `${topic}:0:-1`])).includes(`offset ${expected.length}`),
        )
      }
      assert.deepEqual(await consume(bootstrap, topic, ['-e']), expected)
      if (broker.dataDir) {
        const batches = batchesOnDisk(broker.dataDir, topic)
        assert(
          batches.every((batch) => batch.magic === 2 && batch.codec === codec),
          JSON.stringify(batches),
        )
        assert.equal(
          batches.reduce((sum, batch) => sum + batch.records, 0),
          expected.length,
        )
      }
    },
  )
}

scenario('-C: from the beginning, an offset, the tail, the end', async ({ bootstrap, unique }) => {
  const topic = unique('positions')
  await createTopic(bootstrap, topic)
  await produce(bootstrap, topic, numbered(100))
  assert.deepEqual(await consume(bootstrap, topic, ['-o', 'beginning', '-e']), numbered(100))
  assert.deepEqual(
    await consume(bootstrap, topic, ['-o', '90', '-e', '-f', '%o:%s\n']),
    numbered(100)
      .slice(90)
      .map((value, i) => `${90 + i}:${value}`),
  )
  assert.deepEqual(await consume(bootstrap, topic, ['-o', '-5', '-e']), numbered(100).slice(95))
  assert.deepEqual(await consume(bootstrap, topic, ['-o', '20', '-c', '3']), ['m20', 'm21', 'm22'])
  const late = startKcat(bootstrap, ['-C', '-t', topic, '-o', 'end', '-c', '2', '-u', '-X', 'debug=fetch'])
  await eventually('kcat fetches at the end', () => /Fetch topic .* at offset 100/.test(late.stderr()))
  await produce(bootstrap, topic, ['new0', 'new1'])
  const { code, stdout } = await late.result
  assert.equal(code, 0)
  assert.deepEqual(lines(stdout.toString()), ['new0', 'new1'])
})

scenario('-Q and -o s@: offsets by timestamp', async ({ bootstrap, unique }) => {
  const topic = unique('time')
  await createTopic(bootstrap, topic)
  const marks = []
  for (let round = 0; round < 4; round++) {
    marks.push(Date.now())
    await produce(bootstrap, topic, numbered(10, `r${round}-`), round % 2 ? ['-z', 'gzip'] : [])
    await new Promise((resolve) => setTimeout(resolve, 30))
  }
  const offsetAt = async (timestamp) =>
    Number(/offset (-?\d+)/.exec(await kcat(bootstrap, ['-Q', '-t', `${topic}:0:${timestamp}`]))[1])
  assert.equal(await offsetAt(-2), 0, 'earliest')
  assert.equal(await offsetAt(-1), 40, 'latest')
  for (const [round, mark] of marks.entries()) assert.equal(await offsetAt(mark), round * 10)
  assert.equal(await offsetAt(Date.now() + 3_600_000), -1, 'in the future: none')
  assert.deepEqual(await consume(bootstrap, topic, ['-o', `s@${marks[2]}`, '-e']), [
    ...numbered(10, 'r2-'),
    ...numbered(10, 'r3-'),
  ])
  assert.deepEqual(await consume(bootstrap, topic, ['-o', `s@${marks[1]}`, '-o', `e@${marks[2]}`]), numbered(10, 'r1-'))
})

scenario('records: headers, null and empty keys and values, timestamps', async ({ bootstrap, unique }) => {
  const topic = unique('records')
  await createTopic(bootstrap, topic)
  const before = Date.now()
  await kcat(
    bootstrap,
    ['-P', '-t', topic, '-K', ':', '-H', 'colour=blue', '-H', 'colour=red', '-H', 'empty=', '-H', 'null'],
    { input: 'key:value\n' },
  )
  await kcat(bootstrap, ['-P', '-t', topic, '-K', ':', '-Z'], { input: 'tombstone:\n:no key\n' })
  await kcat(bootstrap, ['-P', '-t', topic, '-K', ':'], { input: 'empty value:\n' })
  await kcat(bootstrap, ['-P', '-t', topic], { input: 'Grüße aus Prag\n' })
  const records = (await consume(bootstrap, topic, ['-e', '-J'])).map((line) => JSON.parse(line))
  assert.deepEqual(
    records.map(({ offset, key, payload, headers }) => [offset, key, payload, headers]),
    [
      [0, 'key', 'value', ['colour', 'blue', 'colour', 'red', 'empty', '', 'null', null]],
      [1, 'tombstone', null, undefined],
      [2, null, 'no key', undefined],
      [3, 'empty value', '', undefined],
      [4, null, 'Grüße aus Prag', undefined],
    ],
  )
  for (const { ts, tstype } of records) assert(tstype === 'create' && ts >= before && ts <= Date.now())
})

scenario(
  'records: messages of 10 MB, compressed and not, read with default limits',
  async ({ bootstrap, unique }) => {
    const topic = unique('large')
    await createTopic(bootstrap, topic, 1, { 'max.message.bytes': 24 * 1024 * 1024 })
    const content = Buffer.from(randomBytes(5 * 1024 * 1024).toString('hex'))
    await withFile(content, async (path) => {
      for (const codec of ['none', 'lz4'])
        await kcat(bootstrap, ['-P', '-t', topic, '-z', codec, '-X', 'message.max.bytes=20000000', path])
    })
    const { code, stdout } = await startKcat(bootstrap, [
      '-C',
      '-t',
      topic,
      '-o',
      'beginning',
      '-c',
      '2',
      '-q',
      '-D',
      '',
    ]).result
    assert.equal(code, 0)
    assert.equal(stdout.length, 2 * content.length)
    assert(stdout.subarray(0, content.length).equals(content) && stdout.subarray(content.length).equals(content))
  },
  { deadlineMs: 120_000 },
)

scenario('records: too large a message is refused by name, the next one is not', async ({ bootstrap, unique }) => {
  const topic = unique('refused')
  await createTopic(bootstrap, topic, 1, { 'max.message.bytes': 2000 })
  const { stderr } = await startKcat(bootstrap, ['-P', '-t', topic], {
    input: `${randomBytes(2000).toString('hex')}\n`,
  }).result
  assert.match(stderr, /Message size too large/)
  await produce(bootstrap, topic, ['small'])
  assert.deepEqual(await consume(bootstrap, topic, ['-e']), ['small'])
})

for (const idempotent of [false, true]) {
  scenario(
    `records: 10,000 messages one by one${idempotent ? ', idempotent' : ''}: none lost, none twice, none out of order`,
    async ({ bootstrap, unique }) => {
      const topic = unique('ten-thousand')
      const partitions = 4
      await createTopic(bootstrap, topic, partitions)
      const expected = []
      for (let partition = 0; partition < partitions; partition++) {
        const messages = numbered(2500, `p${partition}-`)
        const args = [
          '-p',
          partition,
          '-z',
          codecs[partition],
          '-X',
          `enable.idempotence=${idempotent}`,
          '-X',
          'batch.num.messages=37',
          '-X',
          'linger.ms=1',
        ]
        await produce(bootstrap, topic, messages, args)
        expected.push(...messages.map((message, i) => `${partition}/${i}/${message}`))
      }
      const received = await consume(bootstrap, topic, ['-e', '-f', '%p/%o/%s\n'])
      assert.equal(received.length, 10_000)
      for (let partition = 0; partition < partitions; partition++) {
        const own = (line) => line.startsWith(`${partition}/`)
        assert.deepEqual(received.filter(own), expected.filter(own))
      }
    },
    { deadlineMs: 120_000 },
  )
}

/** A member of a group: `assigned` follows what kcat reports, `lines` is what it read. */
function member(bootstrap, groupId, topic, args = []) {
  const running = startKcat(bootstrap, [
    ...[
      '-X',
      'auto.offset.reset=earliest',
      '-X',
      'session.timeout.ms=6000',
      '-X',
      'heartbeat.interval.ms=200',
      '-X',
      'auto.commit.interval.ms=100',
    ],
    ...['-u', '-f', '%p/%o/%s\n', ...args, '-G', groupId, topic],
  ])
  return {
    ...running,
    /** Numbers of the partitions it holds, from the last report: 'assigned: topic [0], topic [1]'. */
    assigned() {
      // eager: 'rebalanced (memberid ..): assigned: t [0], t [1]'; cooperative: 'rebalanced: incremental assignment of 2 ..'
      let held = new Set()
      for (const line of running.stderr().split('\n')) {
        if (!/% Group .* rebalanced/.test(line)) continue
        const named = [...line.matchAll(/ \[(\d+)\]/g)].map(([, partition]) => Number(partition))
        if (/incremental assignment/.test(line)) held = new Set([...held, ...named])
        else if (/incremental revoke/.test(line))
          held = new Set([...held].filter((partition) => !named.includes(partition)))
        else held = new Set(/\): assigned/.test(line) ? named : [])
      }
      return [...held]
    },
    async leave() {
      running.child.kill('SIGTERM')
      await running.result
    },
  }
}

const sharedEvenly = (members, partitions) => () => {
  const all = members.flatMap((each) => each.assigned())
  return (
    all.length === partitions &&
    new Set(all).size === partitions &&
    members.every((each) => each.assigned().length === partitions / members.length)
  )
}
const reports = (members) => () =>
  `an even share; they report ${JSON.stringify(members.map((each) => each.assigned()))}\n${members.map((each) => each.stderr()).join('\n--\n')}`

for (const strategy of ['range', 'roundrobin', 'cooperative-sticky']) {
  scenario(
    `-G with ${strategy}: three members come and go, nothing is lost`,
    async ({ bootstrap, unique }) => {
      const topic = unique('members')
      const groupId = unique('group')
      const partitions = 6
      await createTopic(bootstrap, topic, partitions)
      const args = ['-X', `partition.assignment.strategy=${strategy}`]
      let sent = 0
      const send = async () => {
        for (let partition = 0; partition < partitions; partition++)
          await produce(bootstrap, topic, numbered(5, `${sent}-`), ['-p', partition])
        sent += 5
      }
      const members = []
      const everyone = []
      const join = () => {
        const one = member(bootstrap, groupId, topic, args)
        members.push(one)
        everyone.push(one)
      }
      const leave = async (index) => {
        const [one] = members.splice(index, 1)
        await one.leave()
      }
      const read = () => new Set(everyone.flatMap((each) => each.lines))
      const allRead = () =>
        eventually(
          () => `all are read: ${read().size} of ${sent * partitions}`,
          () => read().size === sent * partitions,
        )
      await send()
      for (const step of [join, join, join, () => leave(1), () => leave(0)]) {
        await step()
        await eventually(reports(members), sharedEvenly(members, partitions), 20_000)
        await send()
        // kcat drops a message it has just taken when it is told to end, so none may be on its way when the next leaves
        await allRead()
      }
      await leave(0)
      // what was committed on leaving is the end: a newcomer reads nothing but what comes now
      const last = member(bootstrap, groupId, topic, args)
      await eventually(reports([last]), sharedEvenly([last], partitions))
      await produce(bootstrap, topic, ['after'], ['-p', 0])
      await eventually('the newcomer reads on', () => last.lines.length > 0)
      assert.deepEqual(last.lines, [`0/${sent}/after`])
      await last.leave()
    },
    { deadlineMs: 120_000 },
  )
}

scenario(
  '-G with group.instance.id: a static member comes back to its partitions without a rebalance',
  async ({ bootstrap, unique }) => {
    const topic = unique('static')
    const groupId = unique('group')
    await createTopic(bootstrap, topic, 4)
    const join = (id) =>
      member(bootstrap, groupId, topic, ['-X', `group.instance.id=${id}`, '-X', 'partition.assignment.strategy=range'])
    const stays = join('stays')
    const first = join('leaves')
    await eventually(reports([stays, first]), sharedEvenly([stays, first], 4))
    const held = first.assigned()
    const reportsOfTheOther = stays.stderr()
    first.child.kill('SIGKILL')
    await first.result
    const back = join('leaves')
    await eventually(reports([back]), () => back.assigned().length === 2)
    assert.deepEqual(back.assigned(), held)
    assert.equal(stays.stderr(), reportsOfTheOther, 'the other member did not notice')
    await back.leave()
    await stays.leave()
  },
)

scenario('-G: a member killed without a word is put out after its session timeout', async ({ bootstrap, unique }) => {
  const topic = unique('silent')
  const groupId = unique('group')
  await createTopic(bootstrap, topic, 2)
  const members = [member(bootstrap, groupId, topic), member(bootstrap, groupId, topic)]
  await eventually(reports(members), sharedEvenly(members, 2))
  members[1].child.kill('SIGKILL')
  await eventually(reports([members[0]]), sharedEvenly([members[0]], 2), 30_000)
  await members[0].leave()
})

for (const signal of ['SIGTERM', 'SIGKILL']) {
  scenario(
    `-G: committed offsets are there after a restart (${signal})`,
    async ({ bootstrap, broker, unique }) => {
      const topic = unique('resume')
      const groupId = unique('group')
      await createTopic(bootstrap, topic, 2)
      for (const partition of [0, 1]) await produce(bootstrap, topic, numbered(100, 'a'), ['-p', partition])
      const before = member(bootstrap, groupId, topic)
      await eventually('all are read', () => before.lines.length === 200)
      await before.leave()
      await broker.restart({ signal })
      for (const partition of [0, 1]) await produce(bootstrap, topic, numbered(10, 'b'), ['-p', partition])
      const after = member(bootstrap, groupId, topic)
      await eventually('the new ones are read', () => after.lines.length >= 20)
      await after.leave()
      assert.deepEqual(
        [...after.lines].sort(),
        [0, 1].flatMap((partition) => numbered(10, 'b').map((value, i) => `${partition}/${100 + i}/${value}`)).sort(),
      )
      assert.equal((await consume(bootstrap, topic, ['-e'])).length, 220)
    },
    { deadlineMs: 90_000 },
  )
}

await run('kcat')
