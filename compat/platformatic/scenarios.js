import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { eventually, run, scenario } from '../lib/runner.js'
import { batchesOnDisk } from '../lib/segments.js'
import { codecs, connectAdmin, connectConsumer, connectProducer, consume, produce, withAdmin } from './client.js'

/** Resolves when every partition answers: this client repeats a whole send when one partition of it has no leader yet. */
async function createTopic(bootstrap, topic, partitions = 1, config = {}) {
  const configs = Object.entries(config).map(([name, value]) => ({ name, value: String(value) }))
  await withAdmin(bootstrap, async (admin) => {
    await admin.createTopics({ topics: [topic], partitions, replicas: 1, configs })
    const all = Array.from({ length: partitions }, (_, partitionIndex) => ({ partitionIndex, timestamp: -1n }))
    await eventually('every partition has a leader', () =>
      admin.listOffsets({ topics: [{ name: topic, partitions: all }] }),
    )
  })
}
const text = (value) => value?.toString() ?? null
const values = (received) => received.map(({ value }) => text(value))
const numbered = (count, prefix = 'm') =>
  Array.from({ length: count }, (_, i) => ({ value: `${prefix}${i}`, partition: 0 }))
const endOffset = async (bootstrap, topic, partition = 0) => {
  const topics = await withAdmin(bootstrap, (admin) =>
    admin.listOffsets({ topics: [{ name: topic, partitions: [{ partitionIndex: partition, timestamp: -1n }] }] }),
  )
  return Number(topics[0].partitions[0].offset)
}
/** Names of the protocol errors inside what this client throws. */
const errorNames = (error) =>
  [error?.apiId, ...(error?.errors ?? []).flatMap(errorNames), ...(error?.cause ? errorNames(error.cause) : [])].filter(
    Boolean,
  )

scenario('cluster: metadata names one broker, which is the one bootstrapped from', async ({ bootstrap }) => {
  const admin = connectAdmin(bootstrap)
  const metadata = await admin.metadata({ topics: [] })
  await admin.close()
  assert.equal(metadata.brokers.size, 1)
  const [[id, { host, port }]] = metadata.brokers
  assert.equal(`${host}:${port}`, bootstrap)
  assert.equal(metadata.controllerId, id)
  assert.match(metadata.id, /^[A-Za-z0-9_-]{22}$/)
})

scenario('topics: create, list, describe, delete, create again', async ({ bootstrap, unique }) => {
  const topic = unique('topics')
  const admin = connectAdmin(bootstrap)
  try {
    const [created] = await admin.createTopics({
      topics: [topic],
      partitions: 3,
      replicas: 1,
      configs: [{ name: 'retention.ms', value: '86400000' }],
    })
    assert.deepEqual([created.name, created.partitions, created.replicas], [topic, 3, 1])
    assert.equal(created.configuration['retention.ms'], '86400000')
    assert((await admin.listTopics()).includes(topic))
    const { topics } = await admin.metadata({ topics: [topic], forceUpdate: true })
    assert.equal(topics.get(topic).id, created.id)
    assert.equal(topics.get(topic).partitionsCount, 3)
    for (const { leader, replicas, isr } of topics.get(topic).partitions)
      assert.deepEqual([replicas, isr], [[leader], [leader]])
    const [described] = await admin.describeConfigs({
      resources: [{ resourceType: 2, resourceName: topic, configurationKeys: ['retention.ms', 'cleanup.policy'] }],
      includeSynonyms: true,
      includeDocumentation: true,
    })
    const config = Object.fromEntries(described.configs.map((entry) => [entry.name, entry]))
    assert.equal(config['retention.ms'].value, '86400000')
    assert.equal(config['retention.ms'].configSource, 1, 'a topic config')
    assert.equal(config['cleanup.policy'].value, 'delete')
    assert.equal(config['cleanup.policy'].configSource, 5, 'a default')
    await assert.rejects(admin.createTopics({ topics: [topic], partitions: 1, replicas: 1 }), (error) =>
      errorNames(error).includes('TOPIC_ALREADY_EXISTS'),
    )

    await produce({ bootstrap, topic, messages: numbered(3) })
    await admin.deleteTopics({ topics: [topic] })
    await eventually('the topic is gone', async () => !(await admin.listTopics()).includes(topic))
    const [again] = await eventually('it can be created again', () =>
      admin.createTopics({ topics: [topic], partitions: 2, replicas: 1 }),
    )
    assert.notEqual(again.id, created.id, 'it has a new id')
    assert.equal(await eventually('it has offsets', async () => (await endOffset(bootstrap, topic)) === 0), true)
  } finally {
    await admin.close()
  }
})

