import { DecodeError } from '../../../../protocol/errors.ts'
import { Reader } from '../../../../protocol/wire/reader.ts'

/**
 * The topics in the members' subscriptions, which begin with a version (int16) and a list of topic names in every
 * version of the consumer protocol (ConsumerProtocolSubscription). Undefined if one of them is something else: the
 * group then counts as subscribed to everything.
 */
export function subscribedTopics(subscriptions: readonly Buffer[]): ReadonlySet<string> | undefined {
  const topics = new Set<string>()
  try {
    for (const subscription of subscriptions) {
      const reader = new Reader(subscription)
      if (reader.int16() < 0) return undefined
      const count = reader.int32()
      for (let i = 0; i < count; i++) topics.add(reader.string())
    }
  } catch (error) {
    if (error instanceof DecodeError) return undefined
    throw error
  }
  return topics
}
