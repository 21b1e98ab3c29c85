import t from 'tap'
import { SeededRandom } from '../../src/base/seeded-random.ts'
import { credentialOf } from '../../src/metadata/scram.ts'
import { saltedPassword } from '../../src/security/scram.ts'
import { parseScramArgument } from '../../src/security/scram-argument.ts'

const random = new SeededRandom(1)
const parse = (text: string) => parseScramArgument(text, random).value as Record<string, unknown>

t.test('KIP-900: users to begin with', (t) => {
  const salt = Buffer.from('saltsalt')
  const salted = saltedPassword('SCRAM-SHA-256', 'a]b = "c"', salt, 5000)
  const credential = { name: 'alice', mechanism: 1, ...credentialOf('SCRAM-SHA-256', salted, salt, 5000) }
  const given = `salt=${salt.toString('base64')},iterations=5000`
  t.match(parse(`SCRAM-SHA-256=[name=alice,password=a]b = "c",${given}]`), credential)
  t.match(parse(`SCRAM-SHA-256=[name="alice",password="a]b = "c"",${given}]`), credential)
  t.match(parse(`SCRAM-SHA-256=[name=alice,saltedpassword=${salted.toString('base64')},${given}]`), credential)
  const made = parse('SCRAM-SHA-512=[name=bob,password=secret]')
  const own = made.salt as Buffer
  t.match(own.toString(), /^[0-9a-z]{20,26}$/)
  const expected = credentialOf('SCRAM-SHA-512', saltedPassword('SCRAM-SHA-512', 'secret', own, 4096), own, 4096)
  t.match(made, { name: 'bob', mechanism: 2, ...expected })
  t.notSame(parse('SCRAM-SHA-512=[name=bob,password=secret]').salt, own)
  t.end()
})

t.test('what is no user to begin with', (t) => {
  for (const [text, message] of [
    ['alice', /expected a credential such as/],
    ['SCRAM-SHA-256=name=a,password=hush', /expected a credential such as/],
    ['SCRAM-SHA-1=[name=a,password=hush]', /there is no mechanism SCRAM-SHA-1; SCRAM-SHA-256 and SCRAM-SHA-512 are/],
    ['SCRAM-SHA-256=[password=hush]', /no name/],
    ['SCRAM-SHA-256=[name=a]', /neither password nor saltedpassword/],
    ['SCRAM-SHA-256=[name=a,saltedpassword=aHVzaA==]', /saltedpassword and no salt/],
    ['SCRAM-SHA-256=[name=a,password=hush,iterations=4095]', /iterations=4095: expected 4096 to 16384/],
    ['SCRAM-SHA-256=[name=a,password=hush,iterations=1e5]', /iterations=1e5/],
    ['SCRAM-SHA-256=[name=a,password=hush,salt=?]', /salt is not base64/],
    ['SCRAM-SHA-256=[name=a,password=hush,colour=red]', /expected name=, password=/],
    ['SCRAM-SHA-256=[name=a,password=hu,sh]', /expected name=, password=/],
  ] as const) {
    t.throws(() => parse(text), { name: 'ScramArgumentError', message }, text)
    t.notMatch(String(t.throws(() => parse(text))), /hush/)
  }
  t.end()
})
