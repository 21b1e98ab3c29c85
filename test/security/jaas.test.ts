import t from 'tap'
import { JaasError, parseJaas } from '../../src/security/jaas.ts'

const PLAIN = 'org.apache.kafka.common.security.plain.PlainLoginModule'

t.test('KIP-85: a login module, its flag and its options', (t) => {
  const { module, options } = parseJaas(
    ` ${PLAIN} REQUIRED // the one\n username="admin" password='a\\'b "c"; =' /* users */ user_al-ice="x\\"\\\\\\n\\101" ;\n`,
  )
  t.equal(module, PLAIN)
  t.same(Object.fromEntries(options), {
    username: 'admin',
    password: 'a\'b "c"; =',
    'user_al-ice': 'x"\\\nA',
  })
  t.equal(parseJaas('M optional a=b;').options.get('a'), 'b', 'without quotation marks')
  t.equal(parseJaas('M optional;').options.size, 0)
  t.equal(parseJaas('M optional __proto__="x";').options.get('__proto__'), 'x')
  t.end()
})

t.test('what is no JAAS entry is refused in words that leave secrets out', (t) => {
  for (const [text, message] of [
    ['', /expected a login module/],
    ['M', /expected one of required/],
    ['M maybe;', /expected one of required/],
    ['M required password="hush"', /does not end with a semicolon/],
    ['M required password="hush;', /a quotation mark is not closed/],
    ['M required password;', /option password has no value/],
    ['M required password=;', /option password has no value/],
    ['M required ="hush";', /expected an option/],
    ['hush', /behind the login module/],
    ['"hush" required;', /expected a login module/],
    ['M required "hush";', /expected an option/],
    ['M required password="x" hush;', /an option has no value/],
    ['M required; N required;', /more than one login module/],
  ] as const) {
    t.throws(() => parseJaas(text), { name: 'JaasError', message }, text)
    try {
      parseJaas(text)
    } catch (error) {
      t.notMatch((error as JaasError).message, /hush/)
    }
  }
  t.ok(JaasError)
  t.end()
})

t.test('blanks and comments are read in one way only, however many there are', (t) => {
  const blanks = `${' '.repeat(5000)}${'/**/ '.repeat(500)}`
  t.equal(parseJaas(`${blanks}M${blanks}required${blanks}a=b${blanks};${blanks}`).options.get('a'), 'b')
  t.end()
})
