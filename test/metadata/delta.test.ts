import t from 'tap'
import type { MetadataRecord } from '../../protocol/metadata/index.ts'
import { MetadataDelta } from '../../src/metadata/delta.ts'
import {
  DIRECTORY,
  directoryForNewReplica,
  isOnlineDirectory,
  isReservedDirectory,
} from '../../src/metadata/directory-id.ts'
import { EMPTY_IMAGE, type MetadataImage, RESOURCE } from '../../src/metadata/image.ts'
import { record } from '../../src/metadata/record.ts'

const ID = 'TTTTTTTTTTTTTTTTTTTTTQ'
const OTHER = 'UUUUUUUUUUUUUUUUUUUUUQ'

function replay(image: MetadataImage, ...records: MetadataRecord[]): { delta: MetadataDelta; image: MetadataImage } {
  const delta = new MetadataDelta(image)
  for (const one of records) delta.replay(one)
  return { delta, image: delta.apply(7, 3) }
}

const topic = (name = 't', topicId = ID) => record('TopicRecord', 0, { name, topicId })
const partition = (partitionId: number, change = {}, topicId = ID) =>
  record('PartitionRecord', 2, {
    partitionId,
    topicId,
    replicas: [1, 2],
    isr: [1, 2],
    removingReplicas: [],
    addingReplicas: [],
    leader: 1,
    leaderEpoch: 0,
    partitionEpoch: 0,
    directories: [DIRECTORY.UNASSIGNED, DIRECTORY.UNASSIGNED],
    ...change,
  })
const change = (partitionId: number, what = {}, topicId = ID) =>
  record('PartitionChangeRecord', 2, { partitionId, topicId, ...what })
const broker = (id: number, epoch = 1n, what = {}) =>
  record('RegisterBrokerRecord', 4, {
    brokerId: id,
    incarnationId: OTHER,
    brokerEpoch: epoch,
    endPoints: [],
    features: [],
    rack: null,
    ...what,
  })

const { image: base } = replay(EMPTY_IMAGE, topic(), partition(0), partition(1, { leader: 2 }))
const first = (image: MetadataImage) => image.topics.byId.get(ID)!.partitions.get(0)!

t.test('B9: a topic is found by name and by id; the image that was stays as it is', async (t) => {
  t.equal(base.topics.byName.get('t'), base.topics.byId.get(ID))
  t.equal(base.topics.byName.get('t')!.partitions.size, 2)
  t.strictSame([base.offset, base.epoch], [7, 3])
  replay(base, change(0, { leader: 2 }))
  t.equal(first(base).leader, 1)
  t.equal(EMPTY_IMAGE.topics.byName.size, 0)
})

t.test('B12: what a PartitionChange leaves alone and what it counts', async (t) => {
  const isr = first(replay(base, change(0, { isr: [1] })).image)
  t.match(isr, { isr: [1], leader: 1, leaderEpoch: 0, partitionEpoch: 1 })
  const same = first(replay(base, change(0, { leader: 1 })).image)
  t.match(same, { leader: 1, leaderEpoch: 1, partitionEpoch: 1 }, 'the same leader begins an epoch too')
  const none = first(replay(base, change(0, { leader: -1 })).image)
  t.match(none, { leader: -1, leaderEpoch: 1 })
  const cleared = first(replay(base, change(0, { isr: [] })).image)
  t.match(cleared, { isr: [], partitionEpoch: 1 })
  const twice = first(replay(base, change(0, { leader: 2 }), change(0, { leader: 1, leaderRecoveryState: 1 })).image)
  t.match(twice, { leaderEpoch: 2, partitionEpoch: 2, leaderRecoveryState: 1 })
})

t.test('B10: records of before directories have them MIGRATING', async (t) => {
  const old = record('PartitionRecord', 0, { ...(partition(0).value as object), directories: [] } as never)
  t.strictSame(first(replay(EMPTY_IMAGE, topic(), old).image).directories, [DIRECTORY.MIGRATING, DIRECTORY.MIGRATING])
})

