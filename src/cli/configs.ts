import type { Argv, CommandModule } from 'yargs'
import type { ApiOf } from '../../protocol/api/index.ts'
import { API, type Client, check, withClient } from './client.ts'
import { CommandError } from './command-error.ts'
import { type BootstrapArguments, bootstrapServer } from './options.ts'

const ENTITIES = { topic: 2, broker: 4 } as const
const OPERATION = { SET: 0, DELETE: 1 } as const
/** As AdminClient calls the places that a value may come from. */
const SOURCES = [
  'UNKNOWN',
  'DYNAMIC_TOPIC_CONFIG',
  'DYNAMIC_BROKER_CONFIG',
  'DYNAMIC_DEFAULT_BROKER_CONFIG',
  'STATIC_BROKER_CONFIG',
  'DEFAULT_CONFIG',
]
/** The sources that are an entity's own, set while running. */
const OWN = { topic: [1], broker: [2], defaults: [3] } as const

interface EntityArguments extends BootstrapArguments {
  entity: keyof typeof ENTITIES
  name?: string
}
interface DescribeArguments extends EntityArguments {
  all: boolean
}
interface AlterArguments extends EntityArguments {
  addConfig: string[]
  deleteConfig: string[]
}

type Config = ApiOf<32>['response']['T']['results'][number]['configs'][number]

/** `odradek configs describe|alter`, in the lines of kafka-configs. */
export const configsCommand: CommandModule = {
  command: 'configs',
  describe: 'show and change the settings of topics and brokers while they run',
  builder: (yargs) =>
    yargs
      .options(bootstrapServer)
      .command('describe <entity> [name]', 'what was set, or with --all what is in force', describeOptions, (args) =>
        describe(args as unknown as DescribeArguments),
      )
      .command('alter <entity> [name]', 'set and delete single keys', alterOptions, (args) =>
        alter(args as unknown as AlterArguments),
      )
      .demandCommand(1, 'Say what to do: configs describe or alter.'),
  handler: () => {},
}

/** Names as text: a topic may be called 007. */
const entityOptions = (yargs: Argv) =>
  yargs
    .positional('entity', { choices: Object.keys(ENTITIES) as (keyof typeof ENTITIES)[], demandOption: true })
    .positional('name', {
      type: 'string',
      describe: 'of the topic, id of the broker; without: the default of all brokers',
    })

const describeOptions = (yargs: Argv) =>
  entityOptions(yargs).option('all', { type: 'boolean', default: false, describe: 'every key, set or not' })

const alterOptions = (yargs: Argv) =>
  entityOptions(yargs)
    .option('add-config', { ...several, describe: 'a key to set, key=value; may be given again' })
    .option('delete-config', { ...several, describe: 'a key to set no longer; may be given again' })

const several = { type: 'string', array: true, nargs: 1, default: [] as string[] } as const

async function describe({ bootstrapServer, entity, name, all }: DescribeArguments): Promise<void> {
  await withClient(bootstrapServer, async (client) => {
    const names = name === undefined && entity === 'topic' ? await topicNames(client) : [nameOf(entity, name)]
    for (const each of names) process.stdout.write(await described(client, entity, each, all))
  })
}

const topicNames = async (client: Client): Promise<string[]> =>
  (await client.topics(null)).map(({ name }) => name).sort()

async function described(client: Client, entity: keyof typeof ENTITIES, name: string, all: boolean): Promise<string> {
  const resources = [{ resourceType: ENTITIES[entity], resourceName: name, configurationKeys: null }]
  const peer = await answering(client, entity, name)
  const { results } = await peer.send(API.DESCRIBE_CONFIGS, { resources, includeSynonyms: true })
  const { errorCode, errorMessage, configs } = results[0]!
  check(errorCode, worded(entity, name), errorMessage)
  const own: readonly number[] = OWN[entity === 'broker' && name === '' ? 'defaults' : entity]
  const rows = configs
    .filter(({ configSource }) => all || own.includes(configSource))
    .sort((one, other) => (one.name < other.name ? -1 : 1))
    .map(row)
  const head =
    name === ''
      ? 'Default configs for brokers in the cluster'
      : `${all ? 'All' : 'Dynamic'} configs for ${entity} ${name}`
  return `${head} are:\n${rows.join('')}`
}

function row({ name, value, isSensitive, synonyms }: Config): string {
  const places = synonyms.map(({ source, name, value }) => `${SOURCES[source] ?? source}:${name}=${value}`)
  return `  ${name}=${value} sensitive=${isSensitive} synonyms={${places.join(', ')}}\n`
}

async function alter({ bootstrapServer, entity, name, addConfig, deleteConfig }: AlterArguments): Promise<void> {
  const resourceName = nameOf(entity, name)
  if (addConfig.length + deleteConfig.length === 0)
    throw new CommandError('Say what to change: at least one of --add-config, --delete-config must be given.')
  const configs = [
    ...addConfig.map(setting),
    ...deleteConfig.map((key) => ({ name: key, configOperation: OPERATION.DELETE, value: null })),
  ]
  const { responses } = await withClient(bootstrapServer, async (client) =>
    (await answering(client, entity, resourceName)).send(API.INCREMENTAL_ALTER_CONFIGS, {
      resources: [{ resourceType: ENTITIES[entity], resourceName, configs }],
      validateOnly: false,
    }),
  )
  const { errorCode, errorMessage } = responses[0]!
  check(errorCode, worded(entity, resourceName), errorMessage)
  const what =
    resourceName === '' ? 'default config for brokers in the cluster' : `config for ${entity} ${resourceName}`
  process.stdout.write(`Completed updating ${what}.\n`)
}

function setting(pair: string) {
  const equals = pair.indexOf('=')
  if (equals < 1) throw new CommandError(`--add-config ${pair}: write it as key=value.`)
  return { name: pair.slice(0, equals), configOperation: OPERATION.SET, value: pair.slice(equals + 1) }
}

function nameOf(entity: keyof typeof ENTITIES, name = ''): string {
  if (entity === 'topic' && name === '') throw new CommandError('Name the topic whose configuration is meant.')
  if (entity === 'broker' && !/^\d*$/.test(name)) throw new CommandError(`"${name}" is no id of a broker.`)
  return name
}

/** What is set for one broker is asked of that broker. */
async function answering(client: Client, entity: keyof typeof ENTITIES, name: string): Promise<Pick<Client, 'send'>> {
  if (entity !== 'broker' || name === '') return client
  await client.topics([])
  return client.broker(Number(name))
}

const worded = (entity: keyof typeof ENTITIES, name: string): string =>
  name === '' ? 'The default of all brokers' : `${entity === 'topic' ? 'Topic' : 'Broker'} ${name}`
