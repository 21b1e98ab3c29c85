import t from 'tap'
import { startCluster } from '../../src/node/start-cluster.ts'
import { batchOf, KEY, valuesOf, Wire } from '../api/harness.ts'

t.setTimeout(180_000)

const PARTITIONS = 12
const TOPIC = 'orders'

t.test(
  'a broker that is gone is drained, and one that comes gets its share; nothing acknowledged is lost',
  async (t) => {
    const cluster = await startCluster({
      brokers: 4,
      topics: { [TOPIC]: { partitions: PARTITIONS, replicationFactor: 3 } },
      config: {
        'odradek.rebalance.enable': 'true',
        'odradek.rebalance.delay.ms': '1000',
        'min.insync.replicas': '2',
        'replica.lag.time.max.ms': '3000',
      },
    })
    t.teardown(() => cluster.stop())
    const ask = async <T>(id: number, question: (wire: Wire) => Promise<T>): Promise<T> => {
      const wire = await Wire.open(cluster.node(id).port)
      try {
        return await question(wire)
      } finally {
        wire.close()
      }
    }
    const partitions = async () => {
      const { topics } = await ask(1, (wire) => wire.send(KEY.METADATA, 9, { topics: [{ name: TOPIC }] }))
      return topics[0]!.partitions.toSorted((one, other) => one.partitionIndex - other.partitionIndex)
    }
    const produce = async (value: string): Promise<void> => {
      const leaders = (await partitions()).map(({ leaderId }) => leaderId)
      for (const [index, leader] of leaders.entries()) {
        const topicData = [{ name: TOPIC, partitionData: [{ index, records: batchOf([value]) }] }]
        const send = () => ask(leader, (wire) => wire.send(KEY.PRODUCE, 9, { acks: -1, timeoutMs: 20_000, topicData }))
        t.equal((await send()).responses[0]!.partitionResponses[0]!.errorCode, 0)
      }
    }
    const counts = (found: Awaited<ReturnType<typeof partitions>>) => ({
      held: [1, 2, 3, 4].map((id) => found.filter(({ replicaNodes }) => replicaNodes.includes(id)).length),
      led: [1, 2, 3, 4].map((id) => found.filter(({ leaderId }) => leaderId === id).length),
      inSync: found.every(({ isrNodes, replicaNodes }) => isrNodes.length === replicaNodes.length),
    })
    const until = async (wanted: ReturnType<typeof counts>): Promise<void> => {
      for (;;) {
        const found = counts(await partitions())
        if (JSON.stringify(found) === JSON.stringify(wanted)) return
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
    }

    await produce('before')
    await cluster.node(4).kill()
    await until({ held: [12, 12, 12, 0], led: [4, 4, 4, 0], inSync: true })
    t.pass('drained')
    await produce('without it')
    await cluster.node(4).start()
    await until({ held: [9, 9, 9, 9], led: [3, 3, 3, 3], inSync: true })
    t.pass('even')
    await produce('after')
    for (const { partitionIndex, leaderId } of await partitions()) {
      const fetched = { partition: partitionIndex, fetchOffset: 0, partitionMaxBytes: 1 << 20 }
      const request = {
        maxWaitMs: 0,
        minBytes: 0,
        topics: [{ topic: TOPIC, partitions: [fetched] }],
        forgottenTopicsData: [],
      }
      const { responses } = await ask(leaderId, (wire) => wire.send(KEY.FETCH, 11, request))
      t.same(valuesOf(responses[0]!.partitions[0]!.records!), ['before', 'without it', 'after'])
    }
  },
)
