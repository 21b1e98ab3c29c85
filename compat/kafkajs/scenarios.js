import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { eventually, run, Skip, scenario } from '../lib/runner.js'
import { batchesOnDisk } from '../lib/segments.js'
import { codecs, connect, consume, lz4Missing, produce, TYPES, withAdmin } from './client.js'

const createTopic = (bootstrap, topic, numPartitions = 1, config = {}) =>
  withAdmin(bootstrap, (admin) =>
    admin.createTopics({
      topics: [
        { topic, numPartitions, configEntries: Object.entries(config).map(([name, value]) => ({ name, value })) },
      ],
    }),
  )

const values = (received) => received.map(({ value }) => value?.toString() ?? null)
const numbered = (count, prefix = 'm') => Array.from({ length: count }, (_, i) => ({ value: `${prefix}${i}` }))

async function endOffsets(bootstrap, topic) {
  return withAdmin(bootstrap, (admin) => admin.fetchTopicOffsets(topic))
}

scenario('cluster: describeCluster names one broker, which is the one bootstrapped from', async ({ bootstrap }) => {
  const cluster = await withAdmin(bootstrap, (admin) => admin.describeCluster())
  assert.equal(cluster.brokers.length, 1)
  assert.match(cluster.clusterId, /^[A-Za-z0-9_-]{22}$/)
  assert.equal(`${cluster.brokers[0].host}:${cluster.brokers[0].port}`, bootstrap)
})

scenario('topics: create, list, describe, delete, create again', async ({ bootstrap, unique }) => {
  const topic = unique('topics')
  await withAdmin(bootstrap, async (admin) => {
    assert.equal(
      await admin.createTopics({
        topics: [{ topic, numPartitions: 3, configEntries: [{ name: 'retention.ms', value: '86400000' }] }],
      }),
      true,
    )
    assert((await admin.listTopics()).includes(topic))
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
    assert.deepEqual(
      topics[0].partitions
        .map(({ partitionId, isr, replicas, leader }) => [
          partitionId,
          isr.length,
          replicas.length,
          replicas[0] === leader,
        ])
        .sort(),
      [
        [0, 1, 1, true],
        [1, 1, 1, true],
        [2, 1, 1, true],
      ],
    )
    const { resources } = await admin.describeConfigs({
      resources: [{ type: 2, name: topic, configNames: ['retention.ms', 'cleanup.policy'] }],
    })
    const config = Object.fromEntries(resources[0].configEntries.map((entry) => [entry.configName, entry]))
    assert.equal(config['retention.ms'].configValue, '86400000')
    assert.equal(config['retention.ms'].isDefault, false)
    assert.equal(config['cleanup.policy'].configValue, 'delete')
    assert.equal(config['cleanup.policy'].isDefault, true)
    assert.equal(await admin.createTopics({ topics: [{ topic }] }), false, 'creating it twice says so')

    await produce({ bootstrap, topic, messages: numbered(3) })
    await admin.deleteTopics({ topics: [topic] })
    await eventually('the topic is gone', async () => !(await admin.listTopics()).includes(topic))
    await eventually('it can be created again', () => admin.createTopics({ topics: [{ topic, numPartitions: 2 }] }))
    const offsets = await eventually('the new topic has offsets', () => admin.fetchTopicOffsets(topic))
    assert.deepEqual(offsets.map(({ partition, low, high }) => [partition, low, high]).sort(), [
      [0, '0', '0'],
      [1, '0', '0'],
    ])
  })
})

