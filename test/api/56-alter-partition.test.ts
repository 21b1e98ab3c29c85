import t from 'tap'
import { ErrorCode } from '../../protocol/errors.ts'
import { clusterOf } from '../controller/harness.ts'
import { partitionIn, TOPIC, withTopic } from '../controller/partitions.ts'
import { controllerApi, isServedToClients } from './controller-api.ts'

const KEY = 56
const image = withTopic(clusterOf(1, 2, 3), {})
const shrink = (version: number) => ({
  brokerId: 1,
  brokerEpoch: 1n,
  topics: [
    {
      topicId: TOPIC.topicId,
      partitions: [
        {
          partitionIndex: 0,
          leaderEpoch: 5,
          partitionEpoch: 9,
          ...(version < 3
            ? { newIsr: [1, 2] }
            : { newIsrWithEpochs: [1, 2].map((brokerId) => ({ brokerId, brokerEpoch: BigInt(brokerId) })) }),
          leaderRecoveryState: 0,
        },
      ],
    },
  ],
})

t.test('B69, B74: AlterPartition, every version', async (t) => {
  t.notOk(isServedToClients(KEY))
  const { versionsOf } = controllerApi(image)
  t.strictSame(versionsOf(KEY), [2, 3], 'N-C25')
  for (const version of versionsOf(KEY)) {
    const { send, controller } = controllerApi(image)
    const answer = await send(KEY, version, shrink(version))
    t.match(answer, {
      errorCode: ErrorCode.NONE,
      topics: [
        { topicId: TOPIC.topicId, partitions: [{ errorCode: 0, leaderId: 1, isr: [1, 2], partitionEpoch: 10 }] },
      ],
    })
    t.strictSame(partitionIn(controller.image).isr, [1, 2])
  }
})

t.test('B4: where another node is the controller', async (t) => {
  const { send } = controllerApi(image, { active: false })
  t.match(await send(KEY, 3, shrink(3)), { errorCode: ErrorCode.NOT_CONTROLLER, topics: [] })
})
