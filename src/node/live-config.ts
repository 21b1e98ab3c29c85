import { unknownKey } from '../base/config.ts'
import type { Logger } from '../base/logger.ts'
import { topicConfig } from '../log/config.ts'
import type { MetadataDelta } from '../metadata/delta.ts'
import { EffectiveConfig } from '../metadata/effective-config.ts'
import { type MetadataImage, RESOURCE, resourceKey } from '../metadata/image.ts'
import { isAcceptedWithoutEffect } from './accepted-keys.ts'
import { type BrokerConfig, brokerConfig, type ResolvedConfig } from './config.ts'

/**
 * This broker's configuration as its rooms read it. One object for the life of the node, in which the keys that may
 * change while it runs follow the image (KIP-226): a room that reads such a key when it needs it is up to date.
 */
export class LiveConfig {
  readonly values: BrokerConfig
  readonly effective: EffectiveConfig
  readonly #resources: readonly string[]
  readonly #logger: Logger

  constructor({ values, given }: ResolvedConfig, logger: Logger) {
    const nodeId = values['node.id']
    this.values = { ...values }
    this.effective = new EffectiveConfig(nodeId, { topicTable: topicConfig, brokerTable: brokerConfig, given, values })
    this.#logger = logger
    this.#resources = ['', String(nodeId)].map((name) => resourceKey(RESOURCE.BROKER, name))
  }

  /** Takes over what an image changed; true if anything is different now. */
  apply(delta: MetadataDelta, image: MetadataImage): boolean {
    const touched = this.#resources.filter((resource) => delta.configs.has(resource))
    if (touched.length === 0) return false
    for (const resource of touched) this.#warnOfUnknown(image.configs.resources.get(resource)?.keys() ?? [])
    const live = this.values as Record<string, unknown>
    const wanted = this.effective.brokerValues(image)
    const text = (name: string, value: unknown) => brokerConfig[name as keyof BrokerConfig].format(value as never)
    const changed = Object.keys(wanted).filter((name) => text(name, wanted[name]) !== text(name, live[name]))
    for (const name of changed) {
      live[name] = wanted[name]
      this.#logger.info(`configuration key ${name} changed`)
    }
    return changed.length > 0
  }

  #warnOfUnknown(names: Iterable<string>): void {
    for (const name of names) {
      if (!Object.hasOwn(brokerConfig, name) && !isAcceptedWithoutEffect(name))
        this.#logger.warn(unknownKey(brokerConfig, name))
    }
  }
}
