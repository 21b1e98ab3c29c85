// Calls what the scenarios leave out, whatever the broker answers: food for test/golden/record.js.
//   node every-api.js HOST:PORT
import { connectAdmin, connectConsumer, connectProducer, produce } from './client.js'

const bootstrap = process.argv[2]
const topic = `every-api-${Date.now()}`
const groupId = `group-${topic}`
const admin = connectAdmin(bootstrap, { retries: 1 })

async function attempt(what, call) {
  try {
    await call()
    console.log(`ok     ${what}`)
  } catch (error) {
    console.log(
      `error  ${what}: ${[error.message, ...(error.errors ?? []).map((inner) => inner.apiId ?? inner.message)].join(' / ')}`,
    )
  }
}

await attempt('createTopics', () =>
  admin.createTopics({
    topics: [topic, `${topic}-2`],
    partitions: 2,
    replicas: 1,
    configs: [{ name: 'retention.ms', value: '1000000' }],
  }),
)
await attempt('createPartitions', () =>
  admin.createPartitions({
    topics: [{ name: topic, count: 3, assignments: [{ brokerIds: [1] }] }],
    validateOnly: false,
  }),
)
await attempt('describeLogDirs', () => admin.describeLogDirs({ topics: [{ name: topic, partitions: [0, 1] }] }))
await attempt('describeConfigs', () =>
  admin.describeConfigs({
    resources: [{ resourceType: 2, resourceName: topic, configurationKeys: ['retention.ms', 'segment.bytes'] }],
    includeSynonyms: true,
    includeDocumentation: true,
  }),
)
await attempt('alterConfigs', () =>
  admin.alterConfigs({
    resources: [{ resourceType: 2, resourceName: topic, configs: [{ name: 'retention.ms', value: '2000000' }] }],
  }),
)
await attempt('incrementalAlterConfigs', () =>
  admin.incrementalAlterConfigs({
    resources: [
      {
        resourceType: 2,
        resourceName: topic,
        configs: [{ name: 'retention.ms', configOperation: 0, value: '3000000' }],
      },
    ],
  }),
)
const quota = {
  entities: [{ entityType: 'client-id', entityName: 'x' }],
  ops: [{ key: 'producer_byte_rate', value: 1024.5, remove: false }],
}
await attempt('alterClientQuotas', () => admin.alterClientQuotas({ entries: [quota] }))
await attempt('describeClientQuotas', () =>
  admin.describeClientQuotas({ components: [{ entityType: 'client-id', matchType: 0, match: 'x' }] }),
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
await attempt('createAcls', () => admin.createAcls({ creations: [acl] }))
await attempt('describeAcls', () => admin.describeAcls({ filter: acl }))
await attempt('deleteAcls', () => admin.deleteAcls({ filters: [acl] }))
await attempt('findCoordinator', () => admin.findCoordinator({ keyType: 0, keys: [groupId, 'another'] }))

await attempt('transactions', async () => {
  const producer = connectProducer(bootstrap, { idempotent: true, transactionalId: `tx-${topic}`, retries: 5 })
  for (const end of ['commit', 'abort']) {
    const transaction = await producer.beginTransaction()
    await transaction.send({
      messages: [
        {
          topic,
          partition: 0,
          key: Buffer.from('k'),
          value: Buffer.from(end),
          headers: new Map([[Buffer.from('a'), Buffer.from('b')]]),
        },
      ],
    })
    await transaction[end]()
  }
  await producer.close()
})
await produce({
  bootstrap,
  topic,
  messages: [
    { value: 'plain', partition: 0 },
    { value: 'plain', partition: 1 },
  ],
})
for (const groupProtocol of ['classic', 'consumer']) {
  await attempt(`group of type ${groupProtocol}`, async () => {
    const consumer = connectConsumer(bootstrap, {
      groupId: `${groupId}-${groupProtocol}`,
      groupProtocol,
      isolationLevel: 1,
      groupInstanceId: 'one',
      ...(groupProtocol === 'consumer'
        ? { sessionTimeout: undefined, heartbeatInterval: undefined, rebalanceTimeout: undefined }
        : {}),
    })
    const stream = await consumer.consume({
      topics: [topic],
      mode: 'committed',
      fallbackMode: 'earliest',
      autocommit: false,
    })
    const first = await new Promise((resolve, reject) => {
      stream.on('data', resolve).on('error', reject)
      setTimeout(() => reject(new Error('nothing came')), 8000).unref()
    })
    await first.commit()
    await admin.describeGroups({ groups: [`${groupId}-${groupProtocol}`], includeAuthorizedOperations: true })
    await stream.close()
    await consumer.close(true)
  })
}
await attempt('deleteConsumerGroupOffsets', () =>
  admin.deleteConsumerGroupOffsets({ groupId: `${groupId}-classic`, topics: [{ name: topic, partitionIndexes: [0] }] }),
)
await attempt('removeMembers', () =>
  admin.removeMembersFromConsumerGroup({
    groupId: `${groupId}-classic`,
    members: [{ memberId: 'nobody', reason: 'to see' }],
  }),
)
await attempt('deleteGroups', () => admin.deleteGroups({ groups: [`${groupId}-classic`] }))
await attempt('deleteRecords', () =>
  admin.deleteRecords({ topics: [{ name: topic, partitions: [{ partition: 1, offset: 1n }] }] }),
)
await attempt('deleteTopics', () => admin.deleteTopics({ topics: [topic, `${topic}-2`] }))
await admin.close()
process.exit(0)
