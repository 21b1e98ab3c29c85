import type { MetadataImage } from './image.ts'
import { collidingName } from './topics-delta.ts'

/** The metadata log in the form of a topic; no client can create or see it. */
export const METADATA_TOPIC = '__cluster_metadata'

const MAX_LENGTH = 249
const LEGAL = /^[a-zA-Z0-9._-]+$/

/** What is wrong with a name, as a sentence; undefined if nothing (fact H1). */
export function problemOfTopicName(name: string): string | undefined {
  if (name === '') return 'the topic name is empty'
  if (name === '.' || name === '..') return `a topic cannot be named ${name}`
  if (name.length > MAX_LENGTH) return `the topic name is longer than ${MAX_LENGTH} characters`
  return LEGAL.test(name) ? undefined : `topic name ${name} has characters other than a-z, A-Z, 0-9, '.', '_' and '-'`
}

/** A topic whose metrics could not be told from those of `name`: they differ in `.` and `_` only (fact H2). */
export function collidingTopic(image: MetadataImage, name: string): string | undefined {
  const key = collidingName(name)
  return key === undefined ? undefined : image.topics.byCollidingName.get(key)?.[0]
}
