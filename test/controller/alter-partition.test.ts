import t from 'tap'
import { ErrorCode } from '../../protocol/errors.ts'
import { alterPartition } from '../../src/controller/alter-partition.ts'
import type { MetadataImage } from '../../src/metadata/image.ts'
import { clusterOf, decisionConfig, replayed } from './harness.ts'
import { partitionIn, TOPIC, withTopic } from './partitions.ts'

interface Proposal {
  broker?: number
  brokerEpoch?: bigint
  topicId?: string
  partitionIndex?: number
  leaderEpoch?: number
  partitionEpoch?: number
  isr?: readonly (number | [id: number, epoch: bigint])[]
  leaderRecoveryState?: number
  version?: number
}

/** Broker ids and epochs are the same numbers in these clusters. */
function propose(image: MetadataImage, proposal: Proposal) {
  const { broker = 1, brokerEpoch = BigInt(broker), isr = [1, 2], version = 3 } = proposal
  const members = isr.map((member) => (typeof member === 'number' ? ([member, BigInt(member)] as const) : member))
  const partition = {
    partitionIndex: proposal.partitionIndex ?? 0,
    leaderEpoch: proposal.leaderEpoch ?? 5,
    partitionEpoch: proposal.partitionEpoch ?? 9,
    newIsr: version < 3 ? members.map(([id]) => id) : [],
    newIsrWithEpochs: version < 3 ? [] : members.map(([brokerId, brokerEpoch]) => ({ brokerId, brokerEpoch })),
    leaderRecoveryState: proposal.leaderRecoveryState ?? 0,
  }
  const topics = [{ topicName: '', topicId: proposal.topicId ?? TOPIC.topicId, partitions: [partition] }]
  const { records, response } = alterPartition(
    image,
    { brokerId: broker, brokerEpoch, topics },
    version,
    decisionConfig,
  )
  return { records, response, ...response.topics[0]?.partitions[0] }
}

const cluster = clusterOf(1, 2, 3, { id: 4, fenced: true }, { id: 5, inControlledShutdown: true })
const image = withTopic(cluster, {})

t.test('B69: only the incarnation that is registered is heard', async (t) => {
  t.match(propose(image, { brokerEpoch: 7n }), { records: [], response: { errorCode: ErrorCode.STALE_BROKER_EPOCH } })
  t.match(propose(image, { broker: 9 }), { records: [], response: { errorCode: ErrorCode.STALE_BROKER_EPOCH } })
})

