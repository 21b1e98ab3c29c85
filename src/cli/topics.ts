import type { Argv, CommandModule } from 'yargs'
import { ZERO_UUID } from '../../protocol/wire/uuid.ts'
import { API, check, type TopicMetadata, withClient } from './client.ts'
import { CommandError } from './command-error.ts'
import { type BootstrapArguments, bootstrapServer } from './options.ts'
import { describeTopics, type PartitionFilter } from './topic-description.ts'
import { alterOptions, alterTopic } from './topics-alter.ts'

const TIMEOUT_MS = 30_000

interface CreateArguments extends BootstrapArguments {
  topic: string
  partitions: number
  replicationFactor: number
  config: string[]
}

/** `odradek topics create|list|describe|alter|delete`, in the columns of kafka-topics. */
export const topicsCommand: CommandModule = {
  command: 'topics',
  describe: 'create, list, describe, alter and delete topics',
  builder: (yargs) =>
    yargs
      .options(bootstrapServer)
      .command('list', 'names of all topics', {}, (args) => list(args as unknown as BootstrapArguments))
      .command('describe [topics..]', 'partitions, leaders and replicas', describeOptions, (args) =>
        describe(args as unknown as DescribeArguments),
      )
      .command('create <topic>', 'create a topic', createOptions, (args) => create(args as unknown as CreateArguments))
      .command('alter <topic>', 'more partitions, or another replication factor', alterOptions, alterTopic)
      .command('delete <topics..>', 'delete topics and their data', severalNames, (args) =>
        remove(args as unknown as BootstrapArguments & { topics: string[] }),
      )
      .demandCommand(1, 'Say what to do: topics create, list, describe, alter or delete.'),
  handler: () => {},
}

/** As text: a topic may be called 007. */
const severalNames = (yargs: Argv) => yargs.positional('topics', { type: 'string', array: true })

const filterOption = (describe: string, alias: string) =>
  ({ type: 'boolean', default: false, alias, describe }) as const

const describeOptions = (yargs: Argv) =>
  severalNames(yargs).options({
    'under-replicated': filterOption('only partitions that miss replicas in sync', 'under-replicated-partitions'),
    unavailable: filterOption('only partitions without a live leader', 'unavailable-partitions'),
    'under-min-isr': filterOption('only partitions with too few replicas for acks=all', 'under-min-isr-partitions'),
    'at-min-isr': filterOption('only partitions with just enough for acks=all', 'at-min-isr-partitions'),
  })

const createOptions = (yargs: Argv) =>
  yargs
    .positional('topic', { type: 'string', demandOption: true })
    .option('partitions', { type: 'number', default: -1, describe: 'how many; -1 is the default of the broker' })
    .option('replication-factor', {
      type: 'number',
      default: -1,
      describe: 'replicas of each; -1 is the default of the broker',
    })
    .option('config', {
      type: 'string',
      array: true,
      nargs: 1,
      default: [],
      describe: 'a topic setting, key=value; may be given again',
    })

async function list({ bootstrapServer }: BootstrapArguments): Promise<void> {
  const topics = await withClient(bootstrapServer, (client) => client.topics(null))
  for (const { name } of topics.sort(byName)) process.stdout.write(`${name}\n`)
}

type DescribeArguments = BootstrapArguments & PartitionFilter & { topics?: string[] }

async function describe({ bootstrapServer, topics, ...filter }: DescribeArguments): Promise<void> {
  const { underReplicated, unavailable, underMinIsr, atMinIsr } = filter
  const text = await withClient(bootstrapServer, (client) =>
    describeTopics(client, topics?.length ? topics : null, { underReplicated, unavailable, underMinIsr, atMinIsr }),
  )
  process.stdout.write(text)
}

async function create({
  bootstrapServer,
  topic,
  partitions,
  replicationFactor,
  config,
}: CreateArguments): Promise<void> {
  const configs = config.map((pair) => {
    const equals = pair.indexOf('=')
    if (equals < 1) throw new CommandError(`--config ${pair}: write it as key=value.`)
    return { name: pair.slice(0, equals), value: pair.slice(equals + 1) }
  })
  const { topics } = await withClient(bootstrapServer, (client) =>
    client.send(API.CREATE_TOPICS, {
      topics: [{ name: topic, numPartitions: partitions, replicationFactor, assignments: [], configs }],
      timeoutMs: TIMEOUT_MS,
    }),
  )
  for (const { name, errorCode, errorMessage } of topics) check(errorCode, `Topic ${name}`, errorMessage)
  process.stdout.write(`Created topic ${topic}.\n`)
}

async function remove({ bootstrapServer, topics: names }: BootstrapArguments & { topics: string[] }): Promise<void> {
  const { responses } = await withClient(bootstrapServer, (client) =>
    client.send(
      API.DELETE_TOPICS,
      { topics: names.map((name) => ({ name, topicId: ZERO_UUID })), timeoutMs: TIMEOUT_MS },
      { version: 6 },
    ),
  )
  for (const { name, errorCode, errorMessage } of responses) check(errorCode, `Topic ${name}`, errorMessage)
}

const byName = (one: TopicMetadata, other: TopicMetadata): number => (one.name < other.name ? -1 : 1)
