import type { CommandModule } from 'yargs'
import type { LogLevel } from '../base/logger.ts'
import { LOG_LEVELS } from '../base/logger.ts'
import { readPropertiesFile } from '../node/config.ts'
import { parseTopicSpec } from '../node/config-sources.ts'
import { startClusterProcess, startProcess } from '../node/process.ts'
import { CommandError } from './command-error.ts'

/** More in one process would only wait for each other. */
const MAX_BROKERS = 16

interface StartArguments {
  port: number | undefined
  host: string | undefined
  dataDir: string | undefined
  config: string | undefined
  set: string[] | undefined
  topic: string[] | undefined
  nodeId: number | undefined
  metrics: string | undefined
  brokers: number
  logLevel: LogLevel | undefined
  logFormat: 'text' | 'json' | undefined
}

/** `odradek [start]`: runs a broker until a signal ends it. */
export const startCommand: CommandModule = {
  command: ['start', '$0'],
  describe: 'run a broker',
  builder: (yargs) =>
    yargs
      .option('port', {
        alias: 'p',
        type: 'number',
        describe: 'port to listen on; 0 lets the system choose [default: 9092]',
      })
      .option('host', { type: 'string', describe: 'address to listen on [default: 127.0.0.1 and ::1]' })
      .option('data-dir', {
        alias: 'd',
        type: 'string',
        describe: 'where data is kept [default: a temporary directory, removed at exit]',
      })
      .option('config', { alias: 'config-file', type: 'string', describe: 'a server.properties file' })
      .option('set', {
        alias: 'c',
        type: 'string',
        array: true,
        nargs: 1,
        describe: 'a setting, key=value; may be given again',
      })
      .option('topic', {
        type: 'string',
        array: true,
        nargs: 1,
        describe: 'a topic to create, name:partitions[:replication factor]; may be given again',
      })
      .option('brokers', {
        type: 'number',
        default: 1,
        describe: 'how many nodes to run in this process, as one cluster; ports follow each other',
      })
      .option('metrics', {
        type: 'string',
        describe: 'where to answer GET /metrics and /health: a port of 127.0.0.1, or host:port',
      })
      .option('node-id', { type: 'number', describe: 'id of this node [default: 1]' })
      .option('log-level', { alias: 'l', choices: LOG_LEVELS, describe: 'what is logged [default: warn]' })
      .option('log-format', { choices: ['text', 'json'] as const, describe: 'how log lines look [default: text]' }),
  handler: async (parsed) => {
    const args = parsed as unknown as StartArguments
    if (args.port !== undefined && (args.port < 0 || args.port > 65_535))
      throw new CommandError(`--port ${args.port}: a port is a whole number from 0 to 65535.`)
    if (!Number.isInteger(args.brokers) || args.brokers < 1 || args.brokers > MAX_BROKERS)
      throw new CommandError(`--brokers ${args.brokers}: run 1 to ${MAX_BROKERS} nodes.`)
    if (args.brokers > 1 && args.nodeId !== undefined)
      throw new CommandError('--node-id names one node, and --brokers runs several.')
    const file = args.config === undefined ? {} : readPropertiesFile(args.config)
    const given = <T>(value: T | undefined, key: string) => (value === undefined ? {} : { [key]: value })
    const options = {
      file,
      environment: process.env,
      flags: { ...settings(args.set ?? []), ...given(args.metrics, 'odradek.admin.listener') },
      topics: (args.topic ?? []).map(parseTopicSpec),
      ...given(args.port, 'port'),
      ...given(args.host, 'host'),
      ...given(args.dataDir, 'dataDir'),
      ...given(args.nodeId, 'nodeId'),
      ...given(args.logLevel, 'logLevel'),
      ...given(args.logFormat, 'logFormat'),
    }
    await (args.brokers > 1 ? startClusterProcess({ ...options, brokers: args.brokers }) : startProcess(options))
  },
}

function settings(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const equals = pair.indexOf('=')
      if (equals < 1) throw new CommandError(`-c ${pair}: write it as key=value.`)
      return [pair.slice(0, equals).trim(), pair.slice(equals + 1).trim()]
    }),
  )
}