scenario('topics: bad requests get their own errors', async ({ bootstrap, unique }) => {
  const failure = (topic) =>
    withAdmin(bootstrap, (admin) => admin.createTopics({ topics: [topic] })).then(
      () => assert.fail('was accepted'),
      (error) => error.errors?.[0]?.type ?? error.type,
    )
  assert.equal(await failure({ topic: 'no spaces please' }), 'INVALID_TOPIC_EXCEPTION')
  assert.equal(await failure({ topic: 'x'.repeat(250) }), 'INVALID_TOPIC_EXCEPTION')
  assert.equal(await failure({ topic: unique('bad'), numPartitions: 0 }), 'INVALID_PARTITIONS')
  assert.equal(await failure({ topic: unique('bad'), replicationFactor: 3 }), 'INVALID_REPLICATION_FACTOR')
  assert.equal(
    await failure({ topic: unique('bad'), configEntries: [{ name: 'retention.ms', value: 'soon' }] }),
    'INVALID_CONFIG',
  )
  const admin = connect(bootstrap, { retry: { retries: 0 } }).admin()
  await admin.connect()
  const refusal = await admin.deleteTopics({ topics: [unique('missing')] }).then(
    () => assert.fail('deleted'),
    (error) => error.cause?.type ?? error.type,
  )
  await admin.disconnect()
  assert.equal(refusal, 'UNKNOWN_TOPIC_OR_PARTITION')
})

scenario('topics: the first use creates one (auto.create.topics.enable)', async ({ bootstrap, unique }) => {
  const topic = unique('auto')
  await produce({ bootstrap, topic, messages: numbered(3), producerOptions: { allowAutoTopicCreation: true } })
  assert.deepEqual(values(await consume({ bootstrap, topic, count: 3 })), ['m0', 'm1', 'm2'])
})

for (const codec of Object.keys(TYPES)) {
  scenario(`produce: ${codec}, with acks 0, 1 and all`, async ({ bootstrap, broker, unique }) => {
    if (!codecs.includes(codec)) throw new Skip(lz4Missing)
    const topic = unique(`codec-${codec}`)
    await createTopic(bootstrap, topic)
    const filler = 'abcdefghij'.repeat(50)
    let expected = 0
    for (const acks of [0, 1, -1]) {
      const messages = Array.from({ length: 40 }, (_, i) => ({ key: `k${i}`, value: `${acks}:${i}:${filler}` }))
      const answers = await produce({ bootstrap, topic, messages, codec, acks })
      if (acks !== 0) {
        assert.equal(answers.length, 1)
        assert.equal(answers[0].errorCode, 0)
        assert.equal(answers[0].baseOffset, String(expected))
      }
      expected += messages.length
      await eventually(
        'the records are in the log',
        async () => Number((await endOffsets(bootstrap, topic))[0].high) === expected,
      )
    }
    const received = await consume({ bootstrap, topic, count: expected, settleMs: 200 })
    assert.deepEqual(
      received.map(({ offset, key, value }) => [Number(offset), key.toString(), value.toString()]),
      [0, 1, -1].flatMap((acks, n) =>
        Array.from({ length: 40 }, (_, i) => [n * 40 + i, `k${i}`, `${acks}:${i}:${filler}`]),
      ),
    )
    if (broker.dataDir) {
      const batches = batchesOnDisk(broker.dataDir, topic)
      assert.deepEqual(
        batches.map((batch) => [batch.baseOffset, batch.magic, batch.codec, batch.records]),
        [0, 40, 80].map((base) => [base, 2, codec, 40]),
      )
    }
  })
}

scenario('produce: to a partition that does not exist, and too large a message', async ({ bootstrap, unique }) => {
  const topic = unique('refused')
  await createTopic(bootstrap, topic, 1, { 'max.message.bytes': '2000' })
  const producer = connect(bootstrap, { retry: { retries: 0 } }).producer({ allowAutoTopicCreation: false })
  await producer.connect()
  try {
    await assert.rejects(producer.send({ topic, messages: [{ value: randomBytes(4000) }] }), {
      type: 'MESSAGE_TOO_LARGE',
    })
    assert.equal(
      (await producer.send({ topic, messages: [{ value: randomBytes(1000) }] }))[0].baseOffset,
      '0',
      'the connection goes on',
    )
  } finally {
    await producer.disconnect()
  }
})

