import { type ConfigTable, parseValue } from '../base/config.ts'
import { isScram } from '../metadata/scram.ts'
import { type SecurityConfig, securityConfig } from './config.ts'
import { type JaasEntry, JaasError, parseJaas } from './jaas.ts'

/** The login module that a mechanism needs; its options hold the names and passwords. */
const PLAIN_MODULE = 'org.apache.kafka.common.security.plain.PlainLoginModule'
const SCRAM_MODULE = 'org.apache.kafka.common.security.scram.ScramLoginModule'
const JAAS_CONFIG = 'sasl.jaas.config'
const CALLBACK_HANDLER = 'sasl.server.callback.handler.class'
const SERVED = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512']
/** Options of PlainLoginModule that say who may come in. */
const USER_PREFIX = 'user_'

/** A configuration with which nobody could come in, or anybody: a sentence for whoever wrote it. */
export class SaslConfigError extends Error {
  override name = 'SaslConfigError'
}

/** Who comes in through a listener, and how. */
export interface SaslSettings {
  /** What clients are told, in this order. */
  readonly mechanisms: readonly string[]
  /** Of PLAIN, by user. */
  readonly passwords: ReadonlyMap<string, string>
  readonly maxTokenBytes: number
  /** By mechanism. */
  readonly maxReauthMs: ReadonlyMap<string, number>
  readonly failureDelayMs: number
}

/** As whom a node comes in where others ask. */
export interface OwnCredentials {
  readonly mechanism: string
  readonly user: string
  readonly password: string
}

export type MechanismKey = 'sasl.mechanism.inter.broker.protocol' | 'sasl.mechanism.controller.protocol'

/** What the configuration says: the keys of the table, and those behind `listener.name.<listener>.` as they stand. */
export interface SaslSource {
  readonly values: SecurityConfig
  readonly given: ReadonlyMap<string, string>
}

/** What clients of a listener have to say. Throws SaslConfigError. */
export function saslSettings(source: SaslSource, listener: string): SaslSettings {
  const enabled = settingOf(source, listener, 'sasl.enabled.mechanisms')
  if (enabled.length === 0) throw new SaslConfigError(`Listener ${listener}: sasl.enabled.mechanisms is empty.`)
  for (const mechanism of enabled) requireServed(mechanism, 'sasl.enabled.mechanisms', listener)
  for (const mechanism of enabled) refuseOtherCheck(source, listener, mechanism)
  // Read for what is wrong with it alone: there is one way only in which users become principals.
  settingOf(source, listener, 'principal.builder.class')
  const passwords = enabled.includes('PLAIN') ? passwordsOf(jaasOf(source, listener, 'PLAIN')) : new Map()
  return {
    mechanisms: asTold(enabled),
    passwords,
    maxTokenBytes: settingOf(source, listener, 'sasl.server.max.receive.size'),
    maxReauthMs: new Map(enabled.map((name) => [name, settingOf(source, listener, 'connections.max.reauth.ms', name)])),
    failureDelayMs: source.values['connection.failed.authentication.delay.ms'],
  }
}

/** As whom this node comes in through a listener of others. Throws SaslConfigError. */
export function ownCredentials(source: SaslSource, listener: string, key: MechanismKey): OwnCredentials {
  const mechanism = settingOf(source, listener, key)
  requireServed(mechanism, key, listener)
  return named(jaasOf(source, listener, mechanism), mechanism, settingKey(JAAS_CONFIG, listener, mechanism))
}

/** As whom a client comes in, by its own properties (KIP-85). Throws SaslConfigError. */
export function clientCredentials(properties: Readonly<Record<string, string>>): OwnCredentials {
  const mechanism = properties['sasl.mechanism']?.trim()
  if (mechanism === undefined)
    throw new SaslConfigError(
      `sasl.mechanism is missing, and its default, GSSAPI, is not spoken: ${SERVED.join(', ')} are.`,
    )
  if (!SERVED.includes(mechanism))
    throw new SaslConfigError(`sasl.mechanism=${mechanism} is not spoken; ${SERVED.join(', ')} are.`)
  const text = properties[JAAS_CONFIG]
  if (text === undefined) throw new SaslConfigError(`${JAAS_CONFIG} is missing: it says who this is.`)
  return named(entryFor(mechanism, JAAS_CONFIG, text), mechanism, JAAS_CONFIG)
}

