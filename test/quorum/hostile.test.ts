import fc from 'fast-check'
import t from 'tap'
import { type ApiKey, apiByKey } from '../../protocol/api/index.ts'
import type { AnyMessage } from '../../protocol/schema/message.ts'
import { Writer } from '../../protocol/wire/writer.ts'
import { CLUSTER_ID, directoryOf } from '../controller/harness.ts'
import { QuorumCluster, topic } from './cluster.ts'

/** Numbers around those that mean something, and some that cannot be. */
const small = fc.integer({ min: -2, max: 6 })
/** A fetch in the name of a voter is an acknowledgement: who lies there breaks what no check can save. */
const notVoter = fc.constantFrom(-2, -1, 0, 4, 5)
const topicId = fc.constantFrom('AAAAAAAAAAAAAAAAAAAAAQ', 'AAAAAAAAAAAAAAAAAAAAAA')
const topicName = fc.constantFrom('__cluster_metadata', 'other', '')
const directoryId = fc.constantFrom('AAAAAAAAAAAAAAAAAAAAAA', ...[1, 2, 3, 4].map(directoryOf))
const clusterId = fc.constantFrom(null, CLUSTER_ID, 'other')
const few = <T>(each: fc.Arbitrary<T>) => fc.array(each, { maxLength: 2 })
const listeners = few(fc.record({ name: fc.constantFrom('CONTROLLER', 'X'), host: fc.constant('h'), port: fc.nat(9) }))

const BODIES: Readonly<Record<number, fc.Arbitrary<object>>> = {
  1: fc.record({
    clusterId,
    replicaState: fc.record({ replicaId: notVoter, replicaEpoch: fc.constant(-1n) }),
    maxWaitMs: small,
    minBytes: small,
    topics: few(
      fc.record({
        topicId,
        partitions: few(
          fc.record({
            partition: fc.nat(1),
            currentLeaderEpoch: small,
            fetchOffset: fc.integer({ min: -1, max: 20 }),
            lastFetchedEpoch: small,
            partitionMaxBytes: small,
            replicaDirectoryId: directoryId,
          }),
        ),
      }),
    ),
    forgottenTopicsData: fc.constant([]),
  }),
  52: fc.record({
    clusterId,
    voterId: small,
    topics: few(
      fc.record({
        topicName,
        partitions: few(
          fc.record({
            partitionIndex: fc.nat(1),
            replicaEpoch: small,
            replicaId: small,
            replicaDirectoryId: directoryId,
            voterDirectoryId: directoryId,
            lastOffsetEpoch: small,
            lastOffset: small,
            preVote: fc.boolean(),
          }),
        ),
      }),
    ),
  }),
  55: fc.record({ topics: few(fc.record({ topicName, partitions: few(fc.record({ partitionIndex: fc.nat(1) })) })) }),
  59: fc.record({
    clusterId,
    replicaId: small,
    maxBytes: small,
    topics: few(
      fc.record({
        name: topicName,
        partitions: few(
          fc.record({
            partition: fc.nat(1),
            currentLeaderEpoch: small,
            snapshotId: fc.record({ endOffset: small, epoch: small }),
            position: small,
            replicaDirectoryId: directoryId,
          }),
        ),
      }),
    ),
  }),
  80: fc.record({ clusterId, timeoutMs: small, voterId: small, voterDirectoryId: directoryId, listeners }),
  81: fc.record({ clusterId, voterId: small, voterDirectoryId: directoryId }),
}

const asked = fc.oneof(
  ...Object.entries(BODIES).map(([apiKey, body]) => fc.record({ apiKey: fc.constant(Number(apiKey)), body })),
)

t.test(
  'A24, A25, A47, A49, A74, A85: whatever a peer asks, it is answered in a form that can be said, and nobody falls',
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), fc.array(asked, { minLength: 1, maxLength: 20 }), async (seed, requests) => {
        const cluster = new QuorumCluster({ seed, dynamic: seed % 2 === 0 })
        cluster.startAll()
        const leader = await cluster.elected()
        leader.quorum.append([topic('a')]).catch(() => {})
        for (const { apiKey, body } of requests) {
          const { response } = apiByKey(apiKey as ApiKey)
          const node = cluster.nodes[cluster.random.below(3)]!
          node.quorum.handle(apiKey as ApiKey, response.newest, body, { listener: 'CONTROLLER' }).then((said) => {
            ;(response as AnyMessage).encode(new Writer(), response.newest, said as never)
          })
        }
        await cluster.time.run(5000)
        for (const { failure } of cluster.nodes) if (failure !== undefined) throw failure
      }),
      { numRuns: 10 },
    )
  },
)
