import { ErrorCode, ProtocolError } from '../../protocol/errors.ts'
import type { Services } from './services.ts'
import { GROUP_METADATA_TOPIC, SHARE_GROUP_STATE_TOPIC, TRANSACTION_STATE_TOPIC } from './topics.ts'

interface NewTopic {
  name: string
  numPartitions: number
  replicationFactor: number
  configs: { name: string; value: string }[]
}

/**
 * Creates a topic that a client asked for and nobody created, with the broker's defaults (facts H23-H27). Resolves when
 * its leaders serve, with NONE; also where another request created it meanwhile. Failing to create it is, as in Apache
 * Kafka, UNKNOWN_TOPIC_OR_PARTITION (fact H26), or INVALID_TOPIC_EXCEPTION for a name that collides.
 */
export async function createMissingTopic(services: Services, name: string): Promise<ErrorCode> {
  const errorCode = await create(services, name)
  switch (errorCode) {
    case ErrorCode.NONE:
    case ErrorCode.TOPIC_ALREADY_EXISTS:
      return ErrorCode.NONE
    case ErrorCode.INVALID_TOPIC_EXCEPTION:
      return errorCode
    default:
      services.logger.warn(`topic ${name} could not be created on demand`, { errorCode })
      return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
  }
}

/** Where no controller answers, that is one way to fail: what else the client asked for is answered all the same. */
async function create(services: Services, name: string): Promise<ErrorCode> {
  try {
    return (await services.createTopic(newTopic(services, name))).errorCode
  } catch (error) {
    if (error instanceof ProtocolError) return error.code
    throw error
  }
}

/** Internal topics never want more replicas than there are live brokers. */
function newTopic({ config, image }: Services, name: string): NewTopic {
  const live = [...image().cluster.brokers.values()].filter(({ fenced }) => !fenced).length
  const capped = (wanted: number) => Math.max(1, Math.min(wanted, live))
  switch (name) {
    case GROUP_METADATA_TOPIC:
      return {
        name,
        numPartitions: config['offsets.topic.num.partitions'],
        replicationFactor: capped(config['offsets.topic.replication.factor']),
        configs: [
          { name: 'cleanup.policy', value: 'compact' },
          { name: 'compression.type', value: 'producer' },
          { name: 'segment.bytes', value: String(config['offsets.topic.segment.bytes']) },
        ],
      }
    default:
      return { name, numPartitions: -1, replicationFactor: -1, configs: [] }
  }
}

/** Internal topics whose coordinators this node does not have yet are not created by anyone's asking. */
export const isCreatable = (name: string): boolean =>
  name !== TRANSACTION_STATE_TOPIC && name !== SHARE_GROUP_STATE_TOPIC
