import t from 'tap'
import { defaultsOf } from '../../src/base/config.ts'
import { securityConfig } from '../../src/security/config.ts'
import { ownCredentials, saslSettings } from '../../src/security/sasl-settings.ts'

const PLAIN = 'org.apache.kafka.common.security.plain.PlainLoginModule required'
const SCRAM = 'org.apache.kafka.common.security.scram.ScramLoginModule required'
const PREFIX = 'listener.name.outside.'

const source = (given: Record<string, string>, values: Record<string, unknown> = {}) => ({
  values: { ...defaultsOf(securityConfig), ...values },
  given: new Map(Object.entries(given)),
})

t.test('who comes in through a listener', (t) => {
  const settings = saslSettings(
    source(
      {
        [`${PREFIX}sasl.enabled.mechanisms`]: 'SCRAM-SHA-256,PLAIN',
        [`${PREFIX}plain.sasl.jaas.config`]: `${PLAIN} username="n" password="p" user_alice="a" user_b.o_b="b";`,
        [`${PREFIX}connections.max.reauth.ms`]: '7000',
        [`${PREFIX}plain.connections.max.reauth.ms`]: '3000',
        'listener.name.inside.connections.max.reauth.ms': '1',
      },
      { 'sasl.server.max.receive.size': 100 },
    ),
    'OUTSIDE',
  )
  t.same(settings.mechanisms, ['PLAIN', 'SCRAM-SHA-256'], 'in the order of Apache Kafka')
  t.same(Object.fromEntries(settings.passwords), { alice: 'a', 'b.o_b': 'b' }, 'the node’s own password opens nothing')
  t.match(settings, { maxTokenBytes: 100, failureDelayMs: 100 })
  t.same(Object.fromEntries(settings.maxReauthMs), { PLAIN: 3000, 'SCRAM-SHA-256': 7000 }, 'each mechanism has its own')
  const scram = saslSettings(source({}, { 'sasl.enabled.mechanisms': ['SCRAM-SHA-512'] }), 'OUTSIDE')
  t.equal(scram.passwords.size, 0, 'SCRAM needs no login module: the cluster knows its users')
  const broad = { 'sasl.enabled.mechanisms': ['PLAIN'], 'sasl.jaas.config': `${PLAIN} user_x="y";` }
  t.same(saslSettings(source({}, broad), 'OUTSIDE').passwords, new Map([['x', 'y']]))
  t.end()
})

t.test('as whom a node comes in', (t) => {
  const key = 'sasl.mechanism.inter.broker.protocol'
  const given = { [`${PREFIX}scram-sha-512.sasl.jaas.config`]: `${SCRAM} username="node" password="secret";` }
  t.same(ownCredentials(source(given, { [key]: 'SCRAM-SHA-512' }), 'OUTSIDE', key), {
    mechanism: 'SCRAM-SHA-512',
    user: 'node',
    password: 'secret',
  })
  t.end()
})

t.test('what a configuration lacks or says wrongly is named', (t) => {
  const jaas = `${PREFIX}plain.sasl.jaas.config`
  for (const [mechanisms, given, message] of [
    [['GSSAPI'], {}, /OUTSIDE: sasl.enabled.mechanisms says GSSAPI, which is not served; PLAIN, SCRAM-SHA-256/],
    [['PLAIN', 'OAUTHBEARER'], {}, /OAUTHBEARER, which is not served/],
    [[], {}, /sasl.enabled.mechanisms is empty/],
    [['PLAIN'], {}, /mechanism PLAIN needs listener.name.outside.plain.sasl.jaas.config/],
    [['PLAIN'], { [jaas]: `${SCRAM};` }, /needs org.apache.kafka.common.security.plain.PlainLoginModule, not/],
    [['PLAIN'], { [jaas]: `${PLAIN} user_a="hush"` }, /plain.sasl.jaas.config: .* does not end with a semicolon/],
    [['PLAIN'], { [`${PREFIX}connections.max.reauth.ms`]: 'soon' }, /listener.name.outside.connections.max.reauth.ms/],
    [['PLAIN'], { [`${PREFIX}plain.connections.max.reauth.ms`]: 'soon' }, /outside.plain.connections.max.reauth.ms/],
    [
      ['PLAIN'],
      { [`${PREFIX}plain.sasl.server.callback.handler.class`]: 'Ldap' },
      /callback.handler.class: there are no/,
    ],
    [['PLAIN'], { [`${PREFIX}principal.builder.class`]: 'Names' }, /listener.name.outside.principal.builder.class/],
  ] as const) {
    const config = source({ [jaas]: `${PLAIN} user_a="b";`, ...given }, { 'sasl.enabled.mechanisms': mechanisms })
    if (/needs listener/.test(String(message))) config.given.delete(jaas)
    t.throws(() => saslSettings(config, 'OUTSIDE'), { name: 'SaslConfigError', message })
  }
  const own = source({ [jaas]: `${PLAIN} username="node";` }, { 'sasl.mechanism.controller.protocol': 'PLAIN' })
  const message = /no username and password/
  t.throws(() => ownCredentials(own, 'OUTSIDE', 'sasl.mechanism.controller.protocol'), { message })
  t.end()
})
