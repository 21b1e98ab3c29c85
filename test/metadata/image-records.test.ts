import fc from 'fast-check'
import t from 'tap'
import { decodeMetadataRecord, encodeMetadataRecord, type MetadataRecord } from '../../protocol/metadata/index.ts'
import { MetadataDelta } from '../../src/metadata/delta.ts'
import { FEATURE, recordVersions, SUPPORTED_FEATURES } from '../../src/metadata/features.ts'
import { EMPTY_IMAGE, type MetadataImage, RESOURCE } from '../../src/metadata/image.ts'
import { imageRecords } from '../../src/metadata/image-records.ts'
import { record } from '../../src/metadata/record.ts'
import { snapshotChanges } from '../../src/metadata/snapshot-changes.ts'

const ids = ['TTTTTTTTTTTTTTTTTTTTTQ', 'UUUUUUUUUUUUUUUUUUUUUQ', 'VVVVVVVVVVVVVVVVVVVVVQ']
const id = fc.constantFrom(...ids)
const word = fc.constantFrom('a', 'b.c', 'b_c', 'ü', '*')
const nothing = fc.constantFrom(null, 'r')
const bytes = fc.uint8Array({ minLength: 1, maxLength: 8 }).map((given) => Buffer.from(given))
const endpoints = fc.array(fc.record({ name: word, host: word, port: fc.nat(65535), securityProtocol: fc.nat(3) }), {
  maxLength: 2,
})
const features = fc
  .subarray([...SUPPORTED_FEATURES])
  .map((ranges) => ranges.map(([name, { min, max }]) => ({ name, minSupportedVersion: min, maxSupportedVersion: max })))
const entity = fc.uniqueArray(
  fc.record({ entityType: fc.constantFrom('user', 'client-id', 'ip'), entityName: nothing }),
  {
    selector: ({ entityType }) => entityType,
    minLength: 1,
  },
)

/** Every kind of record that leaves something in an image, as a log of that metadata.version may hold them. */
const recordsAt = (level: number): fc.Arbitrary<MetadataRecord[]> => {
  const of = <Value>(value: fc.Arbitrary<Value>, make: (value: Value) => MetadataRecord) => value.map(make)
  const broker = of(
    fc.record({
      brokerId: fc.nat(3),
      incarnationId: id,
      brokerEpoch: fc.nat(100).map(BigInt),
      endPoints: endpoints,
      features,
      rack: nothing,
      fenced: fc.boolean(),
      inControlledShutdown: fc.boolean(),
      logDirs: level >= 17 ? fc.uniqueArray(id) : fc.constant([]),
      cordonedLogDirs: level >= 30 ? fc.option(fc.uniqueArray(id, { minLength: 1 })) : fc.constant(null),
    }),
    (value) => record('RegisterBrokerRecord', recordVersions.registerBroker(level), value),
  )
  const controller = of(
    fc.record({
      controllerId: fc.nat(3),
      incarnationId: id,
      zkMigrationReady: fc.constant(false),
      endPoints: endpoints,
      features,
    }),
    (value) => record('RegisterControllerRecord', 0, value),
  )
  const config = of(
    fc.record({
      resourceType: fc.constantFrom(...Object.values(RESOURCE)),
      resourceName: fc.constantFrom('', '1', 'a:b'),
      name: word,
      value: word,
    }),
    (value) => record('ConfigRecord', 0, value),
  )
  const quota = of(
    fc.record({ entity, key: word, value: fc.double({ noNaN: true }), remove: fc.constant(false) }),
    (value) => record('ClientQuotaRecord', 0, value),
  )
  const scram = of(
    fc.record({
      name: word,
      mechanism: fc.constantFrom(1, 2),
      salt: bytes,
      storedKey: bytes,
      serverKey: bytes,
      iterations: fc.nat(),
    }),
    (value) => record('UserScramCredentialRecord', 0, value),
  )
  const code = fc.integer({ min: 1, max: 4 })
  const acl = of(
    fc.record({
      id,
      resourceType: code,
      resourceName: word,
      patternType: code,
      principal: word,
      host: word,
      operation: code,
      permissionType: code,
    }),
    (value) => record('AccessControlEntryRecord', 0, value),
  )
  const time = fc.nat(2 ** 31 - 1)
  const token = of(
    fc.record({
      owner: word,
      requester: word,
      renewers: fc.array(word),
      issueTimestamp: time,
      maxTimestamp: time,
      expirationTimestamp: time,
      tokenId: word,
    }),
    (value) => record('DelegationTokenRecord', 0, value),
  )
  const producers = of(fc.nat(10_000), (next) =>
    record('ProducerIdsRecord', 0, { brokerId: 1, brokerEpoch: 1n, nextProducerId: BigInt(next) }),
  )
  const feature = of(fc.nat(1), (featureLevel) =>
    record('FeatureLevelRecord', 0, { name: FEATURE.GROUP_VERSION, featureLevel }),
  )
  const kinds = [broker, config, quota, scram, acl, token, producers, feature]
  return fc.array(fc.oneof(...(level >= 15 ? [...kinds, controller] : kinds)), { maxLength: 30, size: 'max' })
}

