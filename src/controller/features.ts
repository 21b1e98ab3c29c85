import type { MetadataRecord } from '../../protocol/metadata/index.ts'
import { FEATURE, METADATA_VERSION } from '../metadata/features.ts'
import { type MetadataImage, RESOURCE } from '../metadata/image.ts'
import { record } from '../metadata/record.ts'
import { MIN_ISR } from './topic-configs.ts'

/** Levels that a freshly formatted 4.3 cluster finalises (fact N-B13); kraft.version is the quorum's own. */
const FRESH_LEVELS = new Map<string, number>([
  [FEATURE.METADATA_VERSION, METADATA_VERSION.LATEST],
  [FEATURE.ELR_VERSION, 1],
  [FEATURE.GROUP_VERSION, 1],
  [FEATURE.SHARE_VERSION, 1],
  [FEATURE.STREAMS_VERSION, 1],
  [FEATURE.TRANSACTION_VERSION, 2],
])

/** What formatting puts into bootstrap.checkpoint: metadata.version, then the others by name (fact N-B15). */
export const freshFeatureRecords = (): MetadataRecord[] =>
  [...FRESH_LEVELS].map(([name, featureLevel]) => record('FeatureLevelRecord', 0, { name, featureLevel }))

/**
 * What a controller writes when it becomes active (facts A99, N-B10, N-B17): the end of a transaction that its
 * predecessor left open; then nothing more if the log says which metadata.version the cluster has, else the records of
 * its own bootstrap.checkpoint as one transaction.
 */
export function activationRecords(
  image: MetadataImage,
  bootstrap: readonly MetadataRecord[],
  minIsr: number,
  transactionOpen: boolean,
): MetadataRecord[] {
  const abort = transactionOpen ? [record('AbortTransactionRecord', 0, { reason: 'the controller failed over' })] : []
  return image.features.metadataVersion > 0 ? abort : [...abort, ...bootstrapRecords(bootstrap, minIsr)]
}

function bootstrapRecords(bootstrap: readonly MetadataRecord[], minIsr: number): MetadataRecord[] {
  const levels = new Map(
    bootstrap.flatMap((one) => (one.type === 'FeatureLevelRecord' ? [[one.value.name, one.value.featureLevel]] : [])),
  )
  const records = [...bootstrap]
  if ((levels.get(FEATURE.ELR_VERSION) ?? 0) > 0) {
    const cluster = { resourceType: RESOURCE.BROKER, resourceName: '' }
    records.push(record('ConfigRecord', 0, { ...cluster, name: MIN_ISR, value: String(minIsr) }))
  }
  if ((levels.get(FEATURE.METADATA_VERSION) ?? 0) < METADATA_VERSION.TRANSACTIONS) return records
  return [
    record('BeginTransactionRecord', 0, { name: 'Bootstrap records' }),
    ...records,
    record('EndTransactionRecord', 0, {}),
  ]
}