t.test('B70: what does not exist', async (t) => {
  t.equal(propose(image, { topicId: 'UUUUUUUUUUUUUUUUUUUUUQ' }).errorCode, ErrorCode.UNKNOWN_TOPIC_ID)
  t.equal(propose(image, { partitionIndex: 7 }).errorCode, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
})

t.test('B71, F9: epochs are compared in this order', async (t) => {
  const all = { leaderEpoch: 6, partitionEpoch: 8, broker: 2 }
  t.equal(propose(image, all).errorCode, ErrorCode.NOT_CONTROLLER, 'a leader epoch of the future first')
  t.equal(propose(image, { ...all, leaderEpoch: 4 }).errorCode, ErrorCode.FENCED_LEADER_EPOCH)
  t.equal(propose(image, { partitionEpoch: 10, leaderEpoch: 4 }).errorCode, ErrorCode.NOT_CONTROLLER)
  t.equal(propose(image, { ...all, leaderEpoch: 5 }).errorCode, ErrorCode.INVALID_REQUEST, 'not the leader')
  const stale = propose(image, { partitionEpoch: 8 })
  t.equal(stale.errorCode, ErrorCode.INVALID_UPDATE_VERSION)
  t.strictSame(stale.records, [])
})

t.test('B71: a partition that is named twice is decided on what became of it', async (t) => {
  const wanted = (...ids: number[]) => ({
    partitionIndex: 0,
    leaderEpoch: 5,
    partitionEpoch: 9,
    newIsr: [],
    newIsrWithEpochs: ids.map((brokerId) => ({ brokerId, brokerEpoch: BigInt(brokerId) })),
    leaderRecoveryState: 0,
  })
  const topic = { topicName: '', topicId: TOPIC.topicId }
  const codesOf = (...topics: { partitions: ReturnType<typeof wanted>[] }[]) => {
    const request = { brokerId: 1, brokerEpoch: 1n, topics: topics.map((named) => ({ ...topic, ...named })) }
    const { records, response } = alterPartition(image, request, 3, decisionConfig)
    const answers = response.topics.flatMap(({ partitions }) => partitions)
    return { codes: answers.map(({ errorCode }) => errorCode), after: partitionIn(replayed(image, records)) }
  }
  const once = codesOf({ partitions: [wanted(1, 2)] })
  for (const twice of [
    codesOf({ partitions: [wanted(1, 2), wanted(1)] }),
    codesOf({ partitions: [wanted(1, 2)] }, { partitions: [wanted(1)] }),
  ]) {
    t.strictSame(twice.codes, [ErrorCode.NONE, ErrorCode.INVALID_UPDATE_VERSION])
    t.strictSame(twice.after, once.after)
  }
})

t.test('B72: what cannot be an ISR', async (t) => {
  for (const isr of [[], [1, 1], [1, 4], [2, 3]]) t.equal(propose(image, { isr }).errorCode, ErrorCode.INVALID_REQUEST)
  const recovering = withTopic(cluster, { isr: [1], leaderRecoveryState: 1 })
  const bothAt = (of: MetadataImage, isr: number[]) => propose(of, { isr, leaderRecoveryState: 1 }).errorCode
  t.equal(bothAt(recovering, [1, 2]), ErrorCode.INVALID_REQUEST, 'nobody joins a leader that recovers')
  t.equal(bothAt(image, [1]), ErrorCode.INVALID_REQUEST, 'nobody recovers twice')
  t.equal(propose(recovering, { isr: [1, 2] }).leaderRecoveryState, 0)
})

t.test('B73, F7, F8: who may not join', async (t) => {
  const wide = withTopic(cluster, { replicas: [1, 2, 4, 5, 6], isr: [1] })
  for (const id of [4, 5, 6]) t.equal(propose(wide, { isr: [1, id] }).errorCode, ErrorCode.INELIGIBLE_REPLICA, `${id}`)
  t.equal(propose(wide, { isr: [1, [2, 1n]] }).errorCode, ErrorCode.INELIGIBLE_REPLICA, 'a former incarnation fetched')
  t.equal(propose(wide, { isr: [1, [2, -1n]] }).errorCode, ErrorCode.NONE, 'nobody said which')
  t.equal(propose(wide, { isr: [1, 2], version: 2 }).errorCode, ErrorCode.NONE)
})

t.test('B74: accepted, a shrink and its own repetition', async (t) => {
  const shrunk = propose(image, { isr: [1, 2] })
  t.match(shrunk, { errorCode: 0, isr: [1, 2], leaderId: 1, leaderEpoch: 5, partitionEpoch: 10 })
  const after = replayed(image, shrunk.records)
  t.match(partitionIn(after), { isr: [1, 2], leaderEpoch: 5, partitionEpoch: 10 }, 'the image agrees with the answer')
  t.match(propose(after, { isr: [1, 2], partitionEpoch: 10 }), { errorCode: 0, records: [], partitionEpoch: 10 })
  t.match(propose(after, { isr: [2, 1], partitionEpoch: 10 }), { errorCode: 0, partitionEpoch: 11 }, 'another order')
})

t.test('B75, B77, F28: the proposal that completes a reassignment may cost the leader its office', async (t) => {
  const moving = { replicas: [3, 1, 2], isr: [1, 2], adding: [3], removing: [2] }
  const kept = propose(withTopic(cluster, { ...moving, leader: 1 }), { isr: [1, 2, 3] })
  t.match(kept, { errorCode: 0, leaderId: 1, isr: [1, 3], leaderEpoch: 6, partitionEpoch: 10 })
  const before = withTopic(cluster, { ...moving, leader: 2 })
  const lost = propose(before, { broker: 2, isr: [1, 2, 3] })
  t.equal(lost.errorCode, ErrorCode.NEW_LEADER_ELECTED)
  const after = partitionIn(replayed(before, lost.records))
  t.match(after, { leader: 3, leaderEpoch: 6, isr: [1, 3], replicas: [3, 1], adding: [], removing: [] })
})
