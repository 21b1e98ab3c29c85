import type { DeleteTopicsRequest, DeleteTopicsResponse } from '../../protocol/api/20-delete-topics.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import type { MetadataRecord } from '../../protocol/metadata/index.ts'
import { ZERO_UUID } from '../../protocol/wire/uuid.ts'
import type { MetadataImage } from '../metadata/image.ts'
import { record } from '../metadata/record.ts'
import { type Decision, type DecisionContext, MAX_RECORDS } from './ports.ts'
import { Refusal } from './refusal.ts'
import { shuffle } from './replica-placement.ts'

type Response = typeof DeleteTopicsResponse.Input
type Result = Response['responses'][number]

/** A topic as the request names it: by one of both. */
interface Named {
  readonly name: string | null
  readonly topicId: string
}

/** From this version on topics may be named by id; before it, names stand in a list of their own. */
const IDS_SINCE = 6
/** Before this version clients do not know TOPIC_DELETION_DISABLED. */
const DELETION_DISABLED_SINCE = 3

/** Topics to delete, in any order, each by itself (facts H14 to H16, B51). */
export function deleteTopics(
  image: MetadataImage,
  request: DeleteTopicsRequest,
  version: number,
  context: DecisionContext,
): Decision<Response> {
  const named: readonly Named[] =
    version >= IDS_SINCE ? request.topics : request.topicNames.map((name) => ({ name, topicId: ZERO_UUID }))
  const disabled = deletionDisabled(version, context)
  const records: MetadataRecord[] = []
  const results = distinct(image, named, context).map(({ topic, problem }): Result => {
    const found = disabled ?? problem ?? deleteTopic(image, topic, context)
    if (found instanceof Refusal) return refused(nameShown(image, topic, context), found)
    records.push(record('RemoveTopicRecord', 0, { topicId: found.id }))
    return { name: found.name, topicId: found.id, errorCode: ErrorCode.NONE }
  })
  if (records.length > MAX_RECORDS) {
    const refusal = new Refusal(ErrorCode.POLICY_VIOLATION, `more than ${MAX_RECORDS} topics in one request`)
    return { records: [], response: { throttleTimeMs: 0, responses: named.map((topic) => refused(topic, refusal)) } }
  }
  return { records, response: { throttleTimeMs: 0, responses: shuffle(results, context.random) } }
}

function deletionDisabled(version: number, { config }: DecisionContext): Refusal | undefined {
  if (config['delete.topic.enable']) return undefined
  const code = version < DELETION_DISABLED_SINCE ? ErrorCode.INVALID_REQUEST : ErrorCode.TOPIC_DELETION_DISABLED
  return new Refusal(code, 'delete.topic.enable is false')
}

/**
 * Each topic once; naming one twice, or by name and by id, is refused for it. Which id a name has is told only to those
 * who may delete the topic (fact H15).
 */
function distinct(
  image: MetadataImage,
  named: readonly Named[],
  { access }: DecisionContext,
): { topic: Named; problem: Refusal | undefined }[] {
  const idOf = (name: string) =>
    access.mayDescribe(name) && access.mayDelete(name) ? image.topics.byName.get(name)?.id : undefined
  const seen = new Map<string, { topic: Named; problem: Refusal | undefined }>()
  named.forEach((topic, place) => {
    const malformed = problemOfNaming(topic)
    const id = topic.name === null ? topic.topicId : (idOf(topic.name) ?? `name:${topic.name}`)
    const key = malformed ? `malformed:${place}` : id
    const problem = seen.has(key) ? new Refusal(ErrorCode.INVALID_REQUEST, 'the topic is named twice') : malformed
    seen.set(key, { topic, problem })
  })
  return [...seen.values()]
}

function problemOfNaming({ name, topicId }: Named): Refusal | undefined {
  if (name === null && topicId === ZERO_UUID) {
    return new Refusal(ErrorCode.INVALID_REQUEST, 'neither name nor id of the topic is given')
  }
  if (name === null || topicId === ZERO_UUID) return undefined
  return new Refusal(ErrorCode.INVALID_REQUEST, 'both name and id of the topic are given')
}

function deleteTopic(
  image: MetadataImage,
  { name, topicId }: Named,
  { access }: DecisionContext,
): { id: string; name: string } | Refusal {
  const topic = name === null ? image.topics.byId.get(topicId) : image.topics.byName.get(name)
  // Whether a topic exists is told only to those who may see it.
  if (name !== null && !access.mayDescribe(name)) return unauthorized
  if (topic === undefined) return name === null ? unknownId : unknownName
  return access.mayDelete(topic.name) ? topic : unauthorized
}

const unauthorized = new Refusal(ErrorCode.TOPIC_AUTHORIZATION_FAILED, 'not allowed to delete the topic')
const unknownId = new Refusal(ErrorCode.UNKNOWN_TOPIC_ID, 'no topic has this id')
const unknownName = new Refusal(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, 'no topic has this name')

/** The name of what was named by its id, for those who may know it (fact H15). */
function nameShown(image: MetadataImage, { name, topicId }: Named, { access }: DecisionContext): Named {
  const known = image.topics.byId.get(topicId)?.name
  return { name: name ?? (known !== undefined && access.mayDescribe(known) ? known : null), topicId }
}

const refused = ({ name, topicId }: Named, { code, message }: Refusal): Result => ({
  name,
  topicId,
  errorCode: code,
  errorMessage: message,
})
