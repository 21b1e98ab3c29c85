import t from 'tap'
import { ErrorCode } from '../../protocol/errors.ts'
import { KEY, TestBroker } from './harness.ts'

t.test('DescribeTopicPartitions', async (t) => {
  const broker = await TestBroker.start(t, {
    config: { 'max.request.partition.size.limit': '4' },
    topics: { c: { partitions: 2 }, a: { partitions: 3 }, b: { partitions: 1 } },
  })
  const { nodeId } = broker.broker
  interface Cursor {
    topicName: string
    partitionIndex: number
  }
  const ask = (names: string[], responsePartitionLimit: number, cursor: Cursor | null = null) =>
    broker.send(KEY.DESCRIBE_TOPIC_PARTITIONS, 0, {
      topics: names.map((name) => ({ name })),
      responsePartitionLimit,
      cursor,
    })
  const shape = ({ topics }: Awaited<ReturnType<typeof ask>>) =>
    topics.map(({ name, partitions }) => [name, partitions.map(({ partitionIndex }) => partitionIndex)])

  t.test('a cursor has to be of a topic that is asked for', async (t) => {
    const { topics } = await ask(['a', 'c'], 2, { topicName: 'b', partitionIndex: 0 })
    t.strictSame(
      topics.map(({ name, errorCode }) => [name, errorCode]),
      [
        ['a', ErrorCode.INVALID_REQUEST],
        ['c', ErrorCode.INVALID_REQUEST],
      ],
    )
  })

  t.test('KIP-430: all operations are allowed, asked or not', async (t) => {
    const { topics } = await ask(['a', 'none'], 10)
    t.strictSame(
      topics.map(({ topicAuthorizedOperations }) => topicAuthorizedOperations),
      [3576, 3576],
    )
  })

  t.test('H22: sorted, page by page', async (t) => {
    const pages: unknown[] = []
    let cursor: Cursor | null = null
    do {
      const page: Awaited<ReturnType<typeof ask>> = await ask([], 2, cursor)
      pages.push(shape(page))
      cursor = page.nextCursor
    } while (cursor)
    t.strictSame(pages, [
      [['a', [0, 1]]],
      [
        ['a', [2]],
        ['b', [0]],
      ],
      [['c', [0, 1]]],
    ])
  })

  t.test('H22: the broker has a limit of its own', async (t) => {
    const page = await ask(['c', 'b', 'a'], 1000)
    t.strictSame(shape(page), [
      ['a', [0, 1, 2]],
      ['b', [0]],
    ])
    t.strictSame(page.nextCursor, { topicName: 'c', partitionIndex: 0 })
  })

  t.test('partitions in full; topics that are not there', async (t) => {
    const { topics } = await ask(['b', 'missing', 'a b'], 100)
    t.match(
      topics.find(({ name }) => name === 'b'),
      {
        errorCode: 0,
        isInternal: false,
        partitions: [
          {
            errorCode: 0,
            leaderId: nodeId,
            leaderEpoch: 0,
            replicaNodes: [nodeId],
            isrNodes: [nodeId],
            offlineReplicas: [],
          },
        ],
      },
    )
    t.equal(topics.find(({ name }) => name === 'missing')?.errorCode, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
    t.equal(topics.find(({ name }) => name === 'a b')?.errorCode, ErrorCode.INVALID_TOPIC_EXCEPTION)
  })

  t.test('a cursor that cannot be', async (t) => {
    const { topics } = await ask(['a'], 10, { topicName: 'a', partitionIndex: -1 })
    t.equal(topics[0]?.errorCode, ErrorCode.INVALID_REQUEST)
  })
})
