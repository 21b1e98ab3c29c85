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

/** What Kafka's own tool sets for these moves: who holds the data sends it, who gets it fetches it, at that rate each. */
export function throttleOf(image: MetadataImage, moves: readonly Move[], bytesPerSecond: number): ConfigChange[] {
  const moving = moves.filter((move) => copied(move).length > 0)
  const brokers = new Set(moving.flatMap(({ from, to }) => [...from, ...to]))
  const rates = [...brokers]
    .sort((one, other) => one - other)
    .map((id) => {
      const values = RATES.map((key) => [key, String(bytesPerSecond)] as const)
      return changeOf(image, RESOURCE.BROKER, String(id), values)
    })
  const lists = [...byTopic(moving)].map(([topic, ofTopic]) =>
    changeOf(image, RESOURCE.TOPIC, topic, [
      [KEYS.leader.replicas, listOf(ofTopic, ({ from }) => from)],
      [KEYS.follower.replicas, listOf(ofTopic, copied)],
    ]),
  )
  return [...rates, ...lists].filter(({ configs }) => configs.length > 0)
}

/** Takes away what `throttleOf` set, and what an earlier controller with the same rate did. */
export function unthrottle(image: MetadataImage, bytesPerSecond: number): ConfigChange[] {
  const changes: ConfigChange[] = []
  for (const id of image.cluster.brokers.keys()) {
    const overrides = image.configs.of(RESOURCE.BROKER, String(id))
    const ours = RATES.filter((key) => overrides.get(key) === String(bytesPerSecond))
    changes.push(deletionOf(RESOURCE.BROKER, String(id), ours))
  }
  if (changes.every(({ configs }) => configs.length === 0)) return []
  for (const topic of image.topics.byName.keys()) {
    const overrides = image.configs.of(RESOURCE.TOPIC, topic)
    changes.push(
      deletionOf(
        RESOURCE.TOPIC,
        topic,
        REPLICAS.filter((key) => overrides.has(key)),
      ),
    )
  }
  return changes.filter(({ configs }) => configs.length > 0)
}

const listOf = (moves: readonly Move[], brokers: (move: Move) => readonly number[]): string =>
  moves.flatMap((move) => brokers(move).map((id) => `${move.index}:${id}`)).join()

/** Only what is not so already. */
function changeOf(
  image: MetadataImage,
  resourceType: number,
  resourceName: string,
  values: readonly (readonly [key: string, value: string])[],
): ConfigChange {
  const overrides = image.configs.of(resourceType, resourceName)
  const configs = values
    .filter(([key, value]) => overrides.get(key) !== value)
    .map(([name, value]) => ({ name, configOperation: SET, value }))
  return { resourceType, resourceName, configs }
}

function deletionOf(resourceType: number, resourceName: string, keys: readonly string[]): ConfigChange {
  const configs = keys.map((name) => ({ name, configOperation: DELETE, value: null }))
  return { resourceType, resourceName, configs }
}
