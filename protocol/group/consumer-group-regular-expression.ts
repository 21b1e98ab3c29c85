import { message } from '../schema/message.ts'
import { array, int53, string } from '../schema/types.ts'

/** Topics that a regular expression of a consumer group matches, as of an offset of the metadata log (KIP-848). */

export const ConsumerGroupRegularExpressionKey = message(
  'ConsumerGroupRegularExpressionKey',
  { key: 16, versions: [0, 0], flexible: 'never' },
  {
    groupId: string,
    regularExpression: string,
  },
)
export type ConsumerGroupRegularExpressionKey = typeof ConsumerGroupRegularExpressionKey.T

export const ConsumerGroupRegularExpressionValue = message(
  'ConsumerGroupRegularExpressionValue',
  { key: 16, versions: [0, 0], flexible: 0 },
  {
    topics: array(string),
    version: int53,
    timestamp: int53,
  },
)
export type ConsumerGroupRegularExpressionValue = typeof ConsumerGroupRegularExpressionValue.T
