import type {
  ControllerRegistrationRequest,
  ControllerRegistrationResponse,
} from '../../protocol/api/70-controller-registration.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import { METADATA_VERSION } from '../metadata/features.ts'
import type { MetadataImage } from '../metadata/image.ts'
import { record } from '../metadata/record.ts'
import type { Decision } from './ports.ts'

/** Stores where a controller is reached and what it supports (KIP-919, fact B40). */
export function registerController(
  image: MetadataImage,
  request: ControllerRegistrationRequest,
): Decision<typeof ControllerRegistrationResponse.Input> {
  if (image.features.metadataVersion < METADATA_VERSION.CONTROLLER_REGISTRATION) {
    const errorCode = ErrorCode.UNSUPPORTED_VERSION
    const errorMessage = `metadata.version ${image.features.metadataVersion} has no registrations of controllers`
    return { records: [], response: { throttleTimeMs: 0, errorCode, errorMessage } }
  }
  const { controllerId, incarnationId, zkMigrationReady, listeners, features } = request
  const value = { controllerId, incarnationId, zkMigrationReady, endPoints: listeners, features }
  return {
    records: [record('RegisterControllerRecord', 0, value)],
    response: { throttleTimeMs: 0, errorCode: ErrorCode.NONE, errorMessage: null },
  }
}
