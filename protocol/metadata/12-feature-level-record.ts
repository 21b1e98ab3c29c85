import { message } from '../schema/message.ts'
import { int16, string } from '../schema/types.ts'

/** The finalized level of a feature (KIP-584, KIP-778); 0 removes it. */

export const FeatureLevelRecord = message(
  'FeatureLevelRecord',
  { key: 12, versions: [0, 0], flexible: 0 },
  {
    name: string,
    featureLevel: int16,
  },
)
export type FeatureLevelRecord = typeof FeatureLevelRecord.T
