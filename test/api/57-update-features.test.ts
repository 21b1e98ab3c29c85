import t from 'tap'
import { ErrorCode } from '../../protocol/errors.ts'
import { KEY, SOFTWARE, TestBroker, versionsOf } from './harness.ts'

t.test('UpdateFeatures', async (t) => {
  const broker = await TestBroker.start(t)
  const [UPGRADE, SAFE_DOWNGRADE] = [1, 2]
  const update = (feature: string, maxVersionLevel: number, version = 2, validateOnly = false) => {
    const down = maxVersionLevel < 2
    const how = version === 0 ? { allowDowngrade: down } : { upgradeType: down ? SAFE_DOWNGRADE : UPGRADE }
    const featureUpdates = [{ feature, maxVersionLevel, ...how }]
    return broker.send(KEY.UPDATE_FEATURES, version, { featureUpdates, ...(version > 0 ? { validateOnly } : {}) })
  }
  const level = async (wanted: string) => {
    const { finalizedFeatures, finalizedFeaturesEpoch } = await broker.send(KEY.API_VERSIONS, 4, SOFTWARE)
    return [finalizedFeatures.find(({ name }) => name === wanted)?.maxVersionLevel, finalizedFeaturesEpoch] as const
  }

  for (const version of versionsOf(KEY.UPDATE_FEATURES)) {
    const [before, epoch] = await level('transaction.version')
    t.equal(before, 2)
    const down = await update('transaction.version', 1, version)
    const result = { feature: 'transaction.version', errorCode: 0, errorMessage: null }
    t.match(down, { errorCode: 0, errorMessage: null, results: version < 2 ? [result] : [] }, `v${version}`)
    const [after, nextEpoch] = await level('transaction.version')
    t.equal(after, 1)
    t.ok(nextEpoch > epoch, 'N-F24: the epoch of features is an offset of the metadata log')
    t.equal((await update('transaction.version', 2, version)).errorCode, 0)
  }
  t.equal((await update('transaction.version', 0, 2, true)).errorCode, 0)
  t.equal((await level('transaction.version'))[0], 2, 'validate only')
  t.equal((await update('transaction.version', 0)).errorCode, 0)
  t.equal((await level('transaction.version'))[0], undefined, 'one that is off is not told of')
  t.match(await update('metadata.version', 99), {
    errorCode: ErrorCode.INVALID_UPDATE_VERSION,
    errorMessage: /metadata\.version.*level 99/,
    results: [],
  })
})
