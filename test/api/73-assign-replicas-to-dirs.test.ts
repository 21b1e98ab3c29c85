import t from 'tap'
import { ErrorCode } from '../../protocol/errors.ts'
import { clusterOf, directoryOf } from '../controller/harness.ts'
import { partitionIn, TOPIC, withTopic } from '../controller/partitions.ts'
import { controllerApi, isServedToClients } from './controller-api.ts'

const KEY = 73

t.test('B82: AssignReplicasToDirs', async (t) => {
  t.notOk(isServedToClients(KEY))
  const { send, controller } = controllerApi(withTopic(clusterOf(1, 2), { replicas: [1, 2] }))
  const topics = [{ topicId: TOPIC.topicId, partitions: [{ partitionIndex: 0 }, { partitionIndex: 8 }] }]
  const answer = await send(KEY, 0, { brokerId: 2, brokerEpoch: 2n, directories: [{ id: directoryOf(2), topics }] })
  t.equal(answer.errorCode, ErrorCode.NONE)
  t.match(answer.directories[0]!.topics[0]!.partitions, [
    { partitionIndex: 0, errorCode: ErrorCode.NONE },
    { partitionIndex: 8, errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION },
  ])
  t.equal(partitionIn(controller.image).directories[1], directoryOf(2))
})
