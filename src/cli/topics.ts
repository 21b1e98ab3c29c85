import type { Argv, CommandModule } from 'yargs'
import { ZERO_UUID } from '../../protocol/wire/uuid.ts'
import { API, type Client, check, type TopicMetadata, withClient } from './client.ts'
import { CommandError } from './command-error.ts'
import { type BootstrapArguments, bootstrapServer } from './options.ts'

const TIMEOUT_MS = 30_000
const TOPIC_RESOURCE = 2
const DYNAMIC_TOPIC_CONFIG = 1

interface CreateArguments extends BootstrapArguments {
  topic: string
  partitions: number
  replicationFactor: number
  config: string[]
}

/** `odradek topics create|list|describe|delete`, in the columns of kafka-topics. */
export const topicsCommand: CommandModule = {
  command: 'topics',
  describe: 'create, list, describe and delete topics',
  builder: (yargs) =>
    yargs
      .options(bootstrapServer)
      .command('list', 'names of all topics', {}, (args) => list(args as unknown as BootstrapArguments))
      .command('describe [topics..]', 'partitions, leaders and replicas', severalNames, (args) =>
        describe(args as unknown as BootstrapArguments & { topics?: string[] }),
      )
      .command('create <topic>', 'create a topic', createOptions, (args) => create(args as unknown as CreateArguments))
      .command('delete <topics..>', 'delete topics and their data', severalNames, (args) =>
        remove(args as unknown as BootstrapArguments & { topics: string[] }),
      )
      .demandCommand(1, 'Say what to do: topics create, list, describe or delete.'),
  handler: () => {},
}

/** As text: a topic may be called 007. */
const severalNames = (yargs: Argv) => yargs.positional('topics', { type: 'string', array: true })

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

async function describe({ bootstrapServer, topics: names }: BootstrapArguments & { topics?: string[] }): Promise<void> {
  await withClient(bootstrapServer, async (client) => {
    const topics = await client.topics(names?.length ? names : null)
    for (const topic of topics.sort(byName))
      process.stdout.write(describeTopic(topic, await overrides(client, topic.name)))
  })
}

function describeTopic({ name, topicId, partitions }: TopicMetadata, configs: string): string {
  const head = `Topic: ${name}\tTopicId: ${topicId}\tPartitionCount: ${partitions.length}\tReplicationFactor: ${partitions[0]?.replicaNodes.length ?? 0}\tConfigs: ${configs}\n`
  const rows = [...partitions]
    .sort((one, other) => one.partitionIndex - other.partitionIndex)
    .map(({ partitionIndex, leaderId, replicaNodes, isrNodes }) => {
      const leader = leaderId < 0 ? 'none' : leaderId
      return `\tTopic: ${name}\tPartition: ${partitionIndex}\tLeader: ${leader}\tReplicas: ${replicaNodes.join(',')}\tIsr: ${isrNodes.join(',')}\n`
    })
  return head + rows.join('')
}

async function overrides(client: Client, topic: string): Promise<string> {
  const { results } = await client.send(API.DESCRIBE_CONFIGS, {
    resources: [{ resourceType: TOPIC_RESOURCE, resourceName: topic, configurationKeys: null }],
  })
  const configs = results[0]?.configs ?? []
  return configs
    .filter(({ configSource }) => configSource === DYNAMIC_TOPIC_CONFIG)
    .map(({ name, value }) => `${name}=${value}`)
    .join(',')
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
