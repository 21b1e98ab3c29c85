import { existsSync, readFileSync } from 'node:fs'
import t from 'tap'
import {
  boolean,
  CONFIG_TYPE,
  type ConfigOf,
  configTable,
  defaultsFromSynonyms,
  defaultsOf,
  double,
  enumeration,
  int,
  LONG_MAX,
  list,
  long,
  mergeTables,
  nearestKey,
  parseConfig,
  parseValue,
  password,
  short,
  string,
  unknownKey,
} from '../../src/base/config.ts'

const table = configTable({
  'log.segment.bytes': int({ default: 1073741824, min: 14, update: 'cluster-wide', doc: 'Roll at this size.' }),
  'log.retention.ms': long({ default: null, doc: 'Keep this long.' }),
  'log.retention.minutes': int({ default: null, doc: 'Keep this long.' }),
  'log.retention.hours': int({ default: 168, doc: 'Keep this long.' }),
  'log.flush.interval.messages': long({ default: LONG_MAX, min: 1, doc: 'Sync after this many.' }),
  'offsets.topic.replication.factor': short({ default: 3, min: 1, doc: 'Copies.' }),
  'threads.pool': int({ default: -1, min: 1, also: [-1], doc: 'Threads.' }),
  'clean.ratio': double({ default: 0.5, min: 0, max: 1, doc: 'When to clean.' }),
  'auto.create.topics.enable': boolean({ default: true, doc: 'Create on first use.' }),
  'log.dirs': list({ default: null, notEmpty: true, doc: 'Where.' }),
  'cleanup.policy': list({ default: ['delete'], values: ['delete', 'compact'], doc: 'How.' }),
  'compression.type': enumeration({ values: ['producer', 'gzip'], default: 'producer', doc: 'Codec.' }),
  'key.password': password({
    default: null,
    doc: 'Secret.',
    validate: (v) => (v.length < 3 ? 'too short' : undefined),
  }),
  'rack.id': string({ default: '', doc: 'Rack.' }),
})

t.test('values are typed by key', async (t) => {
  const { values, errors, unknown } = parseConfig(table, {
    'log.segment.bytes': ' 2048 ',
    'auto.create.topics.enable': 'FALSE',
    'log.dirs': 'a, b',
    'compression.type': 'gzip',
    'log.retention.ms': '-1',
  })
  const config: ConfigOf<typeof table> = values
  const bytes: number = config['log.segment.bytes']
  const retention: number | null = config['log.retention.ms']
  const codec: 'producer' | 'gzip' = config['compression.type']
  const dirs: readonly string[] | null = config['log.dirs']
  t.same([bytes, retention, codec, dirs], [2048, -1, 'gzip', ['a', 'b']])
  t.equal(config['auto.create.topics.enable'], false)
  t.equal(config['log.retention.hours'], 168, 'the default where nothing was given')
  t.same(errors, [])
  t.same(unknown, [])
})

t.test('an error names the key, the value and what is accepted, and all are collected', async (t) => {
  const { errors, values } = parseConfig(table, {
    'log.segment.bytes': '13',
    'clean.ratio': '1.5',
    'threads.pool': '0',
    'compression.type': 'zip',
    'cleanup.policy': 'delete,shred',
    'log.dirs': '',
    'auto.create.topics.enable': 'yes',
    'log.retention.hours': '1e3',
    'key.password': 'ab',
  })
  t.same(errors, [
    'log.segment.bytes=13: expected a whole number, at least 14',
    'clean.ratio=1.5: expected a number from 0 to 1',
    'threads.pool=0: expected a whole number, at least 1, or -1',
    'compression.type=zip: expected one of producer, gzip',
    'cleanup.policy=delete,shred: expected a comma-separated list of delete, compact',
    'log.dirs=: expected a comma-separated list, not empty',
    'auto.create.topics.enable=yes: expected true or false',
    'log.retention.hours=1e3: expected a whole number from -2147483648 to 2147483647',
    'key.password: too short',
  ])
  t.equal(values['log.segment.bytes'], 1073741824)
})

t.test('a key without default must be set', async (t) => {
  const required = configTable({ 'node.id': int({ min: 0, doc: 'Who.' }) })
  t.same(parseConfig(required, {}).errors, ['node.id must be set: expected a whole number, at least 0'])
  const id: number = parseConfig(required, { 'node.id': '3' }).values['node.id']
  t.equal(id, 3)
})

