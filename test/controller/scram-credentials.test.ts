import { createHash, createHmac, pbkdf2Sync } from 'node:crypto'
import t from 'tap'
import { ErrorCode } from '../../protocol/errors.ts'
import { alterUserScramCredentials } from '../../src/controller/scram-credentials.ts'
import { FEATURE } from '../../src/metadata/features.ts'
import type { MetadataImage } from '../../src/metadata/image.ts'
import { type RecordValue, record } from '../../src/metadata/record.ts'
import { clusterOf, replayed } from './harness.ts'

const [SHA_256, SHA_512] = [1, 2]
const { NONE, DUPLICATE_RESOURCE, RESOURCE_NOT_FOUND, UNACCEPTABLE_CREDENTIAL } = ErrorCode

const set = (name: string, mechanism = SHA_256, iterations = 4096) => ({
  name,
  mechanism,
  iterations,
  salt: Buffer.from('salt'),
  saltedPassword: Buffer.from(`secret of ${name}`),
})
const remove = (name: string, mechanism = SHA_256) => ({ name, mechanism })

function alter(
  upsertions: ReturnType<typeof set>[],
  deletions: ReturnType<typeof remove>[] = [],
  on: MetadataImage = clusterOf(1),
) {
  const { records, response } = alterUserScramCredentials(on, { upsertions, deletions })
  const after = replayed(on, records)
  return {
    codes: Object.fromEntries(response.results.map(({ user, errorCode }) => [user, errorCode])),
    keys: [...after.security.scram.keys()],
    after,
    records,
  }
}

t.test('B86: the keys are those that the example of RFC 7677 is checked by', async (t) => {
  const salt = Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64')
  const saltedPassword = pbkdf2Sync('pencil', salt, 4096, 32, 'sha256')
  const { records } = alter([{ name: 'user', mechanism: SHA_256, iterations: 4096, salt, saltedPassword }])
  const { storedKey, serverKey, ...rest } = records[0]!.value as RecordValue<'UserScramCredentialRecord'>
  t.strictSame(rest, { name: 'user', mechanism: SHA_256, salt, iterations: 4096 })
  const nonce = 'rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0'
  const auth = `n=user,r=rOprNGfwEbeRWgbNEkqO,r=${nonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,c=biws,r=${nonce}`
  const signed = (key: Buffer) => createHmac('sha256', key).update(auth).digest()
  t.equal(signed(serverKey).toString('base64'), '6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=')
  const proof = Buffer.from('dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=', 'base64')
  const signature = signed(storedKey)
  const clientKey = proof.map((byte, i) => byte ^ signature[i]!)
  t.strictSame(createHash('sha256').update(clientKey).digest(), storedKey)
})

t.test('B86: both mechanisms; set again; remove', async (t) => {
  const { codes, after, keys } = alter([set('a'), set('a', SHA_512), set('b')])
  t.strictSame(codes, { a: NONE, b: NONE })
  t.strictSame(keys.sort(), ['1:a', '1:b', '2:a'])
  const stored = after.security.scram.get('2:a') as RecordValue<'UserScramCredentialRecord'>
  t.equal(stored.storedKey.length, 64)
  t.strictSame(alter([set('c')], [remove('a', SHA_512), remove('b')], after).keys.sort(), ['1:a', '1:c'])
  const more = alter([set('b', SHA_256, 8192)], [], after)
  t.match(more.after.security.scram.get('1:b'), { iterations: 8192 })
})

t.test('B86: what is refused, each user whole', async (t) => {
  const { after } = alter([set('a')])
  t.strictSame(alter([set('b', SHA_256, 4095), set('c', SHA_256, 16_385), set('d', SHA_256, 16_384)]).codes, {
    b: UNACCEPTABLE_CREDENTIAL,
    c: UNACCEPTABLE_CREDENTIAL,
    d: NONE,
  })
  t.strictSame(alter([set('')]).codes, { '': UNACCEPTABLE_CREDENTIAL })
  t.strictSame(alter([set('b', 3), set('c', 0)]).codes, {
    b: ErrorCode.UNSUPPORTED_SASL_MECHANISM,
    c: ErrorCode.UNSUPPORTED_SASL_MECHANISM,
  })
  t.match(alter([], [remove('a', SHA_512), remove('b')], after), {
    codes: { a: RESOURCE_NOT_FOUND, b: RESOURCE_NOT_FOUND },
    keys: ['1:a'],
  })
  t.match(alter([set('a')], [remove('a')], after), { codes: { a: DUPLICATE_RESOURCE }, records: [] })
  t.match(alter([set('b'), set('b'), set('c')]), { codes: { b: DUPLICATE_RESOURCE, c: NONE }, keys: ['1:c'] })
  t.match(alter([set('b', SHA_512), set('b', SHA_256, 1)]), { codes: { b: UNACCEPTABLE_CREDENTIAL }, keys: [] })
  const level = record('FeatureLevelRecord', 0, { name: FEATURE.METADATA_VERSION, featureLevel: 10 })
  t.strictSame(alter([set('b')], [], replayed(clusterOf(1), [level])).codes, { b: ErrorCode.UNSUPPORTED_VERSION })
})
