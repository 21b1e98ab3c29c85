import type { MetadataRecord } from '../../protocol/metadata/index.ts'
import type { Offset } from '../base/brand.ts'
import type { Random } from '../base/random.ts'
import type { MetadataImage } from '../metadata/image.ts'
import type { ControllerConfig } from './config.ts'

/** The metadata log as the active controller writes it. */
export interface RecordLog {
  /** The offset that the first record of the next append gets. */
  readonly nextOffset: Offset
  /**
   * One atomic batch. Resolves with the offset of its last record once it is committed and every listener of commits has
   * seen it; rejects if it cannot be.
   */
  append(records: readonly MetadataRecord[]): Promise<Offset>
}

/** One key of a topic as CreateTopics and DescribeConfigs show it. */
export interface ShownConfig {
  readonly name: string
  readonly value: string | null
  readonly readOnly: boolean
  readonly source: number
  readonly sensitive: boolean
}

/** What is known of config keys: the tables are on other floors. */
export interface ConfigRules {
  /** What is wrong with the overrides of a resource taken together, as a sentence; undefined if nothing. */
  check(resourceType: number, overrides: ReadonlyMap<string, string>): string | undefined
  /** Whether the key takes a list, so that IncrementalAlterConfigs may append and subtract. */
  isList(resourceType: number, key: string): boolean
  /** The built-in default in text form; null for none and for unknown keys. */
  defaultOf(resourceType: number, key: string): string | null
  /** All public keys of a topic, in any order. */
  describeTopic(image: MetadataImage, topic: string): readonly ShownConfig[]
}

/** The rights of whoever asks; all of them where it is left out. */
export interface Access {
  mayCreate(topic: string): boolean
  mayDelete(topic: string): boolean
  mayDescribe(topic: string): boolean
  mayDescribeConfigs(topic: string): boolean
}

export const FULL_ACCESS: Access = {
  mayCreate: () => true,
  mayDelete: () => true,
  mayDescribe: () => true,
  mayDescribeConfigs: () => true,
}

/** The controller's own file decides what nobody set in the cluster. */
export type DecisionConfig = ControllerConfig & { readonly 'min.insync.replicas': number }

/** What decisions need besides the image and the request. */
export interface DecisionContext {
  readonly random: Random
  readonly config: DecisionConfig
  readonly rules: ConfigRules
  readonly access: Access
  /** The offset that the first record of this decision gets. */
  readonly nextOffset: Offset
}

/** What was decided: all state changes are in the records. */
export interface Decision<Response> {
  readonly records: readonly MetadataRecord[]
  readonly response: Response
  /** The records may be committed in several batches; each of them leaves a state that is sound. */
  readonly mayBeSplit?: boolean
}

/** Records of one operation that a user asks for, and of one batch, at most (fact B3). */
export const MAX_RECORDS = 10_000

/** Bytes of the records of one batch, at most: less than the metadata log takes (fact A3), for what is around them. */
export const MAX_BATCH_BYTES = 7 * 1024 * 1024
