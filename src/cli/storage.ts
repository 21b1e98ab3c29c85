import type { Argv, CommandModule } from 'yargs'
import { createSystem } from '../base/system.ts'
import { type BrokerConfig, readPropertiesFile, resolveConfig } from '../node/config.ts'
import { type FirstVoters, formatStorage, newUuid, storageInfo } from '../node/format-storage.ts'
import { CommandError } from './command-error.ts'

interface FormatArguments {
  config: string
  clusterId: string
  standalone: boolean
  /** --no-initial-controllers is false. */
  initialControllers: string | false | undefined
  /** -N. */
  noInitialControllers: boolean | undefined
  addScram: string[]
  ignoreFormatted: boolean
}

/** `odradek storage format|info|random-uuid`, as kafka-storage; a start formats what is not formatted by itself. */
export const storageCommand: CommandModule = {
  command: 'storage',
  describe: 'format directories ahead of the first start, and look at them',
  builder: (yargs) =>
    yargs
      .command('random-uuid', 'a new cluster id', {}, () => {
        process.stdout.write(`${newUuid(createSystem())}\n`)
      })
      .command('info', 'whose the directories are', configOption, (args) => info(args as unknown as FormatArguments))
      .command('format', 'prepare the directories of a node', formatOptions, (args) =>
        format(args as unknown as FormatArguments),
      )
      .demandCommand(1, 'Say what to do: storage format, info or random-uuid.'),
  handler: () => {},
}

const configOption = (yargs: Argv) =>
  yargs.option('config', { alias: 'c', type: 'string', demandOption: true, describe: 'a server.properties file' })

const formatOptions = (yargs: Argv) =>
  configOption(yargs)
    .option('cluster-id', { alias: 't', type: 'string', demandOption: true, describe: 'as random-uuid makes one' })
    .option('standalone', {
      alias: 's',
      type: 'boolean',
      default: false,
      describe: 'this controller votes alone at first; others may be added',
    })
    .option('initial-controllers', {
      alias: 'I',
      type: 'string',
      describe: 'who votes at first: id@host:port:directoryId, comma-separated; the same on each of them',
    })
    .option('no-initial-controllers', {
      alias: 'N',
      type: 'boolean',
      describe: 'this controller has no vote before it is added',
    })
    .option('add-scram', {
      alias: 'S',
      type: 'string',
      array: true,
      default: [],
      describe: 'a user to begin with, as SCRAM-SHA-256=[name=alice,password=secret]',
    })
    .option('ignore-formatted', {
      alias: 'g',
      type: 'boolean',
      default: false,
      describe: 'leave alone what is formatted already',
    })

const configOf = ({ config }: FormatArguments): BrokerConfig =>
  resolveConfig({ file: readPropertiesFile(config) }).values

function info(options: FormatArguments): void {
  for (const { dir, meta } of storageInfo(createSystem(), configOf(options))) {
    const values = meta && {
      'cluster.id': meta.clusterId,
      'directory.id': meta.directoryId,
      'node.id': meta.nodeId,
      version: meta.version,
    }
    const shown = values && Object.entries(values).map(([key, value]) => `${key}=${value}`)
    process.stdout.write(`${dir}: ${shown ? `{${shown.join(', ')}}` : 'not formatted'}\n`)
  }
}

function format(options: FormatArguments): void {
  const formatted = formatStorage(createSystem(), {
    config: configOf(options),
    clusterId: options.clusterId,
    firstVoters: firstVoters(options),
    scramUsers: options.addScram,
    ignoreFormatted: options.ignoreFormatted,
  })
  for (const dir of formatted) process.stdout.write(`Formatted ${dir}.\n`)
  if (formatted.length === 0) process.stdout.write('All of the log directories are already formatted.\n')
}

function firstVoters({
  standalone,
  initialControllers,
  noInitialControllers,
}: FormatArguments): FirstVoters | undefined {
  const none = initialControllers === false || noInitialControllers === true
  const listed = typeof initialControllers === 'string'
  if (Number(standalone) + Number(none) + Number(listed) > 1)
    throw new CommandError('Say one of --standalone, --initial-controllers and --no-initial-controllers.')
  if (standalone) return { kind: 'standalone' }
  if (none) return { kind: 'none' }
  return listed ? { kind: 'listed', voters: initialControllers } : undefined
}
