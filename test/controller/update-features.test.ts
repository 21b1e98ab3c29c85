import t from 'tap'
import { ErrorCode } from '../../protocol/errors.ts'
import type { MetadataRecord } from '../../protocol/metadata/index.ts'
import { updateFeatures } from '../../src/controller/update-features.ts'
import { FEATURE } from '../../src/metadata/features.ts'
import { type MetadataImage, RESOURCE } from '../../src/metadata/image.ts'
import { record } from '../../src/metadata/record.ts'
import { clusterOf, contextOf, decisionConfig, directoryOf, incarnationOf, replayed, supported } from './harness.ts'

const { METADATA_VERSION, ELR_VERSION, GROUP_VERSION, TRANSACTION_VERSION, KRAFT_VERSION } = FEATURE
const [UPGRADE, SAFE, UNSAFE] = [1, 2, 3]
const { NONE, INVALID_UPDATE_VERSION } = ErrorCode

type Update = [feature: string, level: number, type?: number]

const cluster = clusterOf(1, 2)
const level = (name: string, featureLevel: number) => record('FeatureLevelRecord', 0, { name, featureLevel })
/** The same with other levels. */
const at = (levels: Readonly<Record<string, number>>, on = cluster) =>
  replayed(
    on,
    Object.entries(levels).map(([name, featureLevel]) => level(name, featureLevel)),
  )

function update(
  updates: Update[],
  { on = cluster, version = 2, validateOnly = false, allowDowngrade = false, voterIds = [1], kraftVersion = 1 } = {},
) {
  const featureUpdates = updates.map(([feature, maxVersionLevel, upgradeType = UPGRADE]) => ({
    feature,
    maxVersionLevel,
    upgradeType,
    allowDowngrade,
  }))
  const context = { ...contextOf(), config: { ...decisionConfig, 'min.insync.replicas': 2 } }
  const request = { timeoutMs: 1000, featureUpdates, validateOnly }
  const { records, response } = updateFeatures(on, request, version, { ...context, nodeId: 1, voterIds, kraftVersion })
  const after = replayed(on, records)
  return { code: response.errorCode, response, records, level: (name: string) => after.features.levels.get(name) ?? 0 }
}

const changes = (records: readonly MetadataRecord[]) =>
  records.map(({ type, value }) => [type, ...Object.values(value as object)])

t.test('B24: up and down, each the right way', async (t) => {
  const old = at({ [GROUP_VERSION]: 0 })
  t.equal(update([[GROUP_VERSION, 1]], { on: old }).level(GROUP_VERSION), 1)
  t.equal(update([[GROUP_VERSION, 1, SAFE]], { on: old }).code, INVALID_UPDATE_VERSION)
  t.equal(update([[TRANSACTION_VERSION, 1]]).code, INVALID_UPDATE_VERSION)
  t.equal(update([[TRANSACTION_VERSION, 1, SAFE]]).level(TRANSACTION_VERSION), 1)
  t.equal(update([[TRANSACTION_VERSION, 0, UNSAFE]]).level(TRANSACTION_VERSION), 0)
  for (const type of [UPGRADE, SAFE, UNSAFE]) {
    const { code, records } = update([[GROUP_VERSION, 1, type]])
    t.equal(code, NONE)
    t.strictSame(changes(records), [['FeatureLevelRecord', GROUP_VERSION, 1]], 'the same level is written again')
  }
  t.equal(update([[GROUP_VERSION, 1, 0]]).code, INVALID_UPDATE_VERSION, 'no such type')
})

t.test('B24, F40: a level that some node lacks', async (t) => {
  t.equal(update([[GROUP_VERSION, 2]]).code, INVALID_UPDATE_VERSION)
  t.equal(update([[GROUP_VERSION, -1, SAFE]]).code, INVALID_UPDATE_VERSION)
  t.equal(update([[METADATA_VERSION, 31]]).code, INVALID_UPDATE_VERSION)
  t.equal(update([[METADATA_VERSION, 6, SAFE]]).code, INVALID_UPDATE_VERSION)
  t.equal(update([['no.such', 0]]).code, INVALID_UPDATE_VERSION)
  const features = supported().map((range) =>
    range.name === GROUP_VERSION ? { ...range, maxSupportedVersion: 0 } : range,
  )
  const broker = record('RegisterBrokerRecord', 4, {
    brokerId: 3,
    incarnationId: incarnationOf(3),
    brokerEpoch: 3n,
    endPoints: [],
    features,
    rack: null,
    logDirs: [directoryOf(3)],
  })
  const mixed = at({ [GROUP_VERSION]: 0 }, replayed(cluster, [broker]))
  t.match(update([[GROUP_VERSION, 1]], { on: mixed }), {
    code: INVALID_UPDATE_VERSION,
    response: { errorMessage: /broker 3/ },
  })
})

