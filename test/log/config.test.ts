import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import t from 'tap'
import {
  type ConfigKey,
  type ConfigTable,
  defaultsFromSynonyms,
  defaultsOf,
  parseConfig,
  synonymOf,
} from '../../src/base/config.ts'
import { logConfig, logDirsOf, segmentBytes, topicConfig } from '../../src/log/config.ts'

interface Fact {
  name: string
  type: string
  default: string | null
  validator?: { kind: string; min?: number; max?: number; alsoAllowed?: number[]; values?: string[] }
  update?: string
  brokerSynonyms?: { name: string; multiply?: number }[]
  internal?: boolean
  source?: string
}

const FACTS = resolve('../shared/kafka')
const skip = existsSync(FACTS) ? false : 'the facts about Kafka are not here'
const facts = (file: string) => JSON.parse(readFileSync(resolve(FACTS, file), 'utf8')) as Fact[]

/** N-H5: gone with 4.0. */
const REMOVED = /^(log\.)?message\.(format\.version|downconversion\.enable|timestamp\.difference\.max\.ms)$/
/** N-H1, N-H2, H.3: later releases differ from the snapshot. */
const LATER: Record<string, Partial<{ default: string; min: number; type: string }>> = {
  'message.timestamp.after.max.ms': { default: '3600000' },
  'log.message.timestamp.after.max.ms': { default: '3600000' },
  'segment.bytes': { min: 1048576 },
  'log.segment.bytes': { min: 1048576 },
  'num.recovery.threads.per.data.dir': { default: '2' },
  'log.dir': { type: 'list' },
  'log.dirs': { type: 'list' },
}

function compare(t: Tap, table: ConfigTable, fact: Fact): void {
  const key = table[fact.name] as ConfigKey | undefined
  if (key === undefined) return void t.fail(`${fact.name} is missing`)
  const { default: defaultValue = fact.default, min = fact.validator?.min, type = fact.type } = LATER[fact.name] ?? {}
  t.equal(key.type, type, `${fact.name}: type`)
  t.equal(key.format(key.default), defaultValue, `${fact.name}: default`)
  t.equal(key.min, min, `${fact.name}: min`)
  t.equal(key.max, fact.validator?.max, `${fact.name}: max`)
  if (fact.validator?.values && key.values) t.same([...key.values].sort(), [...fact.validator.values].sort(), fact.name)
  if (fact.update) t.equal(key.update, fact.update, `${fact.name}: update`)
  t.equal(key.internal, fact.internal ?? false, `${fact.name}: internal`)
}

type Tap = Pick<typeof t, 'equal' | 'same' | 'fail'>

t.test('topic keys are those of Kafka', { skip }, async (t) => {
  for (const fact of facts('topic-configs.json')) {
    if (REMOVED.test(fact.name)) continue
    compare(t, topicConfig, fact)
    const synonyms = topicConfig[fact.name as keyof typeof topicConfig]?.synonyms.map(synonymOf) ?? []
    t.same(
      synonyms,
      fact.brokerSynonyms?.map(({ name, multiply = 1 }) => ({ key: name, multiply })),
      `${fact.name}: synonyms`,
    )
  }
})

t.test('broker keys of the log are those of Kafka', { skip }, async (t) => {
  for (const fact of facts('broker-configs.json')) {
    const isLogs = /^(log\.|compression\.|message\.max|producer\.id\.|num\.recovery|transaction\.partition)/.test(
      fact.name,
    )
    if (isLogs && !REMOVED.test(fact.name)) compare(t, logConfig, fact)
  }
})

t.test('defaults of a topic come from the broker, in the order of the synonyms', async (t) => {
  const broker = {
    ...defaultsOf(logConfig),
    'log.retention.hours': 2,
    'log.retention.minutes': 30,
    'log.roll.hours': 1,
  }
  t.match(defaultsFromSynonyms(topicConfig, broker), { 'retention.ms': 1_800_000, 'segment.ms': 3_600_000 })
  t.match(defaultsFromSynonyms(topicConfig, { ...broker, 'log.retention.ms': -1 }), { 'retention.ms': -1 })
})

t.test('N-G11: internal.segment.bytes for tests', async (t) => {
  const { values, errors } = parseConfig(topicConfig, { 'segment.bytes': '1000' })
  t.equal(errors.length, 1)
  t.equal(segmentBytes({ ...values, 'internal.segment.bytes': 14 }), 14)
})

t.test('replicas to be throttled', async (t) => {
  const key = 'leader.replication.throttled.replicas'
  t.same(parseConfig(topicConfig, { [key]: '0:1,1:2' }).errors, [])
  t.same(parseConfig(topicConfig, { [key]: '*' }).errors, [])
  t.equal(parseConfig(topicConfig, { [key]: '0:x' }).errors.length, 1)
})

t.test('log.dirs goes before log.dir', async (t) => {
  t.same(logDirsOf({ 'log.dir': ['/a'], 'log.dirs': null }), ['/a'])
  t.same(logDirsOf({ 'log.dir': ['/a'], 'log.dirs': ['/b', '/c'] }), ['/b', '/c'])
})
