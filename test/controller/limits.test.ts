import t from 'tap'
import { ErrorCode } from '../../protocol/errors.ts'
import { MAX_RECORDS } from '../../src/controller/ports.ts'
import { clusterOf, controllerOver, heartbeatOf, ManualLog } from './harness.ts'
import { TOPIC, withTopic } from './partitions.ts'

const many = Array.from({ length: MAX_RECORDS + 1 }, () => ({ replicas: [1, 2] }))
const image = withTopic(clusterOf(1, 2), ...many)

t.test('B3: what a user asks for is one batch or nothing', async (t) => {
  const log = new ManualLog()
  const controller = controllerOver(log, { image })
  const partitions = many.map((_, partitionIndex) => ({ partitionIndex, replicas: [2, 1] }))
  const request = { timeoutMs: 1, allowReplicationFactorChange: true, topics: [{ name: TOPIC.name, partitions }] }
  await t.rejects(controller.alterPartitionReassignments(request), { code: ErrorCode.POLICY_VIOLATION })
  t.equal(log.records.length, 0)
  t.equal(controller.image, image)
})

t.test('B3: what the controller has to do it does in several', async (t) => {
  const log = new ManualLog()
  const controller = controllerOver(log, { image })
  const beat = controller.brokerHeartbeat(heartbeatOf(1, 1n, 0, { fence: true }))
  log.commit()
  t.equal((await beat).isFenced, true)
  t.strictSame(
    log.batches.map(({ length }) => length),
    [MAX_RECORDS, 2],
  )
})

t.test('A3: what no batch of the metadata log can take is refused, and changes nothing', async (t) => {
  const log = new ManualLog()
  const controller = controllerOver(log, { image })
  const host = 'x'.repeat(9 * 1024 * 1024)
  const listeners = [{ name: 'CONTROLLER', host, port: 9093, securityProtocol: 0 }]
  const registration = {
    controllerId: 1,
    incarnationId: TOPIC.topicId,
    zkMigrationReady: false,
    listeners,
    features: [],
  }
  await t.rejects(controller.registerController(registration), { code: ErrorCode.POLICY_VIOLATION })
  t.equal(log.records.length, 0)
  t.equal(controller.image, image)
})