t.test('B24: every voter has to have registered, from metadata.version 15 on', async (t) => {
  const controller = (controllerId: number, features = supported()) =>
    record('RegisterControllerRecord', 0, {
      controllerId,
      incarnationId: incarnationOf(controllerId),
      zkMigrationReady: false,
      endPoints: [],
      features,
    })
  const voters = { voterIds: [1, 4] }
  t.match(update([[GROUP_VERSION, 1]], voters), {
    code: INVALID_UPDATE_VERSION,
    response: { errorMessage: /controller 4/ },
  })
  t.equal(update([[GROUP_VERSION, 1]], { ...voters, on: replayed(cluster, [controller(4)]) }).code, NONE)
  const without = { ...voters, on: replayed(cluster, [controller(4, [])]) }
  t.equal(update([[GROUP_VERSION, 1]], without).code, INVALID_UPDATE_VERSION)
  t.equal(update([[GROUP_VERSION, 1]], { ...voters, on: at({ [METADATA_VERSION]: 14 }) }).code, NONE)
})

t.test('B25, N-B6: a downgrade of metadata.version that could lose something', async (t) => {
  const down = (from: number, to: number, type = SAFE) =>
    update([[METADATA_VERSION, to, type]], { on: at({ [METADATA_VERSION]: from, [ELR_VERSION]: 0 }) }).code
  t.equal(down(30, 29), INVALID_UPDATE_VERSION, 'cordoned directories came with 30')
  t.equal(down(30, 29, UNSAFE), INVALID_UPDATE_VERSION, 'unsafe ones are refused too')
  t.equal(down(29, 23), NONE)
  t.equal(down(29, 22), INVALID_UPDATE_VERSION)
  t.equal(down(22, 17), NONE)
  t.equal(down(17, 16), INVALID_UPDATE_VERSION)
  t.equal(down(10, 8), NONE)
  t.equal(down(8, 7), INVALID_UPDATE_VERSION)
})

t.test('N-B11, N-B14: what a feature needs, by the levels that the request leads to', async (t) => {
  const old = at({ [METADATA_VERSION]: 22, [ELR_VERSION]: 0 })
  t.equal(update([[ELR_VERSION, 1]], { on: old }).code, INVALID_UPDATE_VERSION)
  t.equal(
    update(
      [
        [ELR_VERSION, 1],
        [METADATA_VERSION, 23],
      ],
      { on: old },
    ).code,
    NONE,
  )
  t.equal(
    update([[METADATA_VERSION, 23, SAFE]], { on: at({ [METADATA_VERSION]: 29 }) }).code,
    NONE,
    'not looked at again',
  )
})

t.test('N-C2: eligible leader replicas begin with one min.insync.replicas for all brokers', async (t) => {
  const set = (resourceName: string, value: string | null) =>
    record('ConfigRecord', 0, { resourceType: RESOURCE.BROKER, resourceName, name: 'min.insync.replicas', value })
  const off = at({ [ELR_VERSION]: 0 })
  const turnOn = (on: MetadataImage, validateOnly = false) =>
    changes(update([[ELR_VERSION, 1]], { on, validateOnly }).records)
  const config = (name: string, value: string | null) => ['ConfigRecord', 4, name, 'min.insync.replicas', value]
  const feature = ['FeatureLevelRecord', ELR_VERSION, 1]
  t.strictSame(turnOn(off), [config('', '2'), feature], 'from the file of this controller')
  t.strictSame(turnOn(off, true), [])
  const varied = replayed(off, [set('', '3'), set('2', '1')])
  t.strictSame(turnOn(varied), [config('2', null), feature])
  t.strictSame(changes(update([[ELR_VERSION, 0, SAFE]]).records), [['FeatureLevelRecord', ELR_VERSION, 0]])
})

t.test('all or none', async (t) => {
  const { records, response } = update([
    [TRANSACTION_VERSION, 1, SAFE],
    [GROUP_VERSION, 7],
  ])
  t.strictSame(records, [])
  t.match(response, { errorCode: INVALID_UPDATE_VERSION, errorMessage: /group\.version.*level 7/, results: [] })
})

t.test("N-A33, N-A36: kraft.version is not the image's", async (t) => {
  t.match(update([[KRAFT_VERSION, 1]]), { code: NONE, records: [] })
  t.match(update([[KRAFT_VERSION, 1]], { kraftVersion: 0 }), { code: INVALID_UPDATE_VERSION, records: [] })
  t.match(update([[KRAFT_VERSION, 0, SAFE]]), { code: INVALID_UPDATE_VERSION })
})

t.test('versions of the request', async (t) => {
  const down: Update[] = [[TRANSACTION_VERSION, 1]]
  t.equal(update(down, { version: 0 }).code, INVALID_UPDATE_VERSION)
  t.equal(update(down, { version: 0, allowDowngrade: true }).code, NONE)
  const result = { feature: GROUP_VERSION, errorCode: NONE, errorMessage: null }
  t.strictSame(update([[GROUP_VERSION, 1]], { version: 1 }).response.results, [result])
  t.strictSame(update([[GROUP_VERSION, 1]], { version: 2 }).response.results, [])
})
