import t from 'tap'
import type { MetadataRecord } from '../../protocol/metadata/index.ts'
import { EMPTY_IMAGE, RESOURCE } from '../../src/metadata/image.ts'
import { imageRecords } from '../../src/metadata/image-records.ts'
import { MetadataLoader } from '../../src/metadata/loader.ts'
import { record } from '../../src/metadata/record.ts'
import { brokerRecords, replayed } from '../controller/harness.ts'

const idOf = (name: string) => Buffer.alloc(16, name).toString('base64url')
const version = record('FeatureLevelRecord', 0, { name: 'metadata.version', featureLevel: 30 })
const topic = (name: string, id = idOf(name)): MetadataRecord[] => [
  record('TopicRecord', 0, { name, topicId: id }),
  record('PartitionRecord', 2, {
    partitionId: 0,
    topicId: id,
    replicas: [1],
    isr: [1],
    removingReplicas: [],
    addingReplicas: [],
    leader: 1,
    directories: [idOf('d')],
  }),
]
const config = (topicName: string, name: string, value: string | null) =>
  record('ConfigRecord', 0, { resourceType: RESOURCE.TOPIC, resourceName: topicName, name, value })
const quota = (user: string, key: string) =>
  record('ClientQuotaRecord', 0, { entity: [{ entityType: 'user', entityName: user }], key, value: 5, remove: false })
const acl = (id: string) =>
  record('AccessControlEntryRecord', 0, {
    id: idOf(id),
    resourceType: 2,
    resourceName: id,
    patternType: 3,
    principal: 'User:a',
    host: '*',
    operation: 3,
    permissionType: 3,
  })
const scram = (name: string) =>
  record('UserScramCredentialRecord', 0, {
    name,
    mechanism: 1,
    salt: Buffer.from('s'),
    storedKey: Buffer.from('k'),
    serverKey: Buffer.from('k'),
    iterations: 4096,
  })

const OLD = [
  version,
  record('FeatureLevelRecord', 0, { name: 'group.version', featureLevel: 1 }),
  ...brokerRecords([{ id: 1 }, { id: 2 }]),
  ...['gone', 'kept', 'again'].flatMap((name) => topic(name)),
  ...[config('kept', 'retention.ms', '1'), config('kept', 'segment.ms', '2'), config('gone', 'retention.ms', '3')],
  ...[quota('a', 'x'), quota('a', 'y'), acl('gone'), acl('kept'), scram('gone')],
  record('ProducerIdsRecord', 0, { brokerId: 1, brokerEpoch: 1n, nextProducerId: 1000n }),
]
const NEW = [
  version,
  ...brokerRecords([{ id: 2 }, { id: 3 }]),
  ...[topic('kept'), topic('again', idOf('other')), topic('new')].flat(),
  ...[config('kept', 'retention.ms', '9'), config('new', 'retention.ms', '1')],
  ...[quota('a', 'y'), acl('kept'), scram('new')],
  record('ProducerIdsRecord', 0, { brokerId: 1, brokerEpoch: 1n, nextProducerId: 2000n }),
]
const contentOf = (records: readonly MetadataRecord[]) => [...imageRecords(replayed(EMPTY_IMAGE, records))]

function loaderWith(records: readonly MetadataRecord[]) {
  const loader = new MetadataLoader()
  const deltas: string[] = []
  loader.subscribe(({ topics, cluster, configs, features }, image) => {
    const changed = [...topics.changed.values()].map(({ name, created }) => (created ? `+${name}` : name))
    const deleted = [...topics.deleted.values()].map(({ name }) => `-${name}`)
    const brokers = [...cluster.brokers].map(([id, broker]) => (broker ? `b${id}` : `-b${id}`))
    deltas.push([image.offset, ...changed, ...deleted, ...brokers, ...configs, ...features.keys()].join(' '))
  })
  loader.handle(records, records.length - 1, 1)
  return { loader, deltas }
}

t.test('C17: what a snapshot does not have shows as removed, what it has alike is left alone', async (t) => {
  const { loader, deltas } = loaderWith(OLD)
  loader.load(NEW, 99, 4)
  t.equal(
    deltas.at(-1),
    '99 +new +again -again -gone -b1 b2 b3 2:again 2:gone 2:kept 2:new group.version metadata.version',
  )
  t.strictSame([...imageRecords(loader.image)], contentOf(NEW))
  t.strictSame([loader.image.offset, loader.image.epoch], [99, 4])
})

t.test('C17: a snapshot over nothing, and over the same', async (t) => {
  const { loader } = loaderWith([])
  loader.load(NEW, 20, 1)
  t.strictSame([...imageRecords(loader.image)], contentOf(NEW))
  const { loader: same, deltas } = loaderWith(NEW)
  same.load(NEW, 50, 1)
  t.match(deltas.at(-1), /^50 b2 b3 /, 'no topic has changed')
})

t.test('C16: an open transaction ends where a snapshot is loaded', async (t) => {
  const { loader } = loaderWith(OLD)
  loader.handle([record('BeginTransactionRecord', 0, { name: 'x' }), ...topic('half')], 30, 1)
  loader.load(NEW, 99, 4)
  t.notOk(loader.transactionOpen)
  loader.handle(topic('next'), 101, 4)
  t.strictSame([...loader.image.topics.byName.keys()].sort(), ['again', 'kept', 'new', 'next'])
})
