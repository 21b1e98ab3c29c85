import t from 'tap'
import { ErrorCode } from '../../protocol/errors.ts'
import { clusterOf } from '../controller/harness.ts'
import { partitionIn, TOPIC, withTopic } from '../controller/partitions.ts'
import { controllerApi } from './controller-api.ts'
import { KEY, TestBroker, versionsOf } from './harness.ts'

const asking = (replicas: number[] | null, options: { allowReplicationFactorChange?: boolean } = {}) => ({
  ...options,
  topics: [{ name: TOPIC.name, partitions: [{ partitionIndex: 0, replicas }] }],
})

t.test('B79, B80: AlterPartitionReassignments, every version, to a broker', async (t) => {
  const broker = await TestBroker.start(t)
  await broker.createTopic(TOPIC.name, 1)
  for (const version of versionsOf(KEY.ALTER_PARTITION_REASSIGNMENTS)) {
    const send = async (replicas: number[] | null) =>
      (await broker.send(KEY.ALTER_PARTITION_REASSIGNMENTS, version, asking(replicas))).responses[0]!.partitions[0]!
    t.match(await send([77]), { errorCode: ErrorCode.INVALID_REPLICA_ASSIGNMENT })
    t.match(await send(null), { errorCode: ErrorCode.NO_REASSIGNMENT_IN_PROGRESS })
  }
})

t.test('N-C26: v1 may forbid another replication factor', async (t) => {
  const { send, controller } = controllerApi(withTopic(clusterOf(1, 2, 3), { replicas: [1, 2] }))
  const forbidden = await send(
    KEY.ALTER_PARTITION_REASSIGNMENTS,
    1,
    asking([3], { allowReplicationFactorChange: false }),
  )
  t.match(forbidden, {
    allowReplicationFactorChange: false,
    responses: [{ partitions: [{ errorCode: ErrorCode.INVALID_REPLICATION_FACTOR }] }],
  })
  await send(KEY.ALTER_PARTITION_REASSIGNMENTS, 1, asking([3, 1]))
  t.match(partitionIn(controller.image), { adding: [3], removing: [2] })
  const { topics } = await send(KEY.LIST_PARTITION_REASSIGNMENTS, 0, { topics: null })
  t.match(topics, [{ name: TOPIC.name, partitions: [{ addingReplicas: [3], removingReplicas: [2] }] }])
})
