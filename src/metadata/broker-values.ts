import path from 'node:path'
import { type ConfigTable, parseValue } from '../base/config.ts'

/** Thread pools, which a running broker resizes by a factor of two at most. */
const THREAD_COUNTS = new Set([
  'background.threads',
  'log.cleaner.threads',
  'num.io.threads',
  'num.network.threads',
  'num.recovery.threads.per.data.dir',
  'num.replica.fetchers',
])

export const CORDONED_LOG_DIRS = 'cordoned.log.dirs'

/** Keys of one listener: no running broker takes them over, and credentials must not be kept for nothing. */
const OF_LISTENER = 'listener.name.'

/**
 * What is wrong with values that a broker, or all of them, shall take over while running, as a sentence (KIP-226, fact
 * B57). Keys that nobody here knows are let pass, as by Apache Kafka: they may be meant for a plug-in.
 *
 * @param current what the keys are now
 */
export function problemOfBrokerValues(
  table: ConfigTable,
  current: Readonly<Record<string, unknown>>,
  wanted: ReadonlyMap<string, string>,
  forAll: boolean,
): string | undefined {
  for (const [name, raw] of wanted) {
    const key = Object.hasOwn(table, name) ? table[name]! : undefined
    const isFixed = key === undefined ? name.startsWith(OF_LISTENER) : key.update === 'read-only'
    if (isFixed) return `${name} cannot be changed while the broker runs.`
    if (key === undefined) continue
    if (forAll && key.update === 'per-broker') return `${name} cannot be set for all brokers: name the one it is for.`
    const parsed = parseValue(table, name, raw)
    if (!parsed.ok) return parsed.error
    const problem = problemOfChange(name, parsed.value, current)
    if (problem !== undefined) return `${name}=${raw}: ${problem}`
  }
  return undefined
}

function problemOfChange(
  name: string,
  wanted: unknown,
  current: Readonly<Record<string, unknown>>,
): string | undefined {
  if (THREAD_COUNTS.has(name)) return problemOfCount(Number(wanted), Number(current[name]))
  if (name !== CORDONED_LOG_DIRS) return undefined
  const dirs = (current['log.dirs'] ?? current['log.dir'] ?? []) as readonly string[]
  const known = new Set(['*', ...dirs].map((dir) => path.resolve(dir)))
  const strange = (wanted as readonly string[]).find((dir) => !known.has(path.resolve(dir)))
  return strange === undefined ? undefined : `${strange} is no log directory of this broker.`
}

function problemOfCount(wanted: number, current: number): string | undefined {
  if (wanted < Math.trunc(current / 2)) return `expected at least half of the current value, which is ${current}.`
  if (wanted > current * 2) return `expected at most twice the current value, which is ${current}.`
  return undefined
}