scenario('topics: bad requests get their own errors', async ({ bootstrap, unique }) => {
  const admin = connectAdmin(bootstrap, { retries: 0 })
  const failure = (options) =>
    admin.createTopics({ partitions: 1, replicas: 1, ...options }).then(
      () => assert.fail('was accepted'),
      (error) => errorNames(error)[0],
    )
  try {
    assert.equal(await failure({ topics: ['no+plus+please'] }), 'INVALID_TOPIC_EXCEPTION')
    assert.equal(await failure({ topics: ['x'.repeat(250)] }), 'INVALID_TOPIC_EXCEPTION')
    assert.equal(await failure({ topics: [unique('bad')], partitions: 0 }), 'INVALID_PARTITIONS')
    assert.equal(await failure({ topics: [unique('bad')], replicas: 3 }), 'INVALID_REPLICATION_FACTOR')
    assert.equal(
      await failure({ topics: [unique('bad')], configs: [{ name: 'retention.ms', value: 'soon' }] }),
      'INVALID_CONFIG',
    )
    await assert.rejects(admin.deleteTopics({ topics: [unique('missing')] }), (error) =>
      errorNames(error).includes('UNKNOWN_TOPIC_OR_PARTITION'),
    )
  } finally {
    await admin.close()
  }
})

scenario('topics: the first use creates one (auto.create.topics.enable)', async ({ bootstrap, unique }) => {
  const topic = unique('auto')
  await produce({ bootstrap, topic, messages: numbered(3), options: { autocreateTopics: true } })
  assert.deepEqual(values(await consume({ bootstrap, topic, count: 3 })), ['m0', 'm1', 'm2'])
})

for (const codec of codecs) {
  scenario(`produce: ${codec}, with acks 0, 1 and all`, async ({ bootstrap, broker, unique }) => {
    const topic = unique(`codec-${codec}`)
    await createTopic(bootstrap, topic)
    const filler = 'abcdefghij'.repeat(50)
    let expected = 0
    for (const acks of [0, 1, -1]) {
      const messages = Array.from({ length: 40 }, (_, i) => ({
        key: `k${i}`,
        value: `${acks}:${i}:${filler}`,
        partition: 0,
      }))
      const { offsets } = await produce({ bootstrap, topic, messages, codec, acks })
      if (acks !== 0) assert.deepEqual(offsets, [{ topic, partition: 0, offset: BigInt(expected) }])
      expected += messages.length
      await eventually('the records are in the log', async () => (await endOffset(bootstrap, topic)) === expected)
    }
    const received = await consume({ bootstrap, topic, count: expected, settleMs: 200 })
    assert.deepEqual(
      received.map(({ offset, key, value }) => [Number(offset), text(key), text(value)]),
      [0, 1, -1].flatMap((acks, n) =>
        Array.from({ length: 40 }, (_, i) => [n * 40 + i, `k${i}`, `${acks}:${i}:${filler}`]),
      ),
    )
    if (broker.dataDir) {
      assert.deepEqual(
        batchesOnDisk(broker.dataDir, topic).map((batch) => [
          batch.baseOffset,
          batch.magic,
          batch.codec,
          batch.records,
        ]),
        [0, 40, 80].map((base) => [base, 2, codec, 40]),
      )
    }
  })
}

scenario('produce: too large a message is refused by name, the next one is not', async ({ bootstrap, unique }) => {
  const topic = unique('refused')
  await createTopic(bootstrap, topic, 1, { 'max.message.bytes': 2000 })
  const producer = connectProducer(bootstrap, { retries: 0 })
  try {
    await assert.rejects(
      produce({ producer, topic, messages: [{ value: randomBytes(4000), partition: 0 }] }),
      (error) => errorNames(error).includes('MESSAGE_TOO_LARGE'),
    )
    const { offsets } = await produce({ producer, topic, messages: [{ value: randomBytes(1000), partition: 0 }] })
    assert.equal(offsets[0].offset, 0n)
  } finally {
    await producer.close()
  }
})

