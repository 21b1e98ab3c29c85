import t from 'tap'
import { ErrorCode } from '../../protocol/errors.ts'
import {
  ANONYMOUS,
  decodePrincipal,
  encodePrincipal,
  isSamePrincipal,
  parsePrincipal,
  principalText,
  userPrincipal,
} from '../../src/security/principal.ts'

t.test('B89: a principal comes out of its bytes as it went in', (t) => {
  const principals = [ANONYMOUS, userPrincipal('alice'), { type: 'Robot', name: 'ä:b', tokenAuthenticated: true }]
  for (const principal of principals) t.same(decodePrincipal(encodePrincipal(principal)), principal)
  // int16 version 0, compact strings, a boolean, no tagged fields.
  t.equal(encodePrincipal(userPrincipal('al')).toString('hex'), `000005${'55736572'}03${'616c'}0000`)
  t.end()
})

t.test('B89: bytes that are no principal', (t) => {
  const whole = encodePrincipal(userPrincipal('alice'))
  const otherVersion = Buffer.from(whole)
  otherVersion.writeInt16BE(1)
  for (const bytes of [null, Buffer.alloc(0), Buffer.alloc(1), otherVersion, whole.subarray(0, whole.length - 1)])
    t.throws(() => decodePrincipal(bytes), { code: ErrorCode.PRINCIPAL_DESERIALIZATION_FAILURE })
  t.end()
})

t.test('principals as text', (t) => {
  t.equal(principalText(ANONYMOUS), 'User:ANONYMOUS')
  t.same(parsePrincipal('User:CN=a:b'), userPrincipal('CN=a:b'))
  for (const text of ['', 'alice', ':alice', 'User:']) t.equal(parsePrincipal(text), undefined, text)
  t.ok(isSamePrincipal(userPrincipal('a'), { ...userPrincipal('a'), tokenAuthenticated: true }))
  t.notOk(isSamePrincipal(userPrincipal('a'), userPrincipal('b')))
  t.notOk(isSamePrincipal(userPrincipal('a'), { ...userPrincipal('a'), type: 'Group' }))
  t.end()
})
