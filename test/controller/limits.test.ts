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

const registration = (hosts: readonly string[]) => ({
  controllerId: 1,
  incarnationId: TOPIC.topicId,
  zkMigrationReady: false,
  listeners: hosts.map((host, index) => ({ name: `L${index}`, host, port: 9093, securityProtocol: 0 })),
  features: [],
})

t.test('A3: what no batch of the metadata log can take is refused, and changes nothing', async (t) => {
  const log = new ManualLog()
  const controller = controllerOver(log, { image })
  const hosts = Array.from({ length: 300 }, () => 'x'.repeat(30_000))
  await t.rejects(controller.registerController(registration(hosts)), { code: ErrorCode.POLICY_VIOLATION })
  t.equal(log.records.length, 0)
  t.equal(controller.image, image)
})

t.test('I7: what no node could read again is refused: text that is not UTF-8 grows when it is read', async (t) => {
  const log = new ManualLog()
  const controller = controllerOver(log, { image })
  const host = Buffer.alloc(32_767, 0xff).toString('utf8')
  await t.rejects(controller.registerController(registration([host])), { code: ErrorCode.INVALID_REQUEST })
  t.equal(log.records.length, 0)
  t.equal(controller.image, image)
})
