import { ConfigError } from './config-error.ts'

/** Where a raw setting came from, strongest first; the merge never drops a weaker source's other keys. */
export type ConfigSource = 'flag' | 'environment' | 'file'

export interface RawSetting {
  value: string
  source: ConfigSource
}

export interface ConfigSources {
  flags: Readonly<Record<string, string>>
  environment: Readonly<Record<string, string | undefined>>
  file: Readonly<Record<string, string>>
}

/** Variables of the images whose compose files come over to us: read elsewhere, or meant for a JVM that is not there. */
const NOT_SETTINGS = new Set([
  'KAFKA_CREATE_TOPICS',
  'KAFKA_CLUSTER_ID',
  'KAFKA_OPTS',
  'KAFKA_HEAP_OPTS',
  'KAFKA_JVM_PERFORMANCE_OPTS',
  'KAFKA_GC_LOG_OPTS',
  'KAFKA_JMX_OPTS',
  'KAFKA_JMX_PORT',
  'KAFKA_JMX_HOSTNAME',
  'KAFKA_HOME',
  'KAFKA_VERSION',
  'KAFKA_KRAFT_CLUSTER_ID',
  'KAFKA_LOG4J_OPTS',
  'KAFKA_LOG4J_LOGGERS',
  'KAFKA_LOG4J_ROOT_LOGLEVEL',
  'KAFKA_TOOLS_LOG4J_LOGLEVEL',
  'KAFKA_ENABLE_KRAFT',
  'KAFKA_INTERNAL_REMOTE_LOG_SEGMENT_DELETION',
])

/**
 * The key that an environment variable of the apache/kafka or bitnami image stands for, or undefined for any other
 * variable: `KAFKA_LOG_DIRS` and `KAFKA_CFG_LOG_DIRS` are `log.dirs`; `__` is `_` and `___` is `-`.
 */
export function keyOfVariable(name: string): string | undefined {
  if (!name.startsWith('KAFKA_') || NOT_SETTINGS.has(name)) return undefined
  const rest = name.startsWith('KAFKA_CFG_') ? name.slice('KAFKA_CFG_'.length) : name.slice('KAFKA_'.length)
  if (rest === '') return undefined
  return rest.toLowerCase().replace(/_{1,3}/g, (run) => (run.length === 3 ? '-' : run.length === 2 ? '_' : '.'))
}

/** One setting a key: flag over environment over file. */
export function mergeSources({ flags, environment, file }: ConfigSources): Map<string, RawSetting> {
  const merged = new Map<string, RawSetting>()
  for (const [key, value] of Object.entries(file)) merged.set(key, { value, source: 'file' })
  for (const [name, value] of Object.entries(environment)) {
    const key = keyOfVariable(name)
    if (key !== undefined && value !== undefined) merged.set(key, { value, source: 'environment' })
  }
  for (const [key, value] of Object.entries(flags)) merged.set(key, { value, source: 'flag' })
  return merged
}

export interface TopicToCreate {
  name: string
  partitions: number
  replicationFactor: number
  configs: Readonly<Record<string, string>>
}

/**
 * Reads `name:partitions[:replication factor[:cleanup policy]]`, the form of `--topic` and, comma-separated, of
 * KAFKA_CREATE_TOPICS. Throws a ConfigError.
 */
export function parseTopicSpec(spec: string): TopicToCreate {
  const [name = '', partitions = '1', replicationFactor = '-1', cleanupPolicy] = spec.trim().split(':')
  const whole = (text: string, what: string): number => {
    if (!/^-?\d+$/.test(text))
      throw new ConfigError(
        `Topic "${spec}": the ${what} "${text}" is not a whole number; write name:partitions[:replication factor].`,
      )
    return Number(text)
  }
  if (name === '') throw new ConfigError(`Topic "${spec}" has no name; write name:partitions[:replication factor].`)
  return {
    name,
    partitions: whole(partitions === '' ? '1' : partitions, 'number of partitions'),
    replicationFactor: whole(replicationFactor === '' ? '-1' : replicationFactor, 'replication factor'),
    configs: cleanupPolicy ? { 'cleanup.policy': cleanupPolicy } : {},
  }
}
