import { type ConfigTable, parseValue, unknownKey } from '../base/config.ts'
import type { EffectiveConfig } from '../metadata/effective-config.ts'
import { RESOURCE } from '../metadata/image.ts'
import type { ConfigRules } from './ports.ts'

/** Fact N-C7. */
const MAX_VALUE_LENGTH = 32_767

/** Rules read off the config tables. Groups and client metrics have none yet: their keys are refused. */
export function configRules(
  tables: { topic: ConfigTable; broker: ConfigTable },
  effective: EffectiveConfig,
): ConfigRules {
  const none: ConfigTable = {}
  const tableOf = (type: number): ConfigTable =>
    type === RESOURCE.TOPIC ? tables.topic : type === RESOURCE.BROKER ? tables.broker : none
  const keyOf = (type: number, name: string) => (Object.hasOwn(tableOf(type), name) ? tableOf(type)[name] : undefined)
  return {
    check(type, overrides) {
      const values: Record<string, unknown> = {}
      for (const [name, raw] of overrides) {
        if (raw.length > MAX_VALUE_LENGTH) return `the value of ${name} is longer than ${MAX_VALUE_LENGTH} characters`
        const known = keyOf(type, name) !== undefined
        // A broker's may be meant for a plug-in; Apache Kafka lets them pass too.
        if (!known && type === RESOURCE.BROKER) continue
        if (!known) return unknownKey(tableOf(type), name)
        const parsed = parseValue(tableOf(type), name, raw)
        if (!parsed.ok) return parsed.error
        values[name] = parsed.value
      }
      return type === RESOURCE.TOPIC ? checkTopic(tables.topic, values) : undefined
    },
    isList: (type, name) => keyOf(type, name)?.type === 'list',
    defaultOf(type, name) {
      const key = keyOf(type, name)
      return key?.default === undefined ? null : key.format(key.default)
    },
    describeTopic: (image, topic) => effective.describeTopic(image, topic),
  }
}

/** Keys of a topic that must agree with each other (facts H35, N-G14). */
function checkTopic(table: ConfigTable, given: Readonly<Record<string, unknown>>): string | undefined {
  const value = (name: string) => given[name] ?? table[name]?.default
  const [least, most] = [value('min.compaction.lag.ms'), value('max.compaction.lag.ms')] as number[]
  if (least! > most!) return `min.compaction.lag.ms=${least} is more than max.compaction.lag.ms=${most}`
  const policy = value('cleanup.policy') as readonly string[] | undefined
  if (value('remote.storage.enable') === true && policy?.includes('compact')) {
    return 'remote.storage.enable=true needs cleanup.policy=delete'
  }
  return undefined
}
