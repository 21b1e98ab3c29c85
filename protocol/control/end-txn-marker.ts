import { message } from '../schema/message.ts'
import { int32 } from '../schema/types.ts'

/**
 * Value of the marker that commits or aborts a producer's transaction in a partition (KIP-98). The int16 version in
 * front of it is not part of it.
 */

export const EndTxnMarker = message(
  'EndTxnMarker',
  { versions: [0, 0], flexible: 'never' },
  {
    coordinatorEpoch: int32,
  },
)
export type EndTxnMarker = typeof EndTxnMarker.T