scenario('consume: from the beginning, from the end, from an offset', async ({ bootstrap, unique }) => {
  const topic = unique('positions')
  await createTopic(bootstrap, topic, 2)
  const messages = [0, 1].flatMap((partition) =>
    Array.from({ length: 50 }, (_, i) => ({ value: `p${partition}-${i}`, partition })),
  )
  await produce({ bootstrap, topic, messages })
  assert.deepEqual(
    values(await consume({ bootstrap, topic, count: 100, settleMs: 200 })).sort(),
    messages.map(({ value }) => value).sort(),
  )
  const late = await consume({
    bootstrap,
    topic,
    count: 5,
    mode: 'latest',
    settleMs: 200,
    onReady: () => produce({ bootstrap, topic, messages: numbered(5, 'new') }),
  })
  assert.deepEqual(
    values(late),
    numbered(5, 'new').map(({ value }) => value),
  )
  const offsets = [
    { topic, partition: 0, offset: 52n },
    { topic, partition: 1, offset: 47n },
  ]
  const received = await consume({ bootstrap, topic, count: 6, mode: 'manual', stream: { offsets }, settleMs: 200 })
  assert.deepEqual(received.map(({ partition, offset, value }) => `${partition}/${offset}/${value}`).sort(), [
    '0/52/new2',
    '0/53/new3',
    '0/54/new4',
    '1/47/p1-47',
    '1/48/p1-48',
    '1/49/p1-49',
  ])
})

scenario('consume: from a timestamp, and every special timestamp', async ({ bootstrap, unique }) => {
  const topic = unique('time')
  await createTopic(bootstrap, topic)
  const start = Date.now() - 3_600_000
  for (let batch = 0; batch < 5; batch++) {
    const messages = Array.from({ length: 20 }, (_, i) => ({
      value: `m${batch * 20 + i}`,
      partition: 0,
      timestamp: BigInt(start + (batch * 20 + i) * 1000),
    }))
    await produce({ bootstrap, topic, messages, codec: codecs[batch] })
  }
  const admin = connectAdmin(bootstrap)
  const at = async (timestamp) => {
    const topics = await admin.listOffsets({
      topics: [{ name: topic, partitions: [{ partitionIndex: 0, timestamp: BigInt(timestamp) }] }],
    })
    const { offset, timestamp: found } = topics[0].partitions[0]
    return [Number(offset), Number(found)]
  }
  try {
    assert.deepEqual(await at(start), [0, start])
    assert.deepEqual(await at(start + 33_000), [33, start + 33_000], 'inside a compressed batch')
    assert.deepEqual(await at(start + 46_500), [47, start + 47_000], 'between two records: the later one')
    assert.deepEqual(await at(start - 1_000_000), [0, start], 'before the first')
    assert.deepEqual(await at(start + 1_000_000), [-1, -1], 'after the last')
    assert.deepEqual(await at(-1), [100, -1], 'latest')
    assert.deepEqual(await at(-2), [0, -1], 'earliest')
    assert.deepEqual(await at(-3), [99, start + 99_000], 'the record with the highest timestamp')
    assert.deepEqual(await at(-4), [0, -1], 'earliest on local disk')
    assert.deepEqual(await at(-5), [-1, -1], 'latest tiered: none')
  } finally {
    await admin.close()
  }
  const [offset] = [BigInt(75)]
  const received = await consume({
    bootstrap,
    topic,
    count: 25,
    mode: 'manual',
    stream: { offsets: [{ topic, partition: 0, offset }] },
    settleMs: 200,
  })
  assert.deepEqual(
    received.map(({ value, timestamp }) => [text(value), Number(timestamp)]),
    Array.from({ length: 25 }, (_, i) => [`m${75 + i}`, start + (75 + i) * 1000]),
  )
})

