import type { MetadataRecord } from '../../protocol/metadata/index.ts'
import { assert } from '../base/assert.ts'
import type { Offset, ProducerId } from '../base/brand.ts'
import { ClusterDelta } from './cluster-delta.ts'
import { FEATURE, SUPPORTED_FEATURES } from './features.ts'
import {
  type ConfigsImage,
  ConfigsImageOf,
  type FeaturesImage,
  type MetadataImage,
  RESOURCE,
  resourceKey,
} from './image.ts'
import type { PersistentMap } from './persistent-map.ts'
import { replay } from './replay.ts'
import { SecurityDelta } from './security-delta.ts'
import { TopicsDelta } from './topics-delta.ts'

/**
 * What records since an image change in it: the only way from one image to the next. A record that does not fit (an
 * unknown type, a topic that does not exist) fails an assertion, because the image would no longer be that of the other
 * nodes.
 */
export class MetadataDelta {
  readonly image: MetadataImage
  readonly topics: TopicsDelta
  readonly cluster: ClusterDelta
  readonly security: SecurityDelta
  /** Resources whose overrides changed, by `resourceKey`; their overrides are in the image that `apply` gives. */
  readonly configs: ReadonlySet<string>
  /** Features whose level changed, with the new level; 0 for one that is off. */
  readonly features: ReadonlyMap<string, number>
  readonly #configs = new Map<string, Map<string, string>>()
  readonly #changedConfigs = new Set<string>()
  readonly #features = new Map<string, number>()
  #nextProducerId: ProducerId

  constructor(image: MetadataImage) {
    this.image = image
    this.topics = new TopicsDelta(image.topics)
    this.cluster = new ClusterDelta(image.cluster)
    this.security = new SecurityDelta(image.security)
    this.configs = this.#changedConfigs
    this.features = this.#features
    this.#nextProducerId = image.producerIds.next
  }

  replay(record: MetadataRecord): void {
    replay(this, record)
  }

  setConfig(type: number, name: string, key: string, value: string | null): void {
    const values = this.#overrides(type, name)
    if (value === null) values.delete(key)
    else values.set(key, value)
  }

  /** A deleted topic takes its overrides with it (fact B9). */
  removeTopicConfigs(topic: string): void {
    this.#overrides(RESOURCE.TOPIC, topic).clear()
  }

  setFeature(name: string, level: number): void {
    // Early 3.9 candidates wrote it here; it is the quorum's (fact N-A37).
    if (name === FEATURE.KRAFT_VERSION) return
    const range = SUPPORTED_FEATURES.get(name)
    const supported = level === 0 || (range !== undefined && level >= range.min && level <= range.max)
    assert(supported, `the cluster has feature ${name} at level ${level}, which this release does not support`)
    this.#features.set(name, level)
  }

  setNextProducerId(next: bigint): void {
    const id = Number(next)
    assert(Number.isSafeInteger(id), `producer ids have reached ${next}`)
    this.#nextProducerId = id
  }

  /** The image after the records replayed so far, the last of which was at `offset` in `epoch`. */
  apply(offset: Offset = this.image.offset, epoch: number = this.image.epoch): MetadataImage {
    const { image } = this
    const next = this.#nextProducerId
    return {
      offset,
      epoch,
      cluster: this.cluster.apply(),
      topics: this.topics.apply(),
      configs: this.#applyConfigs(),
      features: this.#applyFeatures(),
      producerIds: next === image.producerIds.next ? image.producerIds : { next },
      security: this.security.apply(),
    }
  }

  #overrides(type: number, name: string): Map<string, string> {
    const resource = resourceKey(type, name)
    this.#changedConfigs.add(resource)
    let values = this.#configs.get(resource)
    if (values === undefined) {
      values = new Map(this.image.configs.of(type, name))
      this.#configs.set(resource, values)
    }
    return values
  }

  #applyConfigs(): ConfigsImage {
    if (this.#configs.size === 0) return this.image.configs
    let resources = this.image.configs.resources as PersistentMap<ReadonlyMap<string, string>>
    for (const [resource, values] of this.#configs) {
      // In the order of keys, so that equal images look equal.
      const sorted = new Map([...values].sort(([one], [other]) => (one < other ? -1 : 1)))
      resources = values.size === 0 ? resources.without(resource) : resources.with(resource, sorted)
    }
    return new ConfigsImageOf(resources)
  }

  #applyFeatures(): FeaturesImage {
    if (this.#features.size === 0) return this.image.features
    const levels = new Map(this.image.features.levels)
    for (const [name, level] of this.#features) {
      if (level > 0) levels.set(name, level)
      else levels.delete(name)
    }
    return {
      levels: new Map([...levels].sort(([one], [other]) => (one < other ? -1 : 1))),
      metadataVersion: levels.get(FEATURE.METADATA_VERSION) ?? 0,
    }
  }
}
