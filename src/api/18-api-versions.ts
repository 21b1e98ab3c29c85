/**
 * ApiVersions: v0-4
 *
 * Behavior
 * - Lists exactly what the handler table serves, plus the features of this software and those finalised (facts I9-I12).
 * - A version we do not know is answered in the form of v0 with UNSUPPORTED_VERSION and the range of this API alone, so
 *   that the client can come again; `dispatch` does that, because such a body cannot be parsed.
 * - v3+ client names its software; a malformed name is INVALID_REQUEST.
 *
 * Version notes
 * - v3 flexible request, but the response header stays v0 (KIP-511). v4 shows features whose minimum is 0 (KIP-584).
 */
import { ApiVersionsRequest, ApiVersionsResponse } from '../../protocol/api/18-api-versions.ts'
import { ErrorCode, ProtocolError } from '../../protocol/errors.ts'
import { FEATURE } from '../metadata/features.ts'
import { handlerFor } from './handler.ts'
import type { Services } from './services.ts'

export interface ServedApi {
  apiKey: number
  minVersion: number
  maxVersion: number
}

const SOFTWARE_NAME = /^[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?$/
const MAX_SOFTWARE_NAME = 256

export const apiVersions = (services: Services, served: () => readonly ServedApi[]) =>
  handlerFor(ApiVersionsRequest, ApiVersionsResponse, {
    key: 18,
    versions: [0, 4],
    needs: 'nothing',
    listeners: ['broker', 'controller'],

    handle({ clientSoftwareName, clientSoftwareVersion }, { apiVersion, connection }) {
      if (apiVersion >= 3) {
        if (!isSoftwareName(clientSoftwareName) || !isSoftwareName(clientSoftwareVersion))
          throw new ProtocolError(ErrorCode.INVALID_REQUEST)
        connection.softwareName = clientSoftwareName
        connection.softwareVersion = clientSoftwareVersion
      }
      const { features, offset } = services.image()
      return {
        errorCode: ErrorCode.NONE,
        apiKeys: [...served()],
        supportedFeatures: services.supportedFeatures.filter(({ minVersion }) => apiVersion >= 4 || minVersion > 0),
        finalizedFeaturesEpoch: BigInt(offset),
        // kraft.version is not in the image: it is the quorum's own (fact N-A37).
        finalizedFeatures: [...features.levels, [FEATURE.KRAFT_VERSION, services.kraftVersion()] as const].flatMap(
          ([name, level]) => (level > 0 ? [{ name, maxVersionLevel: level, minVersionLevel: level }] : []),
        ),
      }
    },

    refuse: (_request, errorCode) => ({ errorCode, apiKeys: [] }),
  })

const isSoftwareName = (name: string): boolean => name.length <= MAX_SOFTWARE_NAME && SOFTWARE_NAME.test(name)