scenario('records: headers, null and empty keys and values, bytes of every value', async ({ bootstrap, unique }) => {
  const topic = unique('records')
  await createTopic(bootstrap, topic)
  const everyByte = Buffer.from(Array.from({ length: 256 }, (_, i) => i))
  const messages = [
    { key: null, value: null },
    { key: '', value: '' },
    { key: 'only key', value: null },
    { key: null, value: 'only value' },
    { key: everyByte, value: everyByte, headers: { bytes: everyByte, text: 'Grüße aus Prag', empty: '' } },
    { key: 'k'.repeat(300), value: 'v'.repeat(70_000), headers: { long: 'h'.repeat(40_000) } },
  ].map((message) => ({ ...message, partition: 0 }))
  for (const codec of codecs) await produce({ bootstrap, topic, messages, codec })
  const received = await consume({ bootstrap, topic, count: messages.length * codecs.length, settleMs: 200 })
  assert.equal(received.length, messages.length * codecs.length)
  const bytes = (value) => (value === null || value === undefined ? null : Buffer.from(value))
  for (const [index, { key, value, headers }] of received.entries()) {
    const sent = messages[index % messages.length]
    const got = Object.fromEntries([...headers].map(([header, content]) => [text(header), content]))
    const wanted = Object.fromEntries(
      Object.entries(sent.headers ?? {}).map(([header, content]) => [header, bytes(content)]),
    )
    assert.deepEqual(
      [key ?? null, value ?? null, got],
      [bytes(sent.key), bytes(sent.value), wanted],
      `message ${index}`,
    )
  }
})

scenario(
  'records: messages of 10 MB, compressed and not, read with default limits',
  async ({ bootstrap, unique }) => {
    const topic = unique('large')
    await createTopic(bootstrap, topic, 1, { 'max.message.bytes': 24 * 1024 * 1024 })
    const value = randomBytes(10 * 1024 * 1024)
    await produce({ bootstrap, topic, messages: [{ key: 'plain', value, partition: 0 }] })
    await produce({ bootstrap, topic, messages: [{ key: 'small', value: 'between', partition: 0 }] })
    await produce({ bootstrap, topic, messages: [{ key: 'gzip', value, partition: 0 }], codec: 'gzip' })
    const received = await consume({ bootstrap, topic, count: 3 })
    assert.deepEqual(
      received.map(({ key }) => text(key)),
      ['plain', 'small', 'gzip'],
    )
    assert(received[0].value.equals(value) && received[2].value.equals(value), 'the bytes are the ones sent')
  },
  { deadlineMs: 120_000 },
)

for (const idempotent of [false, true]) {
  scenario(
    `records: 10,000 messages one by one${idempotent ? ', idempotent' : ''}: none lost, none twice, none out of order`,
    async ({ bootstrap, unique }) => {
      const topic = unique('ten-thousand')
      const partitions = 4
      const total = 10_000
      await createTopic(bootstrap, topic, partitions)
      const producer = connectProducer(bootstrap, { idempotent, retries: 20 })
      for (let at = 0, n = 0; at < total; n++) {
        const size = Math.min(1 + ((n * 37) % 250), total - at)
        const messages = Array.from({ length: size }, (_, i) => ({
          key: `key-${(at + i) % 97}`,
          value: String(at + i),
          partition: (at + i) % partitions,
        }))
        await produce({
          producer,
          topic,
          messages,
          acks: n % 2 && !idempotent ? 1 : -1,
          codec: codecs[n % codecs.length],
        })
        at += size
      }
      await producer.close()
      const received = await consume({ bootstrap, topic, count: total, settleMs: 500 })
      assert.equal(received.length, total, 'exactly as many as were sent')
      const next = Array.from({ length: partitions }, (_, partition) => ({ offset: 0, value: partition }))
      for (const { partition, offset, key, value } of received) {
        const expected = next[partition]
        assert.deepEqual(
          [Number(offset), text(value), text(key)],
          [expected.offset, String(expected.value), `key-${expected.value % 97}`],
        )
        expected.offset += 1
        expected.value += partitions
      }
    },
    { deadlineMs: 120_000 },
  )
}

/** A member of a group that keeps what it read; `assigned()` is what it holds now. */
/**
 * A member of a group. Its stream commits every 100 ms, or with `commitAtLeave` only then: a commit under way while the
 * group begins a new generation is refused, as it should be, and this client ends its stream then.
 */