function named({ options }: JaasEntry, mechanism: string, key: string): OwnCredentials {
  const user = options.get('username')
  const password = options.get('password')
  if (user && password) return { mechanism, user, password }
  throw new SaslConfigError(`${key} has no username and password to come in with.`)
}

/** A key as it is written for one listener, or for one mechanism of it. */
export const settingKey = (key: string, listener: string, mechanism?: string): string =>
  ['listener.name', listener.toLowerCase(), ...(mechanism === undefined ? [] : [mechanism.toLowerCase()]), key].join(
    '.',
  )

function jaasOf({ values, given }: SaslSource, listener: string, mechanism: string): JaasEntry {
  const own = settingKey(JAAS_CONFIG, listener, mechanism)
  const text = given.get(own) ?? values[JAAS_CONFIG]
  if (text === null) throw new SaslConfigError(`Listener ${listener}: mechanism ${mechanism} needs ${own}.`)
  return entryFor(mechanism, given.has(own) ? own : JAAS_CONFIG, text)
}

function entryFor(mechanism: string, key: string, text: string): JaasEntry {
  const entry = read(key, text)
  const wanted = isScram(mechanism) ? SCRAM_MODULE : PLAIN_MODULE
  if (entry.module !== wanted)
    throw new SaslConfigError(`${key}: mechanism ${mechanism} needs ${wanted}, not ${entry.module}.`)
  return entry
}

function read(key: string, text: string): JaasEntry {
  try {
    return parseJaas(text)
  } catch (cause) {
    if (!(cause instanceof JaasError)) throw cause
    throw new SaslConfigError(`${key}: ${cause.message}.`, { cause })
  }
}

function passwordsOf({ options }: JaasEntry): ReadonlyMap<string, string> {
  const users = [...options].filter(([name]) => name.startsWith(USER_PREFIX))
  return new Map(users.map(([name, password]) => [name.slice(USER_PREFIX.length), password]))
}

/** A key of the table as it is for one listener, or for one mechanism of it. */
function settingOf<Key extends keyof SecurityConfig>(
  { values, given }: SaslSource,
  listener: string,
  key: Key,
  mechanism?: string,
): SecurityConfig[Key] {
  const found = [settingKey(key, listener, mechanism), settingKey(key, listener)].find((own) => given.has(own))
  if (found === undefined) return values[key]
  const parsed = parseValue(securityConfig as ConfigTable, key, given.get(found)!)
  if (!parsed.ok) throw new SaslConfigError(`${found.slice(0, -key.length)}${parsed.error}.`)
  return parsed.value as SecurityConfig[Key]
}

function requireServed(mechanism: string, key: string, listener: string): void {
  if (SERVED.includes(mechanism)) return
  throw new SaslConfigError(
    `Listener ${listener}: ${key} says ${mechanism}, which is not served; ${SERVED.join(', ')} are.`,
  )
}

/** Passed over it would let in users of sasl.jaas.config whom it may not know. */
function refuseOtherCheck({ given }: SaslSource, listener: string, mechanism: string): void {
  const key = settingKey(CALLBACK_HANDLER, listener, mechanism)
  if (given.has(key))
    throw new SaslConfigError(`${key}: there are no classes here that check passwords in another way.`)
}

/** Apache Kafka tells them in the order of a Java HashSet, in which SCRAM-SHA-256 is the last one. */
function asTold(enabled: readonly string[]): string[] {
  const last = 'SCRAM-SHA-256'
  return [...enabled.filter((name) => name !== last), ...enabled.filter((name) => name === last)]
}