t.test('B49, A95: directory ids', async (t) => {
  const { image } = replay(
    EMPTY_IMAGE,
    broker(1, 1n, { logDirs: [ID] }),
    broker(2, 1n, { logDirs: [ID, OTHER] }),
    broker(3),
  )
  const on = (id: number) => directoryForNewReplica(image.cluster.brokers.get(id))
  t.strictSame([1, 2, 3, 4].map(on), [ID, DIRECTORY.UNASSIGNED, DIRECTORY.MIGRATING, DIRECTORY.UNASSIGNED])
  const one = image.cluster.brokers.get(1)!
  t.strictSame(
    [ID, OTHER, DIRECTORY.LOST, DIRECTORY.UNASSIGNED].map((id) => isOnlineDirectory(one, id)),
    [true, false, false, true],
  )
  t.ok([...Object.values(DIRECTORY), 'AAAAAAAAAAAAAAAAAAAAYw'].every(isReservedDirectory), 'up to 99')
  t.notOk(['AAAAAAAAAAAAAAAAAAAAZA', ID].some(isReservedDirectory))
})

t.test('N-C5: ClearElr counts as a change where there was something', async (t) => {
  const { image } = replay(base, change(0, { eligibleLeaderReplicas: [2], lastKnownElr: [2] }))
  const { delta, image: after } = replay(image, record('ClearElrRecord', 0, { topicName: '' }))
  t.match(first(after), { elr: [], lastKnownElr: [], partitionEpoch: 2, leaderEpoch: 0 })
  t.strictSame([...delta.topics.changed.get(ID)!.partitions.keys()], [0])
  t.throws(() => replay(base, record('ClearElrRecord', 0, { topicName: 'nope' })))
})

t.test('N-C6: ClearElr of a topic that the delta deleted, or deleted and made again', async (t) => {
  const gone = [record('RemoveTopicRecord', 0, { topicId: ID }), record('ClearElrRecord', 0, { topicName: 't' })]
  t.equal(replay(base, ...gone).image.topics.byName.size, 0)
  const elr = partition(0, { eligibleLeaderReplicas: [2] }, OTHER)
  const { image } = replay(base, gone[0]!, topic('t', OTHER), elr, gone[1]!)
  t.strictSame(image.topics.byName.get('t')!.partitions.get(0)!.elr, [])
})

t.test('C20: what a delta means for one broker', async (t) => {
  const { delta } = replay(
    base,
    change(0, { isr: [1] }),
    change(1, { replicas: [2, 3], isr: [2] }),
    topic('u', OTHER),
    partition(0, { replicas: [1], isr: [1] }, OTHER),
  )
  const one = delta.topics.localChanges(1)
  const names = (list: readonly { topic: string; partition: { index: number } }[]) =>
    list.map(({ topic, partition }) => `${topic}-${partition.index}`)
  t.strictSame(names(one.leaders), ['t-0', 'u-0'])
  t.strictSame(names(one.electedLeaders), ['u-0'], 'the epoch of t-0 did not change')
  t.strictSame(one.deletes, [{ topicId: ID, topic: 't', index: 1, topicDeleted: false }])
  const two = delta.topics.localChanges(2)
  t.strictSame([names(two.leaders), names(two.followers)], [['t-1'], ['t-0']])
  t.strictSame(delta.topics.localChanges(3).followers.length, 1)
  t.strictSame(delta.topics.localChanges(9), { deletes: [], leaders: [], electedLeaders: [], followers: [] })
})

t.test('C21: deleted and made again in one delta', async (t) => {
  const { delta, image } = replay(
    base,
    record('RemoveTopicRecord', 0, { topicId: ID }),
    topic('t', OTHER),
    partition(0, { replicas: [1], isr: [1] }, OTHER),
  )
  const { deletes, electedLeaders } = delta.topics.localChanges(1)
  t.strictSame(
    deletes.map(({ topicId, index, topicDeleted }) => [topicId, index, topicDeleted]),
    [
      [ID, 0, true],
      [ID, 1, true],
    ],
  )
  t.strictSame(
    electedLeaders.map(({ topicId }) => topicId),
    [OTHER],
  )
  t.equal(image.topics.byName.get('t')!.id, OTHER)
  t.ok(delta.topics.changed.get(OTHER)!.created)
})

