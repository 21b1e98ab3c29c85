import { existsSync, readFileSync } from 'node:fs'
import { parseJavaProperties } from '../../protocol/checkpoint/java-properties.ts'
import { apiConfig } from '../api/config.ts'
import {
  boolean,
  type ConfigOf,
  configTable,
  int,
  list,
  mergeTables,
  parseConfig,
  string,
  unknownKey,
} from '../base/config.ts'
import { controllerConfig } from '../controller/config.ts'
import { groupConfig } from '../coordinator/group/config.ts'
import { logConfig } from '../log/config.ts'
import { netConfig } from '../net/config.ts'
import { quorumConfig } from '../quorum/config.ts'
import { replicaConfig } from '../replica/config.ts'
import { securityConfig } from '../security/config.ts'
import { isAcceptedWithoutEffect } from './accepted-keys.ts'
import { parseAdminListener } from './admin-listener.ts'
import { ConfigError } from './config-error.ts'
import { mergeSources } from './config-sources.ts'

export { ConfigError } from './config-error.ts'

/** Who this node is. */
const nodeConfigTable = configTable({
  'node.id': int({ default: 1, min: 0, doc: 'Names this node within its cluster.' }),
  'process.roles': list({
    default: ['broker', 'controller'],
    values: ['broker', 'controller'],
    notEmpty: true,
    doc: 'What this process is: a broker, a controller, or both.',
  }),
  'initial.broker.registration.timeout.ms': int({
    default: 60000,
    doc: 'Milliseconds that a broker tries to register before it gives up.',
  }),
  'odradek.admin.listener': string({
    default: null,
    doc: 'Where this node answers GET /metrics and /health: host:port, or a port of 127.0.0.1; not at all unless set.',
    validate: (text) => (parseAdminListener(text) ? undefined : 'expected host:port, or a port of 127.0.0.1'),
  }),
  'odradek.metrics.partitions': boolean({
    default: false,
    doc: 'Whether /metrics has some series for every replica too.',
  }),
  'broker.rack': string({ default: null, doc: 'Where this broker stands; replicas are spread over racks.' }),
})

export const brokerConfig = mergeTables(
  nodeConfigTable,
  netConfig,
  logConfig,
  replicaConfig,
  groupConfig,
  controllerConfig,
  quorumConfig,
  apiConfig,
  securityConfig,
)
export type BrokerConfig = ConfigOf<typeof brokerConfig>

export interface ResolvedConfig {
  readonly values: BrokerConfig
  /** What file, environment and flags set, in text form: the static broker configs that DescribeConfigs shows. */
  readonly given: ReadonlyMap<string, string>
  /** Keys of `listener.name.<listener>.`, as text; secrets are among them. */
  readonly ofListeners: ReadonlyMap<string, string>
  /** One sentence each. */
  readonly warnings: readonly string[]
}

/** Old names that Kafka still reads, by the name in use. */
const ALIASES: Readonly<Record<string, string>> = { 'broker.id': 'node.id' }

/** Merges flags over environment over file over defaults, and says what is wrong or unknown. Throws ConfigError. */
export function resolveConfig(sources: {
  flags?: Readonly<Record<string, string>>
  environment?: Readonly<Record<string, string | undefined>>
  file?: Readonly<Record<string, string>>
}): ResolvedConfig {
  const merged = mergeSources({
    flags: sources.flags ?? {},
    environment: sources.environment ?? {},
    file: sources.file ?? {},
  })
  const given = new Map<string, string>()
  for (const [key, { value }] of merged) {
    const name = ALIASES[key] ?? key
    if (name === key || !merged.has(name)) given.set(name, value)
  }
  const { values, errors, unknown } = parseConfig(brokerConfig, Object.fromEntries(given))
  if (errors.length > 0) throw new ConfigError(errors.join('\n'))
  const warnings = unknown.filter((key) => !isAcceptedWithoutEffect(key)).map((key) => unknownKey(brokerConfig, key))
  const ofListeners = new Map([...given].filter(([key]) => key.startsWith('listener.name.')))
  for (const key of unknown) given.delete(key)
  return { values, given, ofListeners, warnings }
}

/** Reads a `server.properties` file as Java would. Throws ConfigError. */
export function readPropertiesFile(path: string): Record<string, string> {
  if (!existsSync(path)) throw new ConfigError(`The configuration file ${path} does not exist.`)
  try {
    return Object.fromEntries(parseJavaProperties(readFileSync(path, 'latin1')))
  } catch (cause) {
    throw new ConfigError(`The configuration file ${path} cannot be read: ${(cause as Error).message}`, { cause })
  }
}
