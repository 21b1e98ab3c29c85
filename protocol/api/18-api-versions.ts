import { message } from '../schema/message.ts'
import { array, boolean, int16, int32, int64, string } from '../schema/types.ts'

/**
 * ApiVersions: which versions of which APIs a node serves (KIP-35).
 * v1 throttle time; v3 flexible, the client's name and version (KIP-511), features (KIP-584); v4 lets 0 be the least
 * version of a feature. The answer's header is version 0 always, so that a client can read it before it knows
 * anything; to an unknown version of the request the answer is of version 0.
 */

export const ApiVersionsRequest = message(
  'ApiVersionsRequest',
  { key: 18, versions: [0, 4], flexible: 3 },
  {
    clientSoftwareName: string.since(3).ignorable(),
    clientSoftwareVersion: string.since(3).ignorable(),
  },
)
export type ApiVersionsRequest = typeof ApiVersionsRequest.T

export const ApiVersionsResponse = message(
  'ApiVersionsResponse',
  { key: 18, versions: [0, 4], flexible: 3 },
  {
    errorCode: int16,
    apiKeys: array({ apiKey: int16, minVersion: int16, maxVersion: int16 }),
    throttleTimeMs: int32.since(1).ignorable(),
    supportedFeatures: array({ name: string, minVersion: int16, maxVersion: int16 }).tag(0, 3).ignorable(),
    finalizedFeaturesEpoch: int64.default(-1n).tag(1, 3).ignorable(),
    finalizedFeatures: array({ name: string, maxVersionLevel: int16, minVersionLevel: int16 }).tag(2, 3).ignorable(),
    zkMigrationReady: boolean.default(false).tag(3, 3).ignorable(),
  },
)
export type ApiVersionsResponse = typeof ApiVersionsResponse.T
