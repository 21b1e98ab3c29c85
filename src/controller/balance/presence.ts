import type { MetadataImage } from '../../metadata/image.ts'
import type { Standing } from './view.ts'

/** A broker that came has to stay this long before replicas are given to it, or for the delay if that is less. */
const SETTLE_MS = 10_000

interface Seen {
  present: boolean
  sinceMs: number
}

/** Who is there and who is gone, and since when. Only what was seen counts: a controller that is new begins anew. */
export class Presence {
  readonly #delayMs: number
  readonly #seen = new Map<number, Seen>()
  /** Those that count as part of the cluster: they stay in here while they are away and not given up. */
  readonly #counted = new Set<number>()
  #nowMs = 0
  #first = true

  /** @param delayMs how long a broker has to be gone to be given up */
  constructor(delayMs: number) {
    this.#delayMs = delayMs
  }

  /** True when a broker has come to stay or was given up: not for one that was away and is back in time. */
  observe(image: MetadataImage, nowMs: number): boolean {
    this.#nowMs = nowMs
    const ids = idsOf(image)
    for (const id of ids) this.#observeOne(id, isPresent(image, id), nowMs)
    for (const id of this.#seen.keys()) if (!ids.has(id)) this.#seen.delete(id)
    const changed = [...ids].filter((id) => this.#recount(id)).length > 0
    this.#first = false
    return changed
  }

  standing(id: number): Standing {
    const seen = this.#seen.get(id)
    if (seen === undefined || !this.#isLasting(seen)) return 'kept'
    return seen.present ? 'member' : 'drained'
  }

  /** Nobody came or went so lately that it may not last. */
  get isSettled(): boolean {
    return [...this.#seen.values()].every((seen) => this.#isLasting(seen))
  }

  #observeOne(id: number, present: boolean, nowMs: number): void {
    const seen = this.#seen.get(id)
    if (seen?.present === present) return
    const sinceMs = this.#first && present ? Number.NEGATIVE_INFINITY : nowMs
    this.#seen.set(id, { present, sinceMs })
  }

  #recount(id: number): boolean {
    const standing = this.#first ? 'member' : this.standing(id)
    const counted = this.#counted.has(id)
    if (standing === 'member' && !counted) this.#counted.add(id)
    else if (standing === 'drained' && counted) this.#counted.delete(id)
    else return false
    return !this.#first
  }

  #isLasting({ present, sinceMs }: Seen): boolean {
    const enoughMs = present ? Math.min(SETTLE_MS, this.#delayMs) : this.#delayMs
    return this.#nowMs - sinceMs >= enoughMs
  }
}

/** Registered brokers and those that are gone and still named as replicas, in ascending order. */
function idsOf(image: MetadataImage): Set<number> {
  const ids = new Set(image.cluster.brokers.keys())
  for (const { partitions } of image.topics.byName.values()) {
    for (const { replicas } of partitions.values()) for (const id of replicas) ids.add(id)
  }
  return new Set([...ids].sort((one, other) => one - other))
}

function isPresent(image: MetadataImage, id: number): boolean {
  const broker = image.cluster.brokers.get(id)
  return broker !== undefined && !broker.fenced && !broker.inControlledShutdown
}
