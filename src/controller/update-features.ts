import type { UpdateFeaturesRequest, UpdateFeaturesResponse } from '../../protocol/api/57-update-features.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import type { MetadataRecord } from '../../protocol/metadata/index.ts'
import { FEATURE, METADATA_VERSION, SUPPORTED_FEATURES } from '../metadata/features.ts'
import { type MetadataImage, RESOURCE, resourceOf, type VersionRange } from '../metadata/image.ts'
import { record } from '../metadata/record.ts'
import type { Decision, DecisionContext } from './ports.ts'
import { Refusal } from './refusal.ts'
import { MIN_ISR } from './topic-configs.ts'

type Response = typeof UpdateFeaturesResponse.Input
type Update = UpdateFeaturesRequest['featureUpdates'][number]

/** KIP-778. */
const UPGRADE_TYPE = { UPGRADE: 1, SAFE_DOWNGRADE: 2, UNSAFE_DOWNGRADE: 3 } as const
/** Before this version a request says "allow downgrade" in place of a type. */
const TYPES_SINCE = 1
/** From this version on an answer has no results for each feature. */
const NO_RESULTS_SINCE = 2

/** Levels of metadata.version that put something new into the log, which a lower level could not keep (fact N-B6). */
const CHANGES_METADATA = [7, 8, 11, 13, 14, 15, 17, 23, 30]

/** Level of metadata.version without which a feature cannot be on (facts N-B11, N-B14). */
const NEEDS: ReadonlyMap<string, number> = new Map([[FEATURE.ELR_VERSION, METADATA_VERSION.ELR_FIELDS]])

export interface UpdateFeaturesContext extends DecisionContext {
  readonly nodeId: number
  /** Ids of the quorum's voters. */
  readonly voterIds: readonly number[]
  /** Level of kraft.version that the quorum runs with. */
  readonly kraftVersion: number
}

/** New levels of features, all of them or none: whatever is wrong is INVALID_UPDATE_VERSION (facts B24, B25, N-C2). */
export function updateFeatures(
  image: MetadataImage,
  request: UpdateFeaturesRequest,
  version: number,
  context: UpdateFeaturesContext,
): Decision<Response> {
  const updates = [...new Map(request.featureUpdates.map((update) => [update.feature, update])).values()]
  const proposed = new Map(image.features.levels)
  for (const { feature, maxVersionLevel } of updates) proposed.set(feature, maxVersionLevel)
  const records: MetadataRecord[] = []
  for (const update of updates) {
    const problem = problemOf(image, update, typeOf(update, version), proposed, context)
    if (problem !== undefined) return refused(update, problem)
    records.push(...recordsOf(image, update, context))
  }
  const results = updates.map(({ feature }) => ({ feature, errorCode: ErrorCode.NONE, errorMessage: null }))
  return {
    records: request.validateOnly ? [] : records,
    response: {
      throttleTimeMs: 0,
      errorCode: ErrorCode.NONE,
      errorMessage: null,
      results: version >= NO_RESULTS_SINCE ? [] : results,
    },
  }
}

const typeOf = ({ allowDowngrade, upgradeType }: Update, version: number): number =>
  version >= TYPES_SINCE ? upgradeType : allowDowngrade ? UPGRADE_TYPE.SAFE_DOWNGRADE : UPGRADE_TYPE.UPGRADE

function refused({ feature, maxVersionLevel }: Update, problem: string): Decision<Response> {
  const { code, message } = new Refusal(
    ErrorCode.INVALID_UPDATE_VERSION,
    `no feature was changed, because ${feature} cannot be set to level ${maxVersionLevel}: ${problem}`,
  )
  return { records: [], response: { throttleTimeMs: 0, errorCode: code, errorMessage: message, results: [] } }
}

function problemOf(
  image: MetadataImage,
  { feature, maxVersionLevel: level }: Update,
  type: number,
  proposed: ReadonlyMap<string, number>,
  context: UpdateFeaturesContext,
): string | undefined {
  if (!(Object.values(UPGRADE_TYPE) as number[]).includes(type)) return `there is no upgrade type ${type}`
  // The quorum's own (facts N-A33 to N-A36): it does not change its level while it runs.
  if (feature === FEATURE.KRAFT_VERSION)
    return level === context.kraftVersion ? undefined : `this quorum runs with level ${context.kraftVersion}`
  const current = image.features.levels.get(feature) ?? 0
  return (
    problemOfSupport(image, feature, level, context) ??
    problemOfDependency(feature, level, proposed) ??
    problemOfDirection(level, current, type) ??
    (feature === FEATURE.METADATA_VERSION && level < current ? problemOfLoss(level, current, type) : undefined)
  )
}

