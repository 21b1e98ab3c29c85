import { message } from '../schema/message.ts'
import { array, bytes, int32, string } from '../schema/types.ts'

/**
 * What a classic group's consumer says when it joins: the metadata of JoinGroup's protocols. An int16 version precedes
 * it. v1 owned partitions (KIP-429), v2 generation (KIP-792), v3 rack (KIP-881).
 */

export const ConsumerProtocolSubscription = message(
  'ConsumerProtocolSubscription',
  { versions: [0, 3], flexible: 'never' },
  {
    topics: array(string),
    userData: bytes.nullable().default(null),
    ownedPartitions: array({ topic: string, partitions: array(int32) })
      .since(1)
      .ignorable(),
    generationId: int32.since(2).default(-1).ignorable(),
    rackId: string.since(3).nullable().default(null).ignorable(),
  },
)
export type ConsumerProtocolSubscription = typeof ConsumerProtocolSubscription.T
