import { ErrorCode } from '../../protocol/errors.ts'
import type { Controller } from '../controller/controller.ts'
import { ConfigError } from './config.ts'
import type { TopicToCreate } from './config-sources.ts'

/** Creates the topics that the broker is to start with; one that exists stays as it is. Throws ConfigError. */
export async function createTopics(controller: Controller, topics: readonly TopicToCreate[]): Promise<void> {
  for (const { name, partitions, replicationFactor, configs } of topics) {
    const { errorCode, errorMessage } = await controller.createTopic({
      name,
      numPartitions: partitions,
      replicationFactor,
      configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
    })
    if (errorCode !== ErrorCode.NONE && errorCode !== ErrorCode.TOPIC_ALREADY_EXISTS) {
      throw new ConfigError(`Topic ${name} could not be created: ${errorMessage ?? errorCode}`)
    }
  }
}
