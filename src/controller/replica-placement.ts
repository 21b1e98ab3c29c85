import type { Random } from '../base/random.ts'
import type { BrokerImage, ClusterImage } from '../metadata/image.ts'

/** Broker ids of one new partition, the preferred leader first. */
export type Placement = number[]

/** Why no placement exists, as the end of a sentence. */
export interface Impossible {
  readonly reason: string
}

/**
 * Places `count` new partitions of `factor` replicas each (facts B47, B48).
 *
 * Racks take turns and so do the brokers of a rack: each partition starts one rack later than the one before, and a
 * rack that comes first again leads from its next broker. Fenced brokers are used only where all others hold a replica
 * already, and never as the preferred leader. After as many partitions as there are live brokers the order is drawn
 * anew, so that the same brokers are not neighbours again and again. Brokers without a rack are one rack together.
 */
export function placeReplicas(
  cluster: ClusterImage,
  count: number,
  factor: number,
  random: Random,
): Placement[] | Impossible {
  const usable = [...cluster.brokers.values()].filter(takesReplicas)
  const live = usable.filter(({ fenced }) => !fenced).length
  if (live === 0) return { reason: 'all brokers are fenced or shutting down' }
  if (factor > usable.length) {
    return { reason: `the target replication factor is ${factor}, and only ${usable.length} brokers are registered` }
  }
  const placements: Placement[] = []
  let racks = drawRacks(usable, random)
  let first = random.below(racks.length)
  while (placements.length < count) {
    if (placements.length > 0 && placements.length % live === 0) racks = drawRacks(usable, random)
    placements.push(placeOne(racks, first, factor))
    first = (first + 1) % racks.length
  }
  return placements
}

/** A broker whose log directories are all cordoned gets nothing new (KIP-1066). */
function takesReplicas(broker: BrokerImage): boolean {
  const { logDirs, cordonedLogDirs } = broker
  const cordoned = logDirs.length > 0 && logDirs.every((id) => cordonedLogDirs.includes(id))
  return !broker.inControlledShutdown && !cordoned
}

interface Rack {
  /** Rotates by one each time the rack comes first. */
  live: number[]
  fenced: number[]
}

function drawRacks(brokers: readonly BrokerImage[], random: Random): Rack[] {
  const racks = new Map<string | null, Rack>()
  for (const { id, rack: name, fenced } of brokers) {
    const rack = racks.get(name) ?? { live: [], fenced: [] }
    racks.set(name, rack)
    const brokersOf = fenced ? rack.fenced : rack.live
    brokersOf.push(id)
  }
  for (const rack of racks.values()) {
    shuffle(rack.live.sort(ascending), random)
    shuffle(rack.fenced.sort(ascending), random)
  }
  const names = [...racks.keys()].sort((one, other) => ((one ?? '') < (other ?? '') ? -1 : 1))
  return names.map((name) => racks.get(name)!)
}

function placeOne(racks: readonly Rack[], start: number, factor: number): Placement {
  const order = racks.map((_, i) => racks[(start + i) % racks.length]!)
  const live = roundRobin(order.map((rack) => rack.live))
  const fenced = roundRobin(order.map((rack) => rack.fenced))
  const leading = order.find((rack) => rack.live.length > 0)!
  leading.live.push(leading.live.shift()!)
  return [...live, ...fenced].slice(0, factor)
}

/** One of each list, then the second of each, and so on. */
function roundRobin(lists: readonly (readonly number[])[]): number[] {
  const longest = Math.max(...lists.map(({ length }) => length))
  return Array.from({ length: longest }, (_, i) => lists.flatMap((list) => list[i] ?? [])).flat()
}

const ascending = (one: number, other: number): number => one - other

/** Fisher-Yates, in place. */
export function shuffle<T>(items: T[], random: Random): T[] {
  for (let i = items.length - 1; i > 0; i--) {
    const j = random.below(i + 1)
    const item = items[i]!
    items[i] = items[j]!
    items[j] = item
  }
  return items
}