/** Every node that there is has to know the level (facts B24, N-B20). */
function problemOfSupport(
  image: MetadataImage,
  feature: string,
  level: number,
  { nodeId, voterIds }: UpdateFeaturesContext,
): string | undefined {
  const { brokers, controllers } = image.cluster
  const own = SUPPORTED_FEATURES.get(feature)
  if (own === undefined) return 'there is no such feature'
  if (!contains(own, level)) return `this controller supports ${worded(own)}`
  for (const { id, features } of brokers.values()) {
    const range = features.get(feature) ?? OFF
    if (!contains(range, level)) return `broker ${id} supports ${worded(range)}`
  }
  if (image.features.metadataVersion < METADATA_VERSION.CONTROLLER_REGISTRATION) return undefined
  for (const { id, features } of controllers.values()) {
    const range = features.get(feature) ?? OFF
    if (id !== nodeId && !contains(range, level)) return `controller ${id} supports ${worded(range)}`
  }
  const unknown = voterIds.find((id) => id !== nodeId && !controllers.has(id))
  return unknown === undefined ? undefined : `controller ${unknown} has not registered and may not support it`
}

const OFF: VersionRange = { min: 0, max: 0 }
const contains = ({ min, max }: VersionRange, level: number): boolean => level >= min && level <= max
const worded = ({ min, max }: VersionRange): string => (max === 0 ? 'no level of it' : `levels ${min} to ${max}`)

function problemOfDependency(
  feature: string,
  level: number,
  proposed: ReadonlyMap<string, number>,
): string | undefined {
  const needed = NEEDS.get(feature) ?? METADATA_VERSION.MINIMUM
  if (feature === FEATURE.METADATA_VERSION || level === 0) return undefined
  if ((proposed.get(FEATURE.METADATA_VERSION) ?? 0) >= needed) return undefined
  return `it needs ${FEATURE.METADATA_VERSION} at level ${needed} or more`
}

/** The same level passes whatever the type, and its record is written again. */
function problemOfDirection(level: number, current: number, type: number): string | undefined {
  if (level < current && type === UPGRADE_TYPE.UPGRADE) return `it is at level ${current}, and this is an upgrade`
  if (level > current && type !== UPGRADE_TYPE.UPGRADE) return `it is at level ${current}, and this is a downgrade`
  return undefined
}

function problemOfLoss(level: number, current: number, type: number): string | undefined {
  if (!CHANGES_METADATA.some((change) => change > level && change <= current)) return undefined
  return type === UPGRADE_TYPE.UNSAFE_DOWNGRADE
    ? `unsupported ${FEATURE.METADATA_VERSION} downgrade from ${current} to ${level}: unsafe ones are not to be had`
    : `unsupported ${FEATURE.METADATA_VERSION} downgrade from ${current} to ${level}: metadata could be lost`
}

function recordsOf(
  image: MetadataImage,
  { feature, maxVersionLevel: level }: Update,
  context: UpdateFeaturesContext,
): MetadataRecord[] {
  if (feature === FEATURE.KRAFT_VERSION) return []
  const change = record('FeatureLevelRecord', 0, { name: feature, featureLevel: level })
  return feature === FEATURE.ELR_VERSION && level > 0 ? [...oneMinIsr(image, context), change] : [change]
}

/** Who is an eligible leader must not depend on which broker is asked: one min.insync.replicas for all (fact N-C2). */
function oneMinIsr({ configs }: MetadataImage, { config }: DecisionContext): MetadataRecord[] {
  const set = (resourceName: string, value: string | null) =>
    record('ConfigRecord', 0, { resourceType: RESOURCE.BROKER, resourceName, name: MIN_ISR, value })
  const records = configs.of(RESOURCE.BROKER, '').has(MIN_ISR) ? [] : [set('', String(config[MIN_ISR]))]
  for (const [key, values] of configs.resources) {
    const { type, name } = resourceOf(key)
    if (type === RESOURCE.BROKER && name !== '' && values.has(MIN_ISR)) records.push(set(name, null))
  }
  return records
}