async function member(bootstrap, groupId, topic, sink, { commitAtLeave = false, ...options } = {}) {
  const consumer = connectConsumer(bootstrap, { groupId, ...options })
  const newest = new Map()
  const stream = await consumer.consume({
    topics: [topic],
    mode: 'committed',
    fallbackMode: 'earliest',
    autocommit: commitAtLeave ? false : 100,
  })
  const state = { consumer, failure: null }
  stream.on('data', (message) => {
    const { partition, offset, value } = message
    newest.set(partition, message)
    sink.push({ partition, offset: Number(offset), value: text(value) })
  })
  stream.on('error', (error) => {
    state.failure = error
  })
  state.assigned = () => {
    if (state.failure) throw state.failure
    return consumer.assignments?.find((assignment) => assignment.topic === topic)?.partitions ?? []
  }
  state.leave = async () => {
    const owned = state.assigned()
    if (commitAtLeave) for (const [partition, message] of newest) if (owned.includes(partition)) await message.commit()
    await stream.close()
    await consumer.close(true)
  }
  return state
}

const sharedEvenly = (members, partitions) => () => {
  const all = members.flatMap((each) => each.assigned())
  return (
    all.length === partitions &&
    new Set(all).size === partitions &&
    members.every((each) => each.assigned().length === partitions / members.length)
  )
}

scenario(
  'groups: members come and go, every partition has one owner, nothing is lost',
  async ({ bootstrap, unique }) => {
    const topic = unique('members')
    const groupId = unique('group')
    const partitions = 6
    await createTopic(bootstrap, topic, partitions)
    const received = []
    let sent = 0
    let producing = true
    const producer = connectProducer(bootstrap)
    const load = (async () => {
      while (producing) {
        await produce({
          producer,
          topic,
          messages: Array.from({ length: partitions }, (_, partition) => ({
            value: String(sent + partition),
            partition,
          })),
        })
        sent += partitions
        await sleep(20)
      }
    })()
    const first = await member(bootstrap, groupId, topic, received, { commitAtLeave: true })
    await eventually('one member owns all', sharedEvenly([first], partitions))
    const second = await member(bootstrap, groupId, topic, received, { commitAtLeave: true })
    await eventually('two members own half each', sharedEvenly([first, second], partitions))
    const third = await member(bootstrap, groupId, topic, received, { commitAtLeave: true })
    const members = [first, second, third]
    await eventually('three members own a third each', sharedEvenly(members, partitions))
    const admin = connectAdmin(bootstrap, { retries: 0 })
    const group = await eventually('the group is stable with the three', async () => {
      const found = (await admin.describeGroups({ groups: [groupId] })).get(groupId)
      return found.state === 'STABLE' && found.members.size === 3 && sharedEvenly(members, partitions)() && found
    })
    assert.equal(group.protocolType, 'consumer')
    assert.deepEqual([...group.members.keys()].sort(), members.map(({ consumer }) => consumer.memberId).sort())
    const listed = (await admin.listGroups()).get(groupId)
    assert.deepEqual([listed.protocolType, listed.groupType], ['consumer', 'classic'])
    await assert.rejects(admin.deleteGroups({ groups: [groupId] }), (error) =>
      errorNames(error).includes('NON_EMPTY_GROUP'),
    )

    await second.leave()
    await eventually('the two who stay own half each', sharedEvenly([first, third], partitions))
    await first.leave()
    await eventually('the last one owns all', sharedEvenly([third], partitions))
    producing = false
    await load
    await producer.close()
    const read = () => new Set(received.map(({ value }) => value)).size
    await eventually(
      () => `every value is read: ${read()} of ${sent}`,
      () => read() === sent,
    )
    for (const { partition, offset, value } of received) assert.equal(Number(value), offset * partitions + partition)
    await third.leave()

    assert.equal((await admin.describeGroups({ groups: [groupId] })).get(groupId).state, 'EMPTY')
    const [{ topics }] = await admin.listConsumerGroupOffsets({ groups: [groupId] })
    assert.equal(
      topics[0].partitions.reduce((sum, { committedOffset }) => sum + Number(committedOffset), 0),
      sent,
      'everything read is committed',
    )
    await admin.deleteGroups({ groups: [groupId] })
    assert(!(await admin.listGroups()).has(groupId))
    await admin.close()
  },
  { deadlineMs: 120_000 },
)

