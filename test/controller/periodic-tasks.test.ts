import t from 'tap'
import { ErrorCode } from '../../protocol/errors.ts'
import { createMemorySystem } from '../../src/base/memory-system.ts'
import { clusterOf, controllerOver, createRequest, ManualLog, newTopic } from './harness.ts'
import { partitionIn, withTopic } from './partitions.ts'

/** A log that commits at once. */
class PromptLog extends ManualLog {
  override append(records: Parameters<ManualLog['append']>[0]): Promise<number> {
    const appended = super.append(records)
    this.commit()
    return appended
  }
}

async function active(options: { alone?: boolean } = {}) {
  const system = createMemorySystem(1)
  const log = new PromptLog()
  const image = withTopic(clusterOf(1, 2), { replicas: [2, 1], leader: 1 })
  const controller = controllerOver(log, { image, system, ...options })
  await controller.activate([], false)
  return { system, log, controller }
}

t.test('B5: the log moves, unless there is nobody to see it', async (t) => {
  const noOps = (log: ManualLog) => log.records.filter(({ type }) => type === 'NoOpRecord').length
  const { system, log } = await active()
  await system.time.run(2000)
  t.equal(noOps(log), 4)
  const lonely = await active({ alone: true })
  await lonely.system.time.run(2000)
  t.equal(noOps(lonely.log), 0)
})

t.test('N-C22: silent brokers are fenced one after the other, without anybody calling', async (t) => {
  const { system, controller } = await active()
  const fenced = () => [...controller.image.cluster.brokers.values()].filter((broker) => broker.fenced).length
  await system.time.run(8900)
  t.equal(fenced(), 0)
  await system.time.run(1300)
  t.equal(fenced(), 2)
})

t.test('B65, F30: preferred leaders are back after the interval', async (t) => {
  const { system, controller } = await active()
  t.equal(partitionIn(controller.image).leader, 1)
  // Heartbeats keep both alive meanwhile.
  for (let seconds = 0; seconds < 300; seconds += 5) {
    for (const id of [1, 2]) {
      await controller.brokerHeartbeat({
        brokerId: id,
        brokerEpoch: BigInt(id),
        currentMetadataOffset: 0,
        wantFence: false,
        wantShutDown: false,
        offlineLogDirs: [],
        cordonedLogDirs: null,
      })
    }
    await system.time.run(5000)
  }
  t.equal(partitionIn(controller.image).leader, 2)
})

t.test('B4: deactivated, it answers NOT_CONTROLLER, to those who wait too, and does no more', async (t) => {
  const system = createMemorySystem(1)
  const log = new ManualLog()
  const controller = controllerOver(log, { image: clusterOf(1), system })
  const activated = t.rejects(controller.activate([], false), { code: ErrorCode.NOT_CONTROLLER })
  const waiting = controller.createTopics(createRequest(newTopic('a')), 7)
  controller.deactivate()
  await activated
  await t.rejects(waiting, { code: ErrorCode.NOT_CONTROLLER })
  await t.rejects(controller.createTopics(createRequest(newTopic('b')), 7), { code: ErrorCode.NOT_CONTROLLER })
  const { length } = log.records
  await system.time.run(20_000)
  t.equal(log.records.length, length)
})
