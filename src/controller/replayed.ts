import type { MetadataRecord } from '../../protocol/metadata/index.ts'
import { MetadataDelta } from '../metadata/delta.ts'
import type { MetadataImage } from '../metadata/image.ts'

/** The image as these records leave it, for a decision that has to see what it decided before. */
export function replayed(image: MetadataImage, records: readonly MetadataRecord[]): MetadataImage {
  const delta = new MetadataDelta(image)
  for (const record of records) delta.replay(record)
  return delta.apply()
}
