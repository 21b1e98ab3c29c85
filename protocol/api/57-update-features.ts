import { message } from '../schema/message.ts'
import { array, boolean, int8, int16, int32, string } from '../schema/types.ts'

/**
 * UpdateFeatures: changes finalized feature levels (KIP-584).
 * v1 dry run, upgrade types in place of "allow downgrade" (KIP-778); v2 no more results for each feature.
 */

export const UpdateFeaturesRequest = message(
  'UpdateFeaturesRequest',
  { key: 57, versions: [0, 2], flexible: 0 },
  {
    timeoutMs: int32.default(60000),
    featureUpdates: array({
      feature: string,
      maxVersionLevel: int16,
      allowDowngrade: boolean.until(0),
      upgradeType: int8.since(1).default(1),
    }),
    validateOnly: boolean.since(1).default(false),
  },
)
export type UpdateFeaturesRequest = typeof UpdateFeaturesRequest.T

export const UpdateFeaturesResponse = message(
  'UpdateFeaturesResponse',
  { key: 57, versions: [0, 2], flexible: 0 },
  {
    throttleTimeMs: int32,
    errorCode: int16,
    errorMessage: string.nullable(),
    results: array({ feature: string, errorCode: int16, errorMessage: string.nullable() }).until(1).ignorable(),
  },
)
export type UpdateFeaturesResponse = typeof UpdateFeaturesResponse.T