scenario('consume: from the beginning, and from the end only what comes after', async ({ bootstrap, unique }) => {
  const topic = unique('positions')
  await createTopic(bootstrap, topic)
  await produce({ bootstrap, topic, messages: numbered(10, 'old') })
  assert.deepEqual(
    values(await consume({ bootstrap, topic, count: 10, settleMs: 200 })),
    numbered(10, 'old').map((m) => m.value),
  )
  const late = await consume({
    bootstrap,
    topic,
    count: 5,
    fromBeginning: false,
    settleMs: 200,
    onReady: () => produce({ bootstrap, topic, messages: numbered(5, 'new') }),
  })
  assert.deepEqual(
    values(late),
    numbered(5, 'new').map((m) => m.value),
  )
})

scenario('consume: from an offset', async ({ bootstrap, unique }) => {
  const topic = unique('offset')
  await createTopic(bootstrap, topic, 2)
  for (const partition of [0, 1]) {
    await produce({ bootstrap, topic, messages: numbered(100, `p${partition}-`).map((m) => ({ ...m, partition })) })
  }
  const received = await consume({
    bootstrap,
    topic,
    count: 13,
    settleMs: 200,
    seek: [
      { partition: 0, offset: 90 },
      { partition: 1, offset: 97 },
    ],
  })
  assert.deepEqual(
    received.map(({ partition, offset, value }) => `${partition}/${offset}/${value}`).sort(),
    [
      ...Array.from({ length: 10 }, (_, i) => `0/${90 + i}/p0-${90 + i}`),
      ...Array.from({ length: 3 }, (_, i) => `1/${97 + i}/p1-${97 + i}`),
    ].sort(),
  )
})

scenario('consume: an offset out of range starts over where the group says', async ({ bootstrap, unique }) => {
  const topic = unique('range')
  await createTopic(bootstrap, topic)
  await produce({ bootstrap, topic, messages: numbered(5) })
  const received = await consume({ bootstrap, topic, count: 5, seek: [{ partition: 0, offset: 4711 }] })
  assert.deepEqual(values(received), ['m0', 'm1', 'm2', 'm3', 'm4'])
})

scenario('consume: from a timestamp', async ({ bootstrap, unique }) => {
  const topic = unique('time')
  await createTopic(bootstrap, topic)
  const start = Date.now() - 3_600_000
  for (let batch = 0; batch < 5; batch++) {
    const messages = Array.from({ length: 20 }, (_, i) => ({
      value: `m${batch * 20 + i}`,
      timestamp: String(start + (batch * 20 + i) * 1000),
    }))
    await produce({ bootstrap, topic, messages, codec: batch % 2 ? 'gzip' : 'none' })
  }
  const offsetAt = (timestamp) =>
    withAdmin(bootstrap, async (admin) =>
      Number((await admin.fetchTopicOffsetsByTimestamp(topic, timestamp))[0].offset),
    )
  assert.equal(await offsetAt(start), 0)
  assert.equal(await offsetAt(start + 33_000), 33, 'inside a compressed batch')
  assert.equal(await offsetAt(start + 46_500), 47, 'between two records: the later one')
  assert.equal(await offsetAt(start - 1_000_000), 0, 'before the first')
  assert.equal(await offsetAt(start + 1_000_000), 100, 'after the last: kafkajs asks for the end instead')
  const offset = await offsetAt(start + 75_000)
  const received = await consume({ bootstrap, topic, count: 25, seek: [{ partition: 0, offset }], settleMs: 200 })
  assert.deepEqual(
    values(received),
    Array.from({ length: 25 }, (_, i) => `m${75 + i}`),
  )
  assert.deepEqual(
    received.map(({ timestamp }) => Number(timestamp)),
    Array.from({ length: 25 }, (_, i) => start + (75 + i) * 1000),
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
    { key: 'many', value: 'headers', headers: { list: ['one', 'two', 'three'], other: 'x' } },
    { key: 'k'.repeat(300), value: 'v'.repeat(70_000), headers: { long: 'h'.repeat(40_000) } },
  ]
  for (const codec of codecs) await produce({ bootstrap, topic, messages, codec })
  const received = await consume({ bootstrap, topic, count: messages.length * codecs.length, settleMs: 200 })
  const bytes = (value) => (value === null ? null : Buffer.from(value))
  const plain = (headers) =>
    Object.fromEntries(
      Object.entries(headers ?? {}).map(([name, value]) => [
        name,
        Array.isArray(value) ? value.map(bytes) : bytes(value),
      ]),
    )
  assert.equal(received.length, messages.length * codecs.length)
  for (const [index, { key, value, headers }] of received.entries()) {
    const sent = messages[index % messages.length]
    assert.deepEqual(
      [key, value, plain(headers)],
      [bytes(sent.key), bytes(sent.value), plain(sent.headers)],
      `message ${index}`,
    )
  }
})

