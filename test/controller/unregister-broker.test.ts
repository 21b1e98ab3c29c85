import t from 'tap'
import { ErrorCode } from '../../protocol/errors.ts'
import { unregisterBroker } from '../../src/controller/unregister-broker.ts'
import type { MetadataImage } from '../../src/metadata/image.ts'
import { clusterOf, decisionConfig, replayed, withoutElr } from './harness.ts'
import { partitionIn, withTopic } from './partitions.ts'

function unregister(image: MetadataImage, brokerId: number) {
  const { records, response } = unregisterBroker(image, { brokerId }, decisionConfig)
  return { records, response, after: replayed(image, records) }
}

t.test('B39: an unknown broker', async (t) => {
  const { records, response } = unregister(clusterOf(1), 9)
  t.equal(response.errorCode, ErrorCode.BROKER_ID_NOT_REGISTERED)
  t.strictSame(records, [])
})

t.test('B39: out of ISR and ELR, and forgotten; replica lists go on naming it', async (t) => {
  const cluster = clusterOf(1, 2, 3)
  const { after, records } = unregister(
    withTopic(
      cluster,
      { isr: [1, 2, 3] },
      { isr: [2], elr: [1], leader: 2 },
      { isr: [], elr: [1, 3], leader: -1, lastKnownElr: [1] },
    ),
    1,
  )
  t.equal(records.at(-1)!.type, 'UnregisterBrokerRecord', 'last: each batch leaves a sound state')
  t.notOk(after.cluster.brokers.has(1))
  t.match(partitionIn(after, 0), { replicas: [1, 2, 3], isr: [2, 3], leader: 2, leaderEpoch: 6 })
  t.match(partitionIn(after, 1), { isr: [2], elr: [] })
  t.match(partitionIn(after, 2), { isr: [3], elr: [], leader: 3 })
})

t.test('B39, B62: without ELR the last in sync stays so', async (t) => {
  const { after } = unregister(withTopic(withoutElr(clusterOf(1, 2)), { replicas: [1, 2], isr: [1] }), 1)
  t.match(partitionIn(after), { isr: [1], leader: -1 })
})
