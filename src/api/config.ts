import { boolean, configTable, int } from '../base/config.ts'

/** What the request handlers themselves go by. */
export const apiConfig = configTable({
  'auto.create.topics.enable': boolean({
    default: true,
    doc: 'Whether asking for the metadata of a topic that does not exist creates it.',
  }),
  'max.request.partition.size.limit': int({
    default: 2000,
    min: 1,
    doc: 'Partitions in one DescribeTopicPartitions answer, at most.',
  }),
})
