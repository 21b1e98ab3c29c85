import { message } from '../schema/message.ts'
import { array, boolean, int16, int32, string, uint16, uuid } from '../schema/types.ts'

/** ControllerRegistration: a controller makes itself known to the active one (KIP-919). */

export const ControllerRegistrationRequest = message(
  'ControllerRegistrationRequest',
  { key: 70, versions: [0, 0], flexible: 0 },
  {
    controllerId: int32,
    incarnationId: uuid,
    zkMigrationReady: boolean,
    listeners: array({ name: string, host: string, port: uint16, securityProtocol: int16 }),
    features: array({ name: string, minSupportedVersion: int16, maxSupportedVersion: int16 }),
  },
)
export type ControllerRegistrationRequest = typeof ControllerRegistrationRequest.T

export const ControllerRegistrationResponse = message(
  'ControllerRegistrationResponse',
  { key: 70, versions: [0, 0], flexible: 0 },
  {
    throttleTimeMs: int32,
    errorCode: int16,
    errorMessage: string.nullable(),
  },
)
export type ControllerRegistrationResponse = typeof ControllerRegistrationResponse.T
