import t from 'tap'
import { ErrorCode } from '../../protocol/errors.ts'
import { balanceLeaders, ELECTION_TYPE, electLeaders, electUncleanly } from '../../src/controller/elect-leaders.ts'
import type { MetadataImage } from '../../src/metadata/image.ts'
import { record } from '../../src/metadata/record.ts'
import { clusterOf, decisionConfig, replayed } from './harness.ts'
import { partitionIn, TOPIC, withTopic } from './partitions.ts'

function elect(image: MetadataImage, electionType: number, partitions: number[] | null) {
  const topicPartitions = partitions && [{ topic: TOPIC.name, partitions }]
  const { records, response } = electLeaders(image, { electionType, topicPartitions, timeoutMs: 0 }, decisionConfig)
  const codes = response.replicaElectionResults.flatMap(({ partitionResult }) =>
    partitionResult.map(({ partitionId, errorCode }) => [partitionId, errorCode]),
  )
  return { after: replayed(image, records), codes, response }
}

const { PREFERRED, UNCLEAN } = ELECTION_TYPE
const cluster = clusterOf(1, 2, { id: 3, fenced: true })
const dead = { replicas: [3, 2], isr: [3], leader: -1, lastKnownElr: [3] }
const image = withTopic(
  cluster,
  { replicas: [1, 2] },
  { replicas: [2, 1], leader: 1 },
  { replicas: [3, 1], leader: 1 },
  dead,
)

t.test('B64: preferred leaders', async (t) => {
  const { after, codes } = elect(image, PREFERRED, [0, 1, 2, 9])
  t.strictSame(codes, [
    [0, ErrorCode.ELECTION_NOT_NEEDED],
    [1, ErrorCode.NONE],
    [2, ErrorCode.PREFERRED_LEADER_NOT_AVAILABLE],
    [9, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION],
  ])
  t.match(partitionIn(after, 1), { leader: 2, leaderEpoch: 6 })
  t.equal(partitionIn(after, 2).leader, 1)
})

t.test('B64: one that is named twice is elected once', async (t) => {
  const { after, codes } = elect(image, PREFERRED, [1, 1])
  t.strictSame(codes, [
    [1, ErrorCode.NONE],
    [1, ErrorCode.ELECTION_NOT_NEEDED],
  ])
  t.match(partitionIn(after, 1), { leader: 2, leaderEpoch: 6 })
})

t.test('B64: all partitions, without those that need none', async (t) => {
  t.strictSame(elect(image, PREFERRED, null).codes, [
    [1, ErrorCode.NONE],
    [2, ErrorCode.PREFERRED_LEADER_NOT_AVAILABLE],
    [3, ErrorCode.PREFERRED_LEADER_NOT_AVAILABLE],
  ])
  t.equal(elect(image, 7, [0]).response.errorCode, ErrorCode.INVALID_REQUEST)
})

t.test('B61, B64: any live replica where it is asked for', async (t) => {
  const { after, codes } = elect(image, UNCLEAN, [0, 3])
  t.strictSame(codes, [
    [0, ErrorCode.ELECTION_NOT_NEEDED],
    [3, ErrorCode.NONE],
  ])
  t.match(partitionIn(after, 3), { leader: 2, isr: [2], leaderRecoveryState: 1 })
  const nobody = withTopic(cluster, { replicas: [3], isr: [3], leader: -1 })
  t.strictSame(elect(nobody, UNCLEAN, [0]).codes, [[0, ErrorCode.ELIGIBLE_LEADERS_NOT_AVAILABLE]])
})

t.test(
  'B65, F30: leadership goes back to where it is preferred, and no partition is without a leader for it',
  async (t) => {
    const { records, more } = balanceLeaders(image, decisionConfig)
    t.equal(more, false)
    const after = replayed(image, records)
    t.strictSame(
      [0, 1, 2, 3].map((index) => partitionIn(after, index).leader),
      [1, 2, 1, -1],
    )
  },
)

t.test('B66, F25: only where the topic takes any replica', async (t) => {
  t.strictSame(electUncleanly(image, decisionConfig).records, [])
  const config = { resourceType: 2, resourceName: TOPIC.name, name: 'unclean.leader.election.enable', value: 'true' }
  const allowed = replayed(image, [record('ConfigRecord', 0, config)])
  const after = replayed(allowed, electUncleanly(allowed, decisionConfig).records)
  t.match(partitionIn(after, 3), { leader: 2, isr: [2], leaderRecoveryState: 1 })
})