t.test('64-bit ends are exact, what lies beyond them is refused', async (t) => {
  const key = table['log.flush.interval.messages']
  t.equal(key.format(key.parse('9223372036854775807')), '9223372036854775807')
  t.notOk(parseValue(table, 'log.flush.interval.messages', '9223372036854775808').ok)
  t.equal(table['log.retention.ms'].format(604800000), '604800000')
  t.equal(table['log.retention.ms'].format(-(2 ** 63)), '-9223372036854775808')
  t.notOk(parseValue(table, 'log.segment.bytes', '2147483648').ok)
})

t.test('defaults print as DescribeConfigs does', async (t) => {
  const texts = Object.fromEntries(Object.entries(table).map(([name, key]) => [name, key.format(key.default as never)]))
  t.equal(texts['clean.ratio'], '0.5')
  t.equal(texts['log.flush.interval.messages'], '9223372036854775807')
  t.equal(texts['log.dirs'], null)
  t.equal(texts['cleanup.policy'], 'delete')
  t.equal(texts['auto.create.topics.enable'], 'true')
  t.equal(table['clean.ratio'].format(1), '1.0')
  t.equal(table['clean.ratio'].format(Number.MAX_VALUE), '1.7976931348623157E308')
  t.equal(table['clean.ratio'].format(0.0001), '1.0E-4')
})

t.test('N-H3: lists drop repeats and refuse empty items', async (t) => {
  t.same(table['cleanup.policy'].parse('compact,delete,compact'), ['compact', 'delete'])
  t.same(table['cleanup.policy'].parse(''), [])
  t.notOk(parseValue(table, 'cleanup.policy', 'compact,,delete').ok)
  t.notOk(parseValue(table, 'log.dirs', '').ok)
})

t.test('H29: topic defaults come from the first broker synonym that is set', async (t) => {
  const topic = configTable({
    'retention.ms': long({
      default: 604800000,
      doc: 'Keep this long.',
      synonyms: [
        'log.retention.ms',
        { key: 'log.retention.minutes', multiply: 60_000 },
        { key: 'log.retention.hours', multiply: 3_600_000 },
      ],
    }),
    'remote.storage.enable': boolean({ default: false, doc: 'Tiering.' }),
  })
  const of = (raw: Record<string, string>) =>
    defaultsFromSynonyms(topic, parseConfig(table, raw).values)['retention.ms']
  t.equal(of({}), 604800000)
  t.equal(of({ 'log.retention.minutes': '2' }), 120_000)
  t.equal(of({ 'log.retention.minutes': '2', 'log.retention.ms': '5' }), 5)
  t.equal(of({ 'log.retention.hours': '-1' }), -1)
  t.equal(defaultsFromSynonyms(topic, {})['remote.storage.enable'], false)
})

t.test('an unknown key is told with its nearest known one', async (t) => {
  t.same(parseConfig(table, { 'log.segmnt.bytes': '1' }).unknown, ['log.segmnt.bytes'])
  t.match(unknownKey(table, 'log.segmnt.bytes'), 'did you mean log.segment.bytes?')
  t.equal(nearestKey(table, 'auto.create.topic.enable'), 'auto.create.topics.enable')
  t.equal(nearestKey(table, 'zookeeper.connect'), undefined)
  t.same(parseConfig(table, { constructor: 'x' }).unknown, ['constructor'])
})

t.test('mistakes in a table stop the program', async (t) => {
  t.throws(() => mergeTables(table, configTable({ 'rack.id': string({ default: '', doc: '' }) })), /two config tables/)
  t.throws(() => configTable({ k: int({ default: 0, min: 1, doc: '' }) }), /default of k/)
  const merged = mergeTables(table, configTable({ other: int({ default: 1, doc: '' }) }))
  const both: number = defaultsOf(merged).other + defaultsOf(merged)['log.segment.bytes']
  t.equal(both, 1073741825)
})

t.test('H31: config type numbers', async (t) => {
  t.equal(CONFIG_TYPE[table['compression.type'].type], 2)
  t.equal(CONFIG_TYPE[table['key.password'].type], 9)
  t.equal(table['key.password'].sensitive, true)
})

t.test('numbers print as the facts have them', async (t) => {
  const path = '../shared/kafka/broker-configs.json'
  if (!existsSync(path)) return t.comment('no facts here')
  const facts = JSON.parse(readFileSync(path, 'utf8')) as { name: string; type: string; default: string | null }[]
  for (const { name, type, default: text } of facts) {
    const builder = { int, long, short, double }[type]
    if (builder === undefined || text === null) continue
    const key = builder({ default: null, doc: '' })
    t.equal(key.format(key.parse(text)), text, name)
  }
})
