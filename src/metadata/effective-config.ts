import {
  CONFIG_TYPE,
  type ConfigKey,
  type ConfigOf,
  type ConfigTable,
  defaultsFromSynonyms,
  parseValue,
  synonymOf,
} from '../base/config.ts'
import { problemOfBrokerValues } from './broker-values.ts'
import { type MetadataImage, RESOURCE } from './image.ts'

/** Where a value comes from, as DescribeConfigs numbers it (KIP-226). */
export const CONFIG_SOURCE = {
  DYNAMIC_TOPIC: 1,
  DYNAMIC_BROKER: 2,
  DYNAMIC_DEFAULT_BROKER: 3,
  STATIC_BROKER: 4,
  DEFAULT: 5,
} as const
export type ConfigSourceId = (typeof CONFIG_SOURCE)[keyof typeof CONFIG_SOURCE]

export interface ConfigSynonym {
  name: string
  value: string | null
  source: ConfigSourceId
}

/** One key as DescribeConfigs shows it. */
export interface ConfigEntry extends ConfigSynonym {
  readOnly: boolean
  sensitive: boolean
  type: number
  documentation: string
  /** Every place that sets the key, strongest first; the first one wins. */
  synonyms: ConfigSynonym[]
}

export interface StaticConfig {
  readonly topicTable: ConfigTable
  readonly brokerTable: ConfigTable
  /** Keys that file, environment or flags set, in text form. */
  readonly given: ReadonlyMap<string, string>
  /** The broker table's values with `given` applied. */
  readonly values: Readonly<Record<string, unknown>>
}

/**
 * What a key is in the end: set for the topic, for this broker, for all brokers, in its file, or by default, in this
 * order (facts H28-H31).
 */
export class EffectiveConfig {
  readonly #static: StaticConfig
  readonly #nodeId: number

  constructor(nodeId: number, statics: StaticConfig) {
    this.#nodeId = nodeId
    this.#static = statics
  }

