import { type MetadataImage, RESOURCE } from '../../metadata/image.ts'
import { copied } from './plan.ts'
import { byTopic, type Move } from './view.ts'

/** The keys of KIP-73: rates stand with brokers, lists of `partition:broker` with topics. */
const KEYS = {
  leader: { rate: 'leader.replication.throttled.rate', replicas: 'leader.replication.throttled.replicas' },
  follower: { rate: 'follower.replication.throttled.rate', replicas: 'follower.replication.throttled.replicas' },
} as const
const RATES = [KEYS.leader.rate, KEYS.follower.rate]
const REPLICAS = [KEYS.leader.replicas, KEYS.follower.replicas]
const SET = 0
const DELETE = 1

/** One resource of an IncrementalAlterConfigs request. */
export interface ConfigChange {
  readonly resourceType: number
  readonly resourceName: string
  readonly configs: { readonly name: string; readonly configOperation: number; readonly value: string | null }[]
}

/** Where a resource's overrides are looked up; what is not known to be set is set. */
export type Overrides = (resourceType: number, resourceName: string) => ReadonlyMap<string, string>

/** What Kafka's own tool sets for these moves: who holds the data sends it, who gets it fetches it, at that rate each. */
export function throttleOf(moves: readonly Move[], bytesPerSecond: number, overrides: Overrides): ConfigChange[] {
  const moving = moves.filter((move) => copied(move).length > 0)
  const rate = String(bytesPerSecond)
  const rates = brokersOf(moving).map((id) =>
    changeOf(overrides, RESOURCE.BROKER, String(id), [
      [KEYS.leader.rate, rate],
      [KEYS.follower.rate, rate],
    ]),
  )
  const lists = [...byTopic(moving)].map(([topic, ofTopic]) =>
    changeOf(overrides, RESOURCE.TOPIC, topic, [
      [KEYS.leader.replicas, listOf(ofTopic, ({ from }) => from)],
      [KEYS.follower.replicas, listOf(ofTopic, copied)],
    ]),
  )
  return [...rates, ...lists].filter(({ configs }) => configs.length > 0)
}

/** The brokers that send or get something. */
export const brokersOf = (moves: readonly Move[]): number[] =>
  [...new Set(moves.flatMap(({ from, to }) => [...from, ...to]))].sort((one, other) => one - other)

/** Takes all of it away from these brokers and topics. */
export function unthrottleOf(brokers: readonly number[], topics: readonly string[]): ConfigChange[] {
  return [
    ...brokers.map((id) => deletionOf(RESOURCE.BROKER, String(id), RATES)),
    ...topics.map((topic) => deletionOf(RESOURCE.TOPIC, topic, REPLICAS)),
  ]
}

/** Takes away what was set at this rate, be it by an earlier controller. */
export function unthrottle(image: MetadataImage, bytesPerSecond: number): ConfigChange[] {
  const rate = String(bytesPerSecond)
  const isOurs = (id: number) => {
    const overrides = image.configs.of(RESOURCE.BROKER, String(id))
    return RATES.every((key) => overrides.get(key) === rate)
  }
  const brokers = [...image.cluster.brokers.keys()].filter(isOurs)
  if (brokers.length === 0) return []
  const throttled = [...image.topics.byName.keys()].filter((topic) => {
    const overrides = image.configs.of(RESOURCE.TOPIC, topic)
    return REPLICAS.some((key) => overrides.has(key))
  })
  return unthrottleOf(brokers, throttled)
}

const listOf = (moves: readonly Move[], brokers: (move: Move) => readonly number[]): string =>
  moves.flatMap((move) => brokers(move).map((id) => `${move.index}:${id}`)).join()

/** Only what is not so already. */
function changeOf(
  overridesOf: Overrides,
  resourceType: number,
  resourceName: string,
  values: readonly (readonly [key: string, value: string])[],
): ConfigChange {
  const overrides = overridesOf(resourceType, resourceName)
  const configs = values
    .filter(([key, value]) => overrides.get(key) !== value)
    .map(([name, value]) => ({ name, configOperation: SET, value }))
  return { resourceType, resourceName, configs }
}

function deletionOf(resourceType: number, resourceName: string, keys: readonly string[]): ConfigChange {
  const configs = keys.map((name) => ({ name, configOperation: DELETE, value: null }))
  return { resourceType, resourceName, configs }
}