scenario('groups: a static member comes back to its place', async ({ bootstrap, unique }) => {
  const topic = unique('static')
  const groupId = unique('group')
  await createTopic(bootstrap, topic, 2)
  const received = []
  const stays = await member(bootstrap, groupId, topic, received, { groupInstanceId: 'stays' })
  const leaves = await member(bootstrap, groupId, topic, received, { groupInstanceId: 'leaves' })
  await eventually('they share', sharedEvenly([stays, leaves], 2))
  const described = await withAdmin(bootstrap, (admin) => admin.describeGroups({ groups: [groupId] }))
  assert.deepEqual([...described.get(groupId).members.values()].map(({ groupInstanceId }) => groupInstanceId).sort(), [
    'leaves',
    'stays',
  ])
  const fenced = new Promise((resolve) => {
    leaves.consumer.on('consumer:heartbeat:error', ({ error }) => resolve(errorNames(error)))
  })
  const again = await member(bootstrap, groupId, topic, received, { groupInstanceId: 'leaves' })
  await eventually(
    'the newcomer has its partition',
    () => again.assigned().length === 1 && again.assigned()[0] !== stays.assigned()[0],
  )
  assert((await fenced).includes('FENCED_INSTANCE_ID'), 'the old one is told that it was replaced')
  await Promise.allSettled([leaves.leave(), again.leave(), stays.leave()])
})

for (const signal of ['SIGTERM', 'SIGKILL']) {
  scenario(
    `groups: committed offsets are there after a restart (${signal}), reading goes on behind them`,
    async ({ bootstrap, broker, unique }) => {
      const topic = unique('resume')
      const groupId = unique('group')
      await createTopic(bootstrap, topic, 2)
      await produce({
        bootstrap,
        topic,
        messages: Array.from({ length: 200 }, (_, i) => ({ value: `a${i}`, partition: i % 2 })),
      })
      const received = []
      const before = await member(bootstrap, groupId, topic, received)
      const committed = async () => {
        const [{ topics }] = await withAdmin(bootstrap, (admin) =>
          admin.listConsumerGroupOffsets({ groups: [groupId] }),
        )
        return topics
          .flatMap(({ partitions }) =>
            partitions.map(({ partitionIndex, committedOffset }) => `${partitionIndex}:${committedOffset}`),
          )
          .sort()
      }
      await eventually(
        'all are read and committed',
        async () => received.length === 200 && (await committed()).join() === '0:100,1:100',
      )
      await before.leave()
      await broker.restart({ signal })
      assert.deepEqual(await eventually('the coordinator has loaded', committed), ['0:100', '1:100'])
      await produce({
        bootstrap,
        topic,
        messages: Array.from({ length: 20 }, (_, i) => ({ value: `b${i}`, partition: i % 2 })),
      })
      const after = await consume({
        bootstrap,
        topic,
        count: 20,
        mode: 'committed',
        settleMs: 300,
        options: { groupId },
      })
      assert.deepEqual(values(after).sort(), Array.from({ length: 20 }, (_, i) => `b${i}`).sort())
      assert.equal(
        (await consume({ bootstrap, topic, count: 220, settleMs: 200 })).length,
        220,
        'another group still reads all',
      )
    },
    { deadlineMs: 90_000 },
  )
}

scenario('groups: offsets are altered, listed and deleted by the admin', async ({ bootstrap, unique }) => {
  const topic = unique('alter')
  const groupId = unique('group')
  await createTopic(bootstrap, topic)
  await produce({ bootstrap, topic, messages: numbered(50) })
  const admin = connectAdmin(bootstrap)
  await admin.alterConsumerGroupOffsets({
    groupId,
    topics: [{ name: topic, partitionOffsets: [{ partition: 0, offset: 40n }] }],
  })
  const [{ topics }] = await admin.listConsumerGroupOffsets({
    groups: [{ groupId, topics: [{ name: topic, partitionIndexes: [0] }] }],
  })
  assert.equal(topics[0].partitions[0].committedOffset, 40n)
  const received = await consume({
    bootstrap,
    topic,
    count: 10,
    mode: 'committed',
    settleMs: 200,
    options: { groupId },
  })
  assert.deepEqual(
    values(received),
    numbered(50)
      .slice(40)
      .map(({ value }) => value),
  )
  await admin.close()
})

await run('platformatic')
