import t from 'tap'
import { ErrorCode } from '../../protocol/errors.ts'
import { alterPartition } from '../../src/controller/alter-partition.ts'
import { alterPartitionReassignments, listPartitionReassignments } from '../../src/controller/reassign-partitions.ts'
import { DIRECTORY } from '../../src/metadata/directory-id.ts'
import type { MetadataImage } from '../../src/metadata/image.ts'
import { record } from '../../src/metadata/record.ts'
import { clusterOf, decisionConfig, directoryOf, replayed, withoutElr } from './harness.ts'
import { partitionIn, TOPIC, withTopic } from './partitions.ts'

function reassign(image: MetadataImage, replicas: number[] | null, options: { factor?: boolean; index?: number } = {}) {
  const partitions = [{ partitionIndex: options.index ?? 0, replicas }]
  const topics = [{ name: TOPIC.name, partitions }]
  const request = { timeoutMs: 1000, allowReplicationFactorChange: options.factor ?? true, topics }
  const { records, response } = alterPartitionReassignments(image, request, decisionConfig)
  return { after: replayed(image, records), code: response.responses[0]!.partitions[0]!.errorCode, records }
}

/** The leader reports that these replicas are in sync. */
function inSync(image: MetadataImage, isr: number[]) {
  const { leader, leaderEpoch, partitionEpoch } = partitionIn(image)
  const newIsrWithEpochs = isr.map((brokerId) => ({ brokerId, brokerEpoch: -1n }))
  const partition = {
    partitionIndex: 0,
    leaderEpoch,
    partitionEpoch,
    newIsr: [],
    newIsrWithEpochs,
    leaderRecoveryState: 0,
  }
  const topics = [{ topicName: '', topicId: TOPIC.topicId, partitions: [partition] }]
  return replayed(
    image,
    alterPartition(image, { brokerId: leader, brokerEpoch: BigInt(leader), topics }, 3, decisionConfig).records,
  )
}

const cluster = clusterOf(1, 2, 3, 4)
const image = withTopic(cluster, { replicas: [1, 2] })

t.test('B76, F27: from [1,2] to [3,1], and there once 3 is in sync', async (t) => {
  const { after, code } = reassign(image, [3, 1])
  t.equal(code, ErrorCode.NONE)
  t.match(partitionIn(after), {
    replicas: [3, 1, 2],
    adding: [3],
    removing: [2],
    isr: [1, 2],
    leader: 1,
    leaderEpoch: 5,
    directories: [directoryOf(3), DIRECTORY.UNASSIGNED, DIRECTORY.UNASSIGNED],
  })
  t.match(listPartitionReassignments(after, { timeoutMs: 0, topics: null }).topics, [
    { name: TOPIC.name, partitions: [{ replicas: [3, 1, 2], addingReplicas: [3], removingReplicas: [2] }] },
  ])
  const done = inSync(after, [1, 2, 3])
  t.match(partitionIn(done), { replicas: [3, 1], adding: [], removing: [], isr: [1, 3], leader: 1, leaderEpoch: 6 })
  t.strictSame(listPartitionReassignments(done, { timeoutMs: 0, topics: null }).topics, [])
})

t.test('B77: replicas that are only added cost no leader epoch; a new order is there at once', async (t) => {
  const done = inSync(reassign(image, [1, 2, 3]).after, [1, 2, 3])
  t.match(partitionIn(done), { replicas: [1, 2, 3], adding: [], leaderEpoch: 5 })
  t.match(partitionIn(reassign(image, [2, 1]).after), { replicas: [2, 1], leader: 1, leaderEpoch: 5 })
})

t.test('B77: replicas that are only removed go at once', async (t) => {
  const { after } = reassign(image, [2])
  t.match(partitionIn(after), { replicas: [2], isr: [2], leader: 2, leaderEpoch: 6, removing: [] })
})

t.test('B78: a new target is compared with all replicas there are', async (t) => {
  const { after } = reassign(reassign(image, [3, 1]).after, [4, 1])
  t.match(partitionIn(after), { replicas: [4, 1, 2, 3], adding: [4], removing: [2, 3] })
})

