// What one client writes, every other reads: with each codec, and the batch on disk is still as it was sent.
import assert from 'node:assert/strict'
import * as kafkajs from '../kafkajs/client.js'
import * as kcat from '../kcat/client.js'
import { eventually, run, Skip, scenario } from '../lib/runner.js'
import { batchesOnDisk, CODECS } from '../lib/segments.js'
import { createTopic } from '../lib/topics.js'
import * as platformatic from '../platformatic/client.js'

const clients = [kafkajs, kcat, platformatic]
const filler = 'the quick brown fox jumps over the lazy dog. '.repeat(10)

const messagesOf = (writer, codec) => [
  ...Array.from({ length: 30 }, (_, i) => ({
    key: `key-${i}`,
    value: `${writer}/${codec}/${i}/${filler}`,
    headers: {},
  })),
  { key: 'tombstone', value: null, headers: {} },
  { key: null, value: `no key ${filler}`, headers: {} },
  { key: 'with', value: `headers ${filler}`, headers: { writer, umlaut: 'Grüße' } },
]

for (const writer of clients) {
  for (const codec of CODECS) {
    scenario(
      `${writer.name} writes ${codec}, ${clients.map(({ name }) => name).join(', ')} read the same`,
      async ({ bootstrap, broker, unique }) => {
        if (!writer.codecs.includes(codec)) throw new Skip(`${writer.name} cannot write ${codec} here`)
        const topic = unique(`${writer.name}-${codec}`)
        await createTopic(bootstrap, topic)
        const messages = messagesOf(writer.name, codec)
        await writer.writeAll({ bootstrap, topic, messages, codec })
        const expected = messages.map((message, offset) => ({ offset, ...message }))
        for (const reader of clients) {
          if (!reader.codecs.includes(codec)) continue
          assert.deepEqual(
            await reader.readAll({ bootstrap, topic, count: messages.length }),
            expected,
            `read by ${reader.name}`,
          )
        }
        if (!broker.dataDir) return
        const batches = batchesOnDisk(broker.dataDir, topic)
        assert.equal(
          batches.reduce((sum, { records }) => sum + records, 0),
          messages.length,
        )
        for (const batch of batches)
          assert.deepEqual([batch.magic, batch.codec], [2, codec], `on disk: ${JSON.stringify(batches)}`)
      },
    )
  }
}

scenario(
  'a topic written by all of them, each with another codec, is read whole by each',
  async ({ bootstrap, unique }) => {
    const topic = unique('mixed')
    await createTopic(bootstrap, topic)
    const expected = []
    for (const [round, codec] of CODECS.entries()) {
      for (const writer of clients) {
        if (!writer.codecs.includes(codec)) continue
        const messages = Array.from({ length: 20 }, (_, i) => ({
          key: null,
          value: `${round}-${writer.name}-${i}`,
          headers: {},
        }))
        await writer.writeAll({ bootstrap, topic, messages, codec })
        expected.push(...messages)
      }
    }
    for (const reader of clients) {
      const received = await reader.readAll({ bootstrap, topic, count: expected.length })
      assert.deepEqual(
        received,
        expected.map((message, offset) => ({ offset, ...message })),
        `read by ${reader.name}`,
      )
    }
  },
)

scenario(
  'a group is handed from kafkajs to platformatic to kcat: each goes on where the one before stopped',
  async ({ bootstrap, unique }) => {
    const topic = unique('handed-on')
    const groupId = unique('group')
    await createTopic(bootstrap, topic)
    const write = (prefix) =>
      kafkajs.writeAll({
        bootstrap,
        topic,
        codec: 'none',
        messages: Array.from({ length: 10 }, (_, i) => ({ value: `${prefix}${i}` })),
      })
    const expected = (prefix) => Array.from({ length: 10 }, (_, i) => `${prefix}${i}`)
    const text = ({ value }) => value.toString()

    await write('a')
    assert.deepEqual(
      (await kafkajs.consume({ bootstrap, topic, groupId, count: 10, settleMs: 100 })).map(text),
      expected('a'),
    )
    await write('b')
    const second = await platformatic.consume({
      bootstrap,
      topic,
      mode: 'committed',
      count: 10,
      settleMs: 300,
      options: { groupId, autocommit: true },
    })
    assert.deepEqual(second.map(text), expected('b'))
    await write('c')
    const third = kcat.startKcat(bootstrap, ['-u', '-q', '-X', 'auto.offset.reset=earliest', '-G', groupId, topic])
    await eventually('kcat reads on', () => third.lines.length >= 10)
    third.child.kill('SIGTERM')
    await third.result
    assert.deepEqual(third.lines, expected('c'))
    await write('d')
    assert.deepEqual(
      (await kafkajs.consume({ bootstrap, topic, groupId, count: 10, settleMs: 100 })).map(text),
      expected('d'),
    )
  },
)

scenario(
  'a member whose assignor nobody else in the group knows is refused, and the others do not notice',
  async ({ bootstrap, unique }) => {
    const topic = unique('refused')
    const groupId = unique('group')
    await createTopic(bootstrap, topic, 2)
    const reader = kcat.startKcat(bootstrap, ['-u', '-X', 'heartbeat.interval.ms=100', '-G', groupId, topic])
    await eventually('kcat owns all', () => /assigned: .*\[1\]/.test(reader.stderr()))
    const reports = () => reader.stderr().match(/rebalanced/g).length
    assert.equal(reports(), 1)
    const stranger = kafkajs.consume({
      bootstrap,
      topic,
      groupId,
      count: 1,
      consumerOptions: { retry: { retries: 0 } },
    })
    await assert.rejects(stranger, (error) => (error.cause ?? error).type === 'INCONSISTENT_GROUP_PROTOCOL')
    reader.child.kill('SIGTERM')
    await reader.result
    assert.equal((reader.stderr().match(/: assigned/g) ?? []).length, 1)
  },
)

scenario('one client sees the groups of another', async ({ bootstrap, unique }) => {
  const topic = unique('seen')
  const groupId = unique('group')
  await createTopic(bootstrap, topic)
  await kafkajs.writeAll({ bootstrap, topic, codec: 'none', messages: [{ value: 'x' }] })
  const reader = kcat.startKcat(bootstrap, [
    '-u',
    '-q',
    '-X',
    'auto.offset.reset=earliest',
    '-X',
    'client.id=seen-by-others',
    '-G',
    groupId,
    topic,
  ])
  await eventually('kcat has read', () => reader.lines.length > 0)
  const { groups } = await kafkajs.withAdmin(bootstrap, (admin) => admin.describeGroups([groupId]))
  const described = (
    await platformatic.withAdmin(bootstrap, (admin) => admin.describeGroups({ groups: [groupId] }))
  ).get(groupId)
  assert.equal(groups[0].state, 'Stable')
  assert.equal(described.state, 'STABLE')
  assert.deepEqual(
    groups[0].members.map(({ memberId, clientId }) => [memberId, clientId]),
    [...described.members.values()].map(({ id, clientId }) => [id, clientId]),
  )
  assert.equal(groups[0].members[0].clientId, 'seen-by-others')
  reader.child.kill('SIGTERM')
  await reader.result
})

await run('cross')
