import t from 'tap'
import { ErrorCode } from '../../protocol/errors.ts'
import { createPartitions } from '../../src/controller/create-partitions.ts'
import { createTopics } from '../../src/controller/create-topics.ts'
import { clusterOf, contextOf, createRequest, newTopic, replayed } from './harness.ts'

const empty = clusterOf(1, 2, 3)
const image = replayed(
  empty,
  createTopics(empty, createRequest(newTopic('a', { numPartitions: 2, replicationFactor: 2 })), contextOf()).records,
)
const more = (count: number, assignments: number[][] | null = null, name = 'a') => ({
  topics: [{ name, count, assignments: assignments?.map((brokerIds) => ({ brokerIds })) ?? null }],
  timeoutMs: 1000,
  validateOnly: false,
})
const codeOf = (request: ReturnType<typeof more>) =>
  createPartitions(image, request, contextOf()).response.results[0]!.errorCode

t.test('H12, B50: what is refused', async (t) => {
  t.equal(codeOf(more(3, null, 'nope')), ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
  t.equal(codeOf(more(2)), ErrorCode.INVALID_PARTITIONS)
  t.equal(codeOf(more(1)), ErrorCode.INVALID_PARTITIONS)
  t.equal(codeOf(more(4, [[1, 2]])), ErrorCode.INVALID_REPLICA_ASSIGNMENT, 'one assignment for two')
  t.equal(codeOf(more(3, [[1]])), ErrorCode.INVALID_REPLICA_ASSIGNMENT, 'another factor')
  t.equal(codeOf(more(3, [[1, 9]])), ErrorCode.INVALID_REPLICA_ASSIGNMENT)
  const twice = { ...more(3), topics: [...more(3).topics, ...more(4).topics] }
  const { records, response } = createPartitions(image, twice, contextOf())
  t.strictSame(records, [])
  t.match(response.results, [{ name: 'a', errorCode: ErrorCode.INVALID_REQUEST }])
})

t.test('H13: new ones come behind, with the same factor; what is there stays', async (t) => {
  const { records } = createPartitions(image, more(4), contextOf())
  const after = replayed(image, records)
  const [before, now] = [image, after].map(({ topics }) => [...topics.byName.get('a')!.partitions.values()])
  t.strictSame(now!.slice(0, 2), before)
  t.strictSame(
    now!.map(({ index, replicas, leaderEpoch }) => [index, replicas.length, leaderEpoch]),
    [0, 1, 2, 3].map((index) => [index, 2, 0]),
  )
  const assigned = replayed(image, createPartitions(image, more(3, [[3, 1]]), contextOf()).records)
  t.match(assigned.topics.byName.get('a')!.partitions.get(2), { replicas: [3, 1], isr: [3, 1], leader: 3 })
})

t.test('validate_only writes nothing', async (t) => {
  const { records, response } = createPartitions(image, { ...more(5), validateOnly: true }, contextOf())
  t.strictSame(records, [])
  t.equal(response.results[0]!.errorCode, ErrorCode.NONE)
})
