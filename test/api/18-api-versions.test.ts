import t from 'tap'
import { ErrorCode } from '../../protocol/errors.ts'
import { KEY, rawRequest, SERVED, SOFTWARE, TestBroker, versionsOf } from './harness.ts'

t.test('ApiVersions', async (t) => {
  const broker = await TestBroker.start(t)

  t.test('I11: every version lists what is served, and nothing else', async (t) => {
    for (const version of versionsOf(KEY.API_VERSIONS)) {
      const answer = await broker.send(KEY.API_VERSIONS, version, version < 3 ? {} : SOFTWARE)
      t.equal(answer.errorCode, 0)
      const listed = answer.apiKeys.map(({ apiKey, minVersion, maxVersion }) => [apiKey, [minVersion, maxVersion]])
      t.strictSame(Object.fromEntries(listed), { ...SERVED }, `v${version}`)
    }
  })

  t.test('I12: features', async (t) => {
    const newest = await broker.send(KEY.API_VERSIONS, 4, SOFTWARE)
    const levels = newest.finalizedFeatures.map(({ name, maxVersionLevel }) => [name, maxVersionLevel])
    t.strictSame(
      Object.fromEntries(levels),
      {
        'metadata.version': 30,
        'eligible.leader.replicas.version': 1,
        'group.version': 1,
        'share.version': 1,
        'streams.version': 1,
        'transaction.version': 2,
        'kraft.version': 1,
      },
      'N-B13, N-A37: as a freshly formatted 4.3',
    )
    t.ok(newest.finalizedFeaturesEpoch >= 0n)
    for (const { name, maxVersionLevel } of newest.finalizedFeatures) {
      t.ok(maxVersionLevel > 0, `${name} at level 0 is left out`)
    }
    const older = await broker.send(KEY.API_VERSIONS, 3, SOFTWARE)
    t.ok(older.supportedFeatures.every(({ minVersion }) => minVersion > 0))
  })

  t.test('I10: names of software', async (t) => {
    for (const name of ['', '-x', 'x-', 'a b', 'ü', 'x'.repeat(300)]) {
      const body = { clientSoftwareName: name, clientSoftwareVersion: '1' }
      const answer = await broker.send(KEY.API_VERSIONS, 3, body)
      t.match(answer, { errorCode: ErrorCode.INVALID_REQUEST, apiKeys: [] }, name)
    }
  })

  t.test('I9: an unknown version is answered as v0, and the connection goes on', async (t) => {
    for (const version of [5, 99, 32767]) {
      const wire = await broker.connect()
      wire.write(rawRequest(KEY.API_VERSIONS, version, 77, Buffer.from([0, 1, 2, 3])))
      const frame = await wire.frame()
      const wanted = Buffer.alloc(4 + 2 + 4 + 6)
      wanted.writeInt32BE(77, 0)
      wanted.writeInt16BE(ErrorCode.UNSUPPORTED_VERSION, 4)
      wanted.writeInt32BE(1, 6)
      wanted.writeInt16BE(KEY.API_VERSIONS, 10)
      wanted.writeInt16BE(0, 12)
      wanted.writeInt16BE(4, 14)
      t.strictSame(frame, wanted, `v${version}`)
      t.equal((await wire.send(KEY.API_VERSIONS, 4, SOFTWARE)).errorCode, 0)
    }
  })
})
