import t from 'tap'
import { ErrorCode } from '../../protocol/errors.ts'
import { clusterOf } from '../controller/harness.ts'
import { partitionIn, TOPIC, withTopic } from '../controller/partitions.ts'
import { controllerApi } from './controller-api.ts'
import { KEY, TestBroker, versionsOf } from './harness.ts'

const topicPartitions = [{ topic: TOPIC.name, partitions: [0, 1] }]

t.test('B64: ElectLeaders, every version, to a broker', async (t) => {
  const broker = await TestBroker.start(t)
  await broker.createTopic(TOPIC.name, 1)
  for (const version of versionsOf(KEY.ELECT_LEADERS)) {
    const { replicaElectionResults } = await broker.send(KEY.ELECT_LEADERS, version, { topicPartitions })
    t.match(replicaElectionResults, [
      {
        topic: TOPIC.name,
        partitionResult: [
          { partitionId: 0, errorCode: ErrorCode.ELECTION_NOT_NEEDED },
          { partitionId: 1, errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION },
        ],
      },
    ])
  }
})

t.test('B64: the preferred replica leads again', async (t) => {
  const { send, controller } = controllerApi(withTopic(clusterOf(1, 2), { replicas: [2, 1], leader: 1 }))
  const { replicaElectionResults } = await send(KEY.ELECT_LEADERS, 2, { topicPartitions: null })
  t.match(replicaElectionResults, [{ partitionResult: [{ partitionId: 0, errorCode: ErrorCode.NONE }] }])
  t.equal(partitionIn(controller.image).leader, 2)
})

t.test('B64: an error of the whole request, in every version', async (t) => {
  const { send, versionsOf } = controllerApi(clusterOf(1), { active: false })
  for (const version of versionsOf(KEY.ELECT_LEADERS)) {
    const { errorCode, replicaElectionResults } = await send(KEY.ELECT_LEADERS, version, { topicPartitions })
    t.equal(errorCode, version >= 1 ? ErrorCode.NOT_CONTROLLER : ErrorCode.NONE)
    const partitionResult = [0, 1].map((partitionId) => ({ partitionId, errorCode: ErrorCode.NOT_CONTROLLER }))
    t.match(replicaElectionResults, [{ topic: TOPIC.name, partitionResult }])
  }
})
