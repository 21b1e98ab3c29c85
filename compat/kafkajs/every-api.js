// Calls what the scenarios leave out, whatever the broker answers: food for test/golden/record.js.
//   node every-api.js HOST:PORT
import { connect } from './client.js'

const kafka = connect(process.argv[2], { retry: { retries: 1 } })
const topic = `every-api-${Date.now()}`
const admin = kafka.admin()
await admin.connect()

async function attempt(what, call) {
  try {
    await call()
    console.log(`ok     ${what}`)
  } catch (error) {
    console.log(`error  ${what}: ${error.message}`)
  }
}

await attempt('createTopics', () =>
  admin.createTopics({
    topics: [
      { topic, numPartitions: 2, configEntries: [{ name: 'cleanup.policy', value: 'compact' }] },
      { topic: `${topic}-placed`, replicaAssignment: [{ partition: 0, replicas: [1] }] },
    ],
  }),
)
await attempt('createPartitions', () => admin.createPartitions({ topicPartitions: [{ topic, count: 4 }] }))
const entry = { type: 2, name: topic, configEntries: [{ name: 'retention.ms', value: '1000000' }] }
await attempt('alterConfigs', () => admin.alterConfigs({ validateOnly: false, resources: [entry] }))
await attempt('describeConfigs', () =>
  admin.describeConfigs({
    includeSynonyms: true,
    resources: [{ type: 2, name: topic, configNames: ['retention.ms', 'cleanup.policy'] }],
  }),
)
const acl = {
  resourceType: 2,
  resourceName: topic,
  resourcePatternType: 3,
  principal: 'User:ann',
  host: '*',
  operation: 3,
  permissionType: 3,
}
await attempt('createAcls', () => admin.createAcls({ acl: [acl] }))
await attempt('describeAcls', () => admin.describeAcls(acl))
await attempt('deleteAcls', () => admin.deleteAcls({ filters: [acl] }))
await attempt('alterPartitionReassignments', () =>
  admin.alterPartitionReassignments({ topics: [{ topic, partitionAssignment: [{ partition: 0, replicas: [1] }] }] }),
)
await attempt('listPartitionReassignments', () =>
  admin.listPartitionReassignments({ topics: [{ topic, partitions: [0, 1] }] }),
)

await attempt('transactions', async () => {
  const producer = kafka.producer({ transactionalId: `tx-${topic}`, maxInFlightRequests: 1, idempotent: true })
  await producer.connect()
  for (const end of ['commit', 'abort']) {
    const transaction = await producer.transaction()
    await transaction.send({ topic, messages: [{ key: 'k', value: end, headers: { a: 'b' } }] })
    await transaction.sendOffsets({
      consumerGroupId: `group-${topic}`,
      topics: [{ topic, partitions: [{ partition: 0, offset: '1' }] }],
    })
    await transaction[end]()
  }
  await producer.disconnect()
})
const consumer = kafka.consumer({ groupId: `group-${topic}`, maxWaitTimeInMs: 100, readUncommitted: false })
await attempt('read committed', async () => {
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  const seen = new Promise((resolve) => {
    consumer.on(consumer.events.FETCH, ({ payload }) => payload.numberOfBatches && resolve())
    setTimeout(resolve, 3000)
  })
  await consumer.run({ eachMessage: async () => {} })
  await seen
  await consumer.disconnect()
})
await attempt('deleteTopicRecords', () =>
  admin.deleteTopicRecords({ topic: `${topic}-placed`, partitions: [{ partition: 0, offset: '-1' }] }),
)
await attempt('deleteTopics', () => admin.deleteTopics({ topics: [topic, `${topic}-placed`] }))
await admin.disconnect()
process.exit(0) // a transactional producer that found no coordinator keeps its connection
