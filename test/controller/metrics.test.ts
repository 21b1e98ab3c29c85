import t from 'tap'
import { ErrorCode } from '../../protocol/errors.ts'
import { createMemorySystem } from '../../src/base/memory-system.ts'
import { ControllerCounters, clusterCounts } from '../../src/controller/metrics.ts'
import { MetadataDelta } from '../../src/metadata/delta.ts'
import type { PartitionImage } from '../../src/metadata/image.ts'
import { record } from '../../src/metadata/record.ts'
import { clusterOf, controllerOver, createRequest, ManualLog, newTopic, replayed } from './harness.ts'
import { TOPIC, withTopic } from './partitions.ts'

t.test('E5, E6: what is counted of an image', async (t) => {
  const cluster = clusterOf(1, 2, { id: 3, fenced: true })
  t.strictSame(
    clusterCounts(withTopic(cluster, {}, { leader: 2 }, { replicas: [3, 1], isr: [], elr: [3], leader: -1 })),
    {
      activeBrokers: 2,
      fencedBrokers: 1,
      topics: 1,
      partitions: 3,
      offlinePartitions: 1,
      preferredReplicaImbalance: 2,
    },
  )
})

/** Broker 3 was not there when the partition lost its leader; it is now. */
async function elected(partition: Partial<PartitionImage>) {
  const name = 'unclean.leader.election.enable'
  const config = { resourceType: 2, resourceName: TOPIC.name, name, value: 'true' }
  const image = replayed(withTopic(clusterOf(3), { leader: -1, isr: [], ...partition }), [
    record('ConfigRecord', 0, config),
  ])
  const log = new ManualLog()
  const controller = controllerOver(log, { image })
  const asked = controller.electLeaders({ electionType: 1, topicPartitions: null, timeoutMs: 1 })
  log.commit()
  await asked
  const delta = new MetadataDelta(image)
  for (const each of log.records) delta.replay(each)
  const counters = new ControllerCounters()
  counters.count(delta)
  const { uncleanElections, electionsFromElr } = counters
  return { uncleanElections, electionsFromElr }
}

t.test('E9, N-C19: elections at the price of records, and those that cost none', async (t) => {
  t.strictSame(await elected({ elr: [1] }), { uncleanElections: 1, electionsFromElr: 0 })
  t.strictSame(await elected({ elr: [3] }), { uncleanElections: 0, electionsFromElr: 1 })
  t.strictSame(await elected({ lastKnownElr: [3] }), { uncleanElections: 1, electionsFromElr: 0 })
  t.strictSame(await elected({ isr: [3] }), { uncleanElections: 0, electionsFromElr: 0 })
})

t.test('E7: operations, and those that took too long', async (t) => {
  const system = createMemorySystem(1)
  const controller = controllerOver(new ManualLog(), { image: clusterOf(1), system })
  const asked = controller.createTopics({ ...createRequest(newTopic('a')), timeoutMs: 5 }, 7)
  await system.time.run(5)
  const { topics } = await asked
  t.match(topics, [{ errorCode: ErrorCode.REQUEST_TIMED_OUT }])
  t.match(controller.counters, { operationsStarted: 1, operationsTimedOut: 1 })
})