t.test('a topic that only lived within the delta leaves no trace', async (t) => {
  const { delta, image } = replay(EMPTY_IMAGE, topic(), partition(0), record('RemoveTopicRecord', 0, { topicId: ID }))
  t.ok(delta.topics.isEmpty)
  t.equal(image.topics.byId.size, 0)
})

t.test('B8, B15: registrations', async (t) => {
  const { image } = replay(EMPTY_IMAGE, broker(1, 5n))
  t.match(image.cluster.brokers.get(1), { fenced: true, epoch: 5 })
  const flags = (what: object) =>
    replay(
      image,
      record('BrokerRegistrationChangeRecord', 2, { brokerId: 1, brokerEpoch: 5n, ...what }),
    ).image.cluster.brokers.get(1)
  t.match(flags({ fenced: -1 }), { fenced: false, inControlledShutdown: false })
  t.match(flags({ inControlledShutdown: 1 }), { fenced: true, inControlledShutdown: true })
  t.match(flags({ logDirs: [ID] }), { fenced: true, logDirs: [ID] })
  t.throws(() => replay(image, record('BrokerRegistrationChangeRecord', 2, { brokerId: 1, brokerEpoch: 6n })), /epoch/)
  const gone = record('UnregisterBrokerRecord', 0, { brokerId: 1, brokerEpoch: 5n })
  const { delta, image: after } = replay(image, gone)
  t.equal(after.cluster.brokers.size, 0)
  t.equal(delta.cluster.brokers.get(1), null)
})

t.test('B14: configs, and features at level 0', async (t) => {
  const set = (name: string, value: string | null) =>
    record('ConfigRecord', 0, { resourceType: RESOURCE.TOPIC, resourceName: 't', name, value })
  const { image, delta } = replay(base, set('b', '2'), set('a', '1'))
  t.strictSame(
    [...image.configs.of(RESOURCE.TOPIC, 't')],
    [
      ['a', '1'],
      ['b', '2'],
    ],
  )
  t.strictSame([...delta.configs], ['2:t'])
  t.equal(replay(image, set('a', null), set('b', null)).image.configs.resources.size, 0)
  const level = (name: string, featureLevel: number) => record('FeatureLevelRecord', 0, { name, featureLevel })
  const on = replay(base, level('group.version', 1), level('metadata.version', 30)).image
  t.equal(on.features.metadataVersion, 30)
  t.strictSame([...replay(on, level('group.version', 0)).image.features.levels], [['metadata.version', 30]])
})

t.test('N-A37, N-B20: kraft.version is passed over, a level out of range stops the node', async (t) => {
  const level = (name: string, featureLevel: number) => record('FeatureLevelRecord', 0, { name, featureLevel })
  t.equal(replay(base, level('kraft.version', 1)).image.features.levels.size, 0)
  t.throws(() => replay(base, level('group.version', 9)), /group.version/)
  t.throws(() => replay(base, level('nobody.knows', 1)), /nobody.knows/)
})

t.test('records that do not fit stop the node', async (t) => {
  t.throws(() => replay(base, change(0, {}, OTHER)))
  t.throws(() => replay(base, change(5)))
  t.throws(() => replay(base, record('RemoveTopicRecord', 0, { topicId: OTHER })))
  t.throws(() => replay(base, topic()), /given twice/)
  t.throws(() => replay(EMPTY_IMAGE, topic(), partition(1)), /without partition 0/)
})

t.test('what did not change is shared', async (t) => {
  const { image } = replay(base, change(0, { leader: 2 }))
  t.equal(image.cluster, base.cluster)
  t.equal(image.configs, base.configs)
  t.equal(image.topics.byId.get(ID)!.partitions.get(1), base.topics.byId.get(ID)!.partitions.get(1))
  t.equal(replay(base, record('NoOpRecord', 0, {})).image.topics, base.topics)
})
