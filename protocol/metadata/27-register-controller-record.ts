import { message } from '../schema/message.ts'
import { array, boolean, int16, int32, string, uint16, uuid } from '../schema/types.ts'

/** A controller incarnation has registered (KIP-919). */

export const RegisterControllerRecord = message(
  'RegisterControllerRecord',
  { key: 27, versions: [0, 0], flexible: 0 },
  {
    controllerId: int32,
    incarnationId: uuid,
    zkMigrationReady: boolean,
    endPoints: array({ name: string, host: string, port: uint16, securityProtocol: int16 }),
    features: array({ name: string, minSupportedVersion: int16, maxSupportedVersion: int16 }),
  },
)
export type RegisterControllerRecord = typeof RegisterControllerRecord.T