scenario(
  'records: messages of 10 MB, compressed and not, read with default limits',
  async ({ bootstrap, unique }) => {
    const topic = unique('large')
    await createTopic(bootstrap, topic, 1, { 'max.message.bytes': String(24 * 1024 * 1024) })
    const value = randomBytes(10 * 1024 * 1024)
    await produce({ bootstrap, topic, messages: [{ key: 'plain', value }] })
    await produce({ bootstrap, topic, messages: [{ key: 'small', value: 'between' }] })
    await produce({ bootstrap, topic, messages: [{ key: 'gzip', value }], codec: 'gzip' })
    const received = await consume({ bootstrap, topic, count: 3 })
    assert.deepEqual(
      received.map(({ key }) => key.toString()),
      ['plain', 'small', 'gzip'],
    )
    assert(received[0].value.equals(value) && received[2].value.equals(value), 'the bytes are the ones sent')
  },
  { deadlineMs: 120_000 },
)

scenario(
  'records: 10,000 messages, one by one: none lost, none twice, none out of order',
  async ({ bootstrap, unique }) => {
    const topic = unique('ten-thousand')
    const partitions = 4
    const total = 10_000
    await createTopic(bootstrap, topic, partitions)
    const producer = connect(bootstrap).producer({ allowAutoTopicCreation: false })
    await producer.connect()
    const codecOf = (n) => TYPES[codecs[n % codecs.length]]
    for (let at = 0, n = 0; at < total; n++) {
      const size = Math.min(1 + ((n * 37) % 250), total - at)
      const messages = Array.from({ length: size }, (_, i) => ({
        key: `key-${(at + i) % 97}`,
        value: String(at + i),
        partition: (at + i) % partitions,
      }))
      await producer.send({ topic, messages, acks: n % 2 ? 1 : -1, compression: codecOf(n) })
      at += size
    }
    await producer.disconnect()
    const received = await consume({ bootstrap, topic, count: total, settleMs: 500 })
    assert.equal(received.length, total, 'exactly as many as were sent')
    const next = Array.from({ length: partitions }, (_, partition) => ({ offset: 0, value: partition }))
    for (const { partition, offset, key, value } of received) {
      const expected = next[partition]
      assert.deepEqual(
        [Number(offset), value.toString(), key.toString()],
        [expected.offset, String(expected.value), `key-${expected.value % 97}`],
      )
      expected.offset += 1
      expected.value += partitions
    }
  },
  { deadlineMs: 120_000 },
)

scenario(
  'idempotent producer: every message once, in order, with one producer id',
  async ({ bootstrap, broker, unique }) => {
    const topic = unique('idempotent')
    await createTopic(bootstrap, topic, 2)
    const producer = connect(bootstrap).producer({
      idempotent: true,
      maxInFlightRequests: 5,
      allowAutoTopicCreation: false,
    })
    await producer.connect()
    for (let round = 0; round < 50; round++) {
      await producer.send({
        topic,
        messages: Array.from({ length: 20 }, (_, i) => ({ value: String(round * 20 + i), partition: i % 2 })),
      })
    }
    await producer.disconnect()
    const received = await consume({ bootstrap, topic, count: 1000, settleMs: 300 })
    for (const partition of [0, 1]) {
      assert.deepEqual(
        received.filter((m) => m.partition === partition).map(({ value }) => Number(value.toString())),
        Array.from({ length: 500 }, (_, i) => i * 2 + partition),
      )
    }
    if (broker.dataDir) assert.equal(batchesOnDisk(broker.dataDir, topic).length, 50)
  },
)