t.test('B79, F27: called off midway', async (t) => {
  const { after, code } = reassign(reassign(image, [3, 1]).after, null)
  t.equal(code, ErrorCode.NONE)
  t.match(partitionIn(after), { replicas: [1, 2], isr: [1, 2], adding: [], removing: [], leader: 1 })
  t.equal(reassign(image, null).code, ErrorCode.NO_REASSIGNMENT_IN_PROGRESS)
  const onlyNew = withTopic(cluster, { replicas: [3, 1, 2], isr: [3], leader: 3, adding: [3], removing: [2] })
  t.equal(reassign(onlyNew, null).code, ErrorCode.INVALID_REPLICA_ASSIGNMENT, 'nobody else is in sync')
  const name = 'unclean.leader.election.enable'
  const config = { resourceType: 2, resourceName: TOPIC.name, name, value: 'true' }
  const unclean = reassign(replayed(onlyNew, [record('ConfigRecord', 0, config)]), null)
  t.match(partitionIn(unclean.after), { replicas: [1, 2], isr: [1], leader: 1, leaderRecoveryState: 1 })
})

t.test('B79, B62: called off where nobody is left, without ELR: the ISR is never empty, and of replicas', async (t) => {
  const dead = withoutElr(clusterOf({ id: 1, fenced: true }, { id: 2, fenced: true }, 3))
  const onlyNew = withTopic(dead, { replicas: [3, 1, 2], isr: [3], leader: 3, adding: [3], removing: [2] })
  const name = 'unclean.leader.election.enable'
  const config = { resourceType: 2, resourceName: TOPIC.name, name, value: 'true' }
  const { after, code } = reassign(replayed(onlyNew, [record('ConfigRecord', 0, config)]), null)
  t.equal(code, ErrorCode.NONE)
  t.match(partitionIn(after), { replicas: [1, 2], isr: [1], leader: -1 })
  const allNew = withTopic(cluster, { replicas: [3], isr: [3], leader: 3, adding: [3], removing: [] })
  t.equal(reassign(allNew, null).code, ErrorCode.INVALID_REPLICA_ASSIGNMENT)
})

t.test('B60: the start of a reassignment is no reason for an unclean election', async (t) => {
  const config = { resourceType: 2, resourceName: TOPIC.name, name: 'unclean.leader.election.enable', value: 'true' }
  const lost = withTopic(clusterOf(1, { id: 2, fenced: true }, 3), { replicas: [2, 1], isr: [], elr: [2], leader: -1 })
  const { after } = reassign(replayed(lost, [record('ConfigRecord', 0, config)]), [2, 3])
  t.match(partitionIn(after), { leader: -1, isr: [], elr: [2], adding: [3], removing: [1] })
})

t.test('B80, N-C26: what cannot be a target', async (t) => {
  for (const target of [[], [1, 1], [1, 9]])
    t.equal(reassign(image, target).code, ErrorCode.INVALID_REPLICA_ASSIGNMENT, `${target}`)
  t.equal(reassign(image, [1], { index: 5 }).code, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
  t.equal(reassign(image, [1], { factor: false }).code, ErrorCode.INVALID_REPLICATION_FACTOR)
  t.equal(reassign(image, [3, 4], { factor: false }).code, ErrorCode.NONE)
  const moving = reassign(image, [3, 1]).after
  t.equal(reassign(moving, [4, 1], { factor: false }).code, ErrorCode.NONE, 'three replicas at present, two in the end')
})

t.test('B81: unknown topics and partitions are left out', async (t) => {
  const moving = reassign(image, [3, 1]).after
  const list = (name: string, partitionIndexes: number[]) =>
    listPartitionReassignments(moving, { timeoutMs: 0, topics: [{ name, partitionIndexes }] }).topics
  t.equal(list(TOPIC.name, [0, 7]).length, 1)
  t.strictSame(list(TOPIC.name, [7]), [])
  t.strictSame(list('nope', [0]), [])
})

t.test('B76: of two targets for one partition the first holds, and the second is refused', async (t) => {
  const partitions = [
    { partitionIndex: 0, replicas: [3, 1] },
    { partitionIndex: 0, replicas: [4, 2] },
  ]
  const topics = [{ name: TOPIC.name, partitions }]
  const request = { timeoutMs: 1000, allowReplicationFactorChange: true, topics }
  const { records, response } = alterPartitionReassignments(image, request, decisionConfig)
  t.match(response.responses[0]!.partitions, [
    { partitionIndex: 0, errorCode: ErrorCode.NONE },
    { partitionIndex: 0, errorCode: ErrorCode.INVALID_REQUEST, errorMessage: 'the partition is named twice' },
  ])
  t.strictSame(partitionIn(replayed(image, records)), partitionIn(reassign(image, [3, 1]).after))
})
