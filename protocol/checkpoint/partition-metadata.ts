import { DecodeError } from '../errors.ts'
import { isUuid, ZERO_UUID } from '../wire/uuid.ts'
import { parseInt32 } from './numbers.ts'

const VERSION = 0

/** Text of a partition's partition.metadata, which ties its folder to a topic id (KIP-516). No newline at the end. */
export function encodePartitionMetadata(topicId: string): string {
  return `version: ${VERSION}\ntopic_id: ${topicId}`
}

/** The topic id. @throws DecodeError: another version, no id, the zero id */
export function decodePartitionMetadata(text: string): string {
  const fields = new Map(
    text
      .split(/\r\n|\n|\r/)
      .filter((line) => line !== '')
      .map((line) => line.split(/:\s+/, 2) as [string, string]),
  )
  const version = parseInt32(fields.get('version'), 'partition.metadata: version')
  if (version !== VERSION) throw new DecodeError(`partition.metadata: unknown version ${version}`)
  const topicId = fields.get('topic_id') ?? ''
  if (!isUuid(topicId) || topicId === ZERO_UUID) throw new DecodeError(`partition.metadata: bad topic id ${topicId}`)
  return topicId
}