/** A member of a group that keeps what it was assigned and what it read. */
async function member(bootstrap, groupId, topic, sink, options = {}) {
  const consumer = connect(bootstrap).consumer({
    groupId,
    maxWaitTimeInMs: 100,
    heartbeatInterval: 200,
    sessionTimeout: 10_000,
    rebalanceTimeout: 10_000,
    allowAutoTopicCreation: false,
    ...options,
  })
  const state = { consumer, assigned: [], generation: -1, leave: () => consumer.disconnect() }
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    state.assigned = payload.memberAssignment[topic] ?? []
    state.isLeader = payload.isLeader
    state.memberId = payload.memberId
  })
  consumer.on(consumer.events.REBALANCING, () => {
    state.assigned = []
  })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await consumer.run({
    autoCommitInterval: 100,
    eachMessage: async ({ partition, message }) => {
      sink.push({ partition, offset: Number(message.offset), value: message.value.toString() })
    },
  })
  return state
}

const sharedEvenly = (members, partitions) => () => {
  const all = members.flatMap(({ assigned }) => assigned)
  return (
    all.length === partitions &&
    new Set(all).size === partitions &&
    members.every(({ assigned }) => assigned.length === partitions / members.length)
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
    const producer = connect(bootstrap).producer({ allowAutoTopicCreation: false })
    await producer.connect()
    const load = (async () => {
      while (producing) {
        await producer.send({
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

    const first = await member(bootstrap, groupId, topic, received)
    await eventually('one member owns all', sharedEvenly([first], partitions))
    const second = await member(bootstrap, groupId, topic, received)
    await eventually('two members own half each', sharedEvenly([first, second], partitions))
    const third = await member(bootstrap, groupId, topic, received)
    const members = [first, second, third]
    await eventually('three members own a third each', sharedEvenly(members, partitions))
    assert.equal(members.filter(({ isLeader }) => isLeader).length, 1)

    await withAdmin(bootstrap, async (admin) => {
      const { groups } = await admin.describeGroups([groupId])
      assert.equal(groups[0].state, 'Stable')
      assert.equal(groups[0].protocolType, 'consumer')
      assert.equal(groups[0].protocol, 'RoundRobinAssigner')
      assert.deepEqual(
        groups[0].members.map(({ memberId }) => memberId).sort(),
        members.map(({ memberId }) => memberId).sort(),
      )
      assert(
        (await admin.listGroups()).groups.some(
          (group) => group.groupId === groupId && group.protocolType === 'consumer',
        ),
      )
      await assert.rejects(
        admin.deleteGroups([groupId]),
        (error) => error.groups[0].errorCode === 68,
        'NON_EMPTY_GROUP',
      )
    })

    await second.leave()
    await eventually('the two who stay own half each', sharedEvenly([first, third], partitions))
    await first.leave()
    await eventually('the last one owns all', sharedEvenly([third], partitions))
    producing = false
    await load
    await producer.disconnect()
    await eventually(
      () => `every value was read (${new Set(received.map((m) => m.value)).size} of ${sent})`,
      () => new Set(received.map((m) => m.value)).size === sent,
    )
    for (const { partition, offset, value } of received) assert.equal(Number(value), offset * partitions + partition)
    await third.leave()

    await withAdmin(bootstrap, async (admin) => {
      const { groups } = await admin.describeGroups([groupId])
      assert.equal(groups[0].state, 'Empty')
      const [{ partitions: committed }] = await admin.fetchOffsets({ groupId, topics: [topic] })
      assert.equal(
        committed.reduce((sum, { offset }) => sum + Number(offset), 0),
        sent,
        'everything read is committed',
      )
      assert.deepEqual(await admin.deleteGroups([groupId]), [{ groupId, errorCode: 0 }])
      assert.equal((await admin.describeGroups([groupId])).groups[0].state, 'Dead')
    })
  },
  { deadlineMs: 120_000 },
)

scenario(
  'groups: a member killed without a word is put out after its session timeout',
  async ({ bootstrap, unique }) => {
    const topic = unique('silent')
    const groupId = unique('group')
    await createTopic(bootstrap, topic, 2)
    const first = await member(bootstrap, groupId, topic, [])
    await eventually('the first owns both', sharedEvenly([first], 2))
    const ghost = spawn(process.execPath, [new URL('ghost.js', import.meta.url).pathname, bootstrap, groupId, topic], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(ghost.stdout, 'data')
    await eventually('they share', () => first.assigned.length === 1)
    ghost.kill('SIGKILL')
    await eventually('the first owns both again', sharedEvenly([first], 2), 30_000)
    await first.leave()
  },
)

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
      const before = await consume({ bootstrap, topic, groupId, count: 200 })
      assert.equal(before.length, 200)
      await broker.restart({ signal })
      const [{ partitions }] = await eventually('the coordinator has loaded', () =>
        withAdmin(bootstrap, (admin) => admin.fetchOffsets({ groupId, topics: [topic] })),
      )
      assert.deepEqual(partitions.map(({ partition, offset }) => [partition, offset]).sort(), [
        [0, '100'],
        [1, '100'],
      ])
      await produce({
        bootstrap,
        topic,
        messages: Array.from({ length: 20 }, (_, i) => ({ value: `b${i}`, partition: i % 2 })),
      })
      const after = await consume({ bootstrap, topic, groupId, count: 20, settleMs: 300 })
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

scenario(
  'groups: a running consumer and producer live through a restart',
  async ({ bootstrap, broker, unique }) => {
    const topic = unique('through')
    const groupId = unique('group')
    await createTopic(bootstrap, topic, 2)
    const received = []
    const reader = await member(bootstrap, groupId, topic, received)
    await eventually('the member owns both', sharedEvenly([reader], 2))
    const producer = connect(bootstrap).producer({ allowAutoTopicCreation: false })
    await producer.connect()
    const send = (from, count) =>
      producer.send({
        topic,
        messages: Array.from({ length: count }, (_, i) => ({ value: String(from + i), partition: i % 2 })),
      })
    await send(0, 100)
    await eventually('the first hundred are read', () => new Set(received.map((m) => m.value)).size === 100)
    await broker.restart()
    await send(100, 100)
    await eventually('the second hundred are read', () => new Set(received.map((m) => m.value)).size === 200, 45_000)
    await producer.disconnect()
    await reader.leave()
  },
  { deadlineMs: 90_000 },
)

scenario('groups: offsets are set and reset by the admin', async ({ bootstrap, unique }) => {
  const topic = unique('reset')
  const groupId = unique('group')
  await createTopic(bootstrap, topic)
  await produce({ bootstrap, topic, messages: numbered(50) })
  await withAdmin(bootstrap, async (admin) => {
    const committed = async () => (await admin.fetchOffsets({ groupId, topics: [topic] }))[0].partitions[0].offset
    assert.equal(await committed(), '-1', 'nothing is committed at first')
    await admin.setOffsets({ groupId, topic, partitions: [{ partition: 0, offset: '40' }] })
    assert.equal(await committed(), '40')
    assert.deepEqual(
      values(await consume({ bootstrap, topic, groupId, count: 10, settleMs: 200 })),
      numbered(50)
        .slice(40)
        .map((m) => m.value),
    )
    await admin.resetOffsets({ groupId, topic, earliest: true })
    assert.equal((await consume({ bootstrap, topic, groupId, count: 50, settleMs: 200 })).length, 50)
  })
})

await run('kafkajs')