  /** A topic's values, typed by its table. A dynamic value that no longer parses is passed over. */
  topicValues<Table extends ConfigTable>(table: Table, image: MetadataImage, topic: string): ConfigOf<Table> {
    const values: Record<string, unknown> = { ...defaultsFromSynonyms(table, this.brokerValues(image)) }
    apply(table, this.#topic(image, topic), values)
    return values as ConfigOf<Table>
  }

  /** This broker's values. What was set while it ran counts only where it may be: not for what is fixed at start. */
  brokerValues(image: MetadataImage): Record<string, unknown> {
    const { brokerTable, values } = this.#static
    const live = { ...values }
    apply(brokerTable, this.#brokerDefaults(image), live, ({ update }) => update === 'cluster-wide')
    apply(brokerTable, this.#broker(image), live, ({ update }) => update !== 'read-only')
    return live
  }

  /** What is wrong with these values for this broker, or ('') for all, as a sentence; undefined if nothing. */
  problemOfBrokerValues(image: MetadataImage, broker: string, wanted: ReadonlyMap<string, string>): string | undefined {
    return problemOfBrokerValues(this.#static.brokerTable, this.brokerValues(image), wanted, broker === '')
  }

  describeTopic(image: MetadataImage, topic: string): ConfigEntry[] {
    const own = this.#topic(image, topic)
    const values = this.topicValues(this.#static.topicTable, image, topic) as Record<string, unknown>
    return shown(this.#static.topicTable).map(([name, key]) => {
      const primary = key.synonyms[0] && synonymOf(key.synonyms[0]).key
      const broker =
        primary === undefined
          ? []
          : this.#synonyms(
              image,
              primary,
              key.synonyms.map((synonym) => synonymOf(synonym).key),
            )
      const set = own.get(name)
      const synonyms =
        set === undefined ? broker : [{ name, value: set, source: CONFIG_SOURCE.DYNAMIC_TOPIC }, ...broker]
      return entry(name, key, key.format(values[name]), synonyms, false)
    })
  }

  describeBroker(image: MetadataImage): ConfigEntry[] {
    const values = this.brokerValues(image)
    const known = shown(this.#static.brokerTable).map(([name, key]) => {
      const synonyms = this.#synonyms(image, name, [name, ...key.synonyms.map((synonym) => synonymOf(synonym).key)])
      return entry(name, key, key.format(values[name]), synonyms, key.update === 'read-only')
    })
    const own = this.#broker(image)
    const rest = [...this.#brokerDefaults(image).keys()].filter((name) => !own.has(name))
    return [
      ...known,
      ...this.#unknown(own.keys(), CONFIG_SOURCE.DYNAMIC_BROKER),
      ...this.#unknown(rest, CONFIG_SOURCE.DYNAMIC_DEFAULT_BROKER),
    ]
  }

  /** Only what was set for all brokers: the resource with the empty name. */
  describeBrokerDefaults(image: MetadataImage): ConfigEntry[] {
    const set = this.#brokerDefaults(image)
    const known = shown(this.#static.brokerTable).flatMap(([name, key]) => {
      const value = set.get(name)
      if (value === undefined) return []
      return [
        entry(
          name,
          key,
          value,
          [{ name, value, source: CONFIG_SOURCE.DYNAMIC_DEFAULT_BROKER }],
          key.update === 'read-only',
        ),
      ]
    })
    return [...known, ...this.#unknown(set.keys(), CONFIG_SOURCE.DYNAMIC_DEFAULT_BROKER)]
  }

  /** Keys that were set and that nobody here knows: they may hold a secret, so their values are not shown. */
  #unknown(names: Iterable<string>, source: ConfigSourceId): ConfigEntry[] {
    return [...names]
      .filter((name) => !Object.hasOwn(this.#static.brokerTable, name))
      .map((name) => {
        const synonyms = [{ name, value: null, source }]
        return { name, value: null, source, readOnly: true, sensitive: true, type: 0, documentation: '', synonyms }
      })
  }

  /** Places that set one of `keys`, strongest first, from the first that sets `primary` itself on. */
  #synonyms(image: MetadataImage, primary: string, keys: readonly string[]): ConfigSynonym[] {
    const { brokerTable, given } = this.#static
    const found: ConfigSynonym[] = []
    const add = (source: ConfigSourceId, values: ReadonlyMap<string, string>) => {
      for (const name of keys) {
        const value = values.get(name)
        if (value !== undefined) found.push({ name, value: brokerTable[name]?.sensitive ? null : value, source })
      }
    }
    add(CONFIG_SOURCE.DYNAMIC_BROKER, this.#broker(image))
    add(CONFIG_SOURCE.DYNAMIC_DEFAULT_BROKER, this.#brokerDefaults(image))
    add(CONFIG_SOURCE.STATIC_BROKER, given)
    for (const name of keys) {
      const key = brokerTable[name]
      const value = key?.default === undefined ? null : key.format(key.default)
      if (value !== null) found.push({ name, value, source: CONFIG_SOURCE.DEFAULT })
    }
    const first = found.findIndex(({ name }) => name === primary)
    return first < 0 ? [] : found.slice(first)
  }

  #topic(image: MetadataImage, topic: string): ReadonlyMap<string, string> {
    return image.configs.of(RESOURCE.TOPIC, topic)
  }

  #broker(image: MetadataImage): ReadonlyMap<string, string> {
    return image.configs.of(RESOURCE.BROKER, String(this.#nodeId))
  }

  #brokerDefaults(image: MetadataImage): ReadonlyMap<string, string> {
    return image.configs.of(RESOURCE.BROKER, '')
  }
}

const shown = (table: ConfigTable): [string, ConfigKey][] => Object.entries(table).filter(([, key]) => !key.internal)

function apply(
  table: ConfigTable,
  raw: ReadonlyMap<string, string>,
  values: Record<string, unknown>,
  counts: (key: ConfigKey) => boolean = () => true,
): void {
  for (const [name, text] of raw) {
    const parsed = parseValue(table, name, text)
    if (parsed.ok && counts(table[name]!)) values[name] = parsed.value
  }
}

function entry(
  name: string,
  key: ConfigKey,
  value: string | null,
  synonyms: ConfigSynonym[],
  readOnly: boolean,
): ConfigEntry {
  return {
    name,
    value: key.sensitive ? null : value,
    source: synonyms[0]?.source ?? CONFIG_SOURCE.DEFAULT,
    readOnly,
    sensitive: key.sensitive,
    type: CONFIG_TYPE[key.type],
    documentation: key.doc,
    synonyms,
  }
}
