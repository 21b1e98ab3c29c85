import { message } from '../schema/message.ts'
import { array, int8, int16, int32, string } from '../schema/types.ts'

/**
 * FindCoordinator: the broker that coordinates a group, a transactional id, or a share partition.
 * v1 key type, throttle time and error text; v3 flexible; v4 several keys at once (KIP-699); v5 TRANSACTION_ABORTABLE
 * (KIP-890); v6 key type 2, share partitions (KIP-932).
 */

export const FindCoordinatorRequest = message(
  'FindCoordinatorRequest',
  { key: 10, versions: [0, 6], flexible: 3 },
  {
    key: string.until(3),
    keyType: int8.since(1).default(0),
    coordinatorKeys: array(string).since(4),
  },
)
export type FindCoordinatorRequest = typeof FindCoordinatorRequest.T

export const FindCoordinatorResponse = message(
  'FindCoordinatorResponse',
  { key: 10, versions: [0, 6], flexible: 3 },
  {
    throttleTimeMs: int32.since(1).ignorable(),
    errorCode: int16.until(3),
    errorMessage: string.versions(1, 3).nullable().ignorable(),
    nodeId: int32.until(3),
    host: string.until(3),
    port: int32.until(3),
    coordinators: array({
      key: string,
      nodeId: int32,
      host: string,
      port: int32,
      errorCode: int16,
      errorMessage: string.nullable(),
    }).since(4),
  },
)
export type FindCoordinatorResponse = typeof FindCoordinatorResponse.T