/** Topics of their own names and ids, with partitions in every state that a level can say. */
const topicsAt = (level: number, topicIds: readonly string[]): fc.Arbitrary<MetadataRecord[]> => {
  const replicas = fc.constantFrom([1], [1, 2], [3, 1, 2])
  const partition = fc
    .tuple(replicas, fc.nat(9), fc.nat(9), fc.nat(1), fc.constantFrom(...ids))
    .map(([all, leaderEpoch, partitionEpoch, leaderRecoveryState, directory]) => ({
      replicas: all,
      isr: all.slice(0, 1),
      removingReplicas: all.slice(2),
      addingReplicas: all.slice(1, 2),
      leader: all[0]!,
      leaderRecoveryState,
      leaderEpoch,
      partitionEpoch,
      directories: level >= 17 ? all.map(() => directory) : [],
      eligibleLeaderReplicas: level >= 23 && all.length > 1 ? all.slice(1) : null,
    }))
  return fc
    .array(fc.array(partition, { minLength: 1, maxLength: 3 }), { maxLength: 3 })
    .map((topics) =>
      topics.flatMap((partitions, i) => [
        record('TopicRecord', 0, { name: ['a.b', 'a_b', 'c'][i]!, topicId: topicIds[i]! }),
        ...partitions.map((value, partitionId) =>
          record('PartitionRecord', recordVersions.partition(level), { ...value, partitionId, topicId: topicIds[i]! }),
        ),
      ]),
    )
}

const levels = fc.constantFrom(7, 10, 14, 15, 17, 22, 23, 29, 30)
const contentsWith = (topicIds: readonly string[]) =>
  levels.chain((level) =>
    fc
      .tuple(topicsAt(level, topicIds), recordsAt(level))
      .map(([topics, rest]) => [
        record('FeatureLevelRecord', 0, { name: FEATURE.METADATA_VERSION, featureLevel: level }),
        ...topics,
        ...rest,
      ]),
  )

function replayed(records: Iterable<MetadataRecord>, on = EMPTY_IMAGE): MetadataImage {
  const delta = new MetadataDelta(on)
  for (const one of records) delta.replay(one)
  return delta.apply()
}

/** An image as plain data that does not depend on the order in which it was built. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return value
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  if (Symbol.iterator in value && 'get' in value) {
    const entries = [...(value as ReadonlyMap<string | number, unknown>)].map(
      ([key, each]) => [key, plain(each)] as const,
    )
    return entries.sort(([one], [other]) => (String(one) < String(other) ? -1 : 1))
  }
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each)]))
}

t.test('A72: a snapshot of any image, out of its bytes, gives the image', async (t) => {
  const types = new Set<string>()
  fc.assert(
    fc.property(contentsWith(ids), (content) => {
      const image = replayed(content)
      const snapshot = [...imageRecords(image)].map((one) => decodeMetadataRecord(encodeMetadataRecord(one)))
      for (const { type } of snapshot) types.add(type)
      t.strictSame(plain(replayed(snapshot)), plain(image))
    }),
    { numRuns: 150 },
  )
  t.equal(types.size, 11, 'of every kind that leaves something')
})

t.test('C17: a snapshot that is loaded over an image of before gives its own', async (t) => {
  // Producer ids only grow, and partitions of one and the same topic never go.
  const later = record('ProducerIdsRecord', 0, { brokerId: 1, brokerEpoch: 1n, nextProducerId: 20_000n })
  const otherIds = ['WWWWWWWWWWWWWWWWWWWWWQ', 'XXXXXXXXXXXXXXXXXXXXXQ', 'YYYYYYYYYYYYYYYYYYYYYQ']
  fc.assert(
    fc.property(contentsWith(ids), contentsWith(otherIds), (one, other) => {
      const before = replayed(one)
      const wanted = replayed([...other, later])
      const content = [...imageRecords(wanted)]
      const after = replayed(snapshotChanges(before, content), before)
      const { cluster, ...rest } = after
      const { cluster: wantedCluster, ...wantedRest } = wanted
      t.strictSame(plain(rest), plain(wantedRest))
      t.strictSame(plain(cluster.brokers), plain(wantedCluster.brokers))
    }),
    { numRuns: 100 },
  )
})
