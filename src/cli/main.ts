import yargs from 'yargs'
import { hideBin } from 'yargs/helpers'
import { VERSION } from '../node/version.ts'
import { aclsCommand } from './acls.ts'
import { clusterCommand } from './cluster.ts'
import { CommandError } from './command-error.ts'
import { configsCommand } from './configs.ts'
import { consumeCommand } from './consume.ts'
import { dumpLogCommand } from './dump-log.ts'
import { electCommand } from './elect.ts'
import { groupsCommand } from './groups.ts'
import { healthcheckCommand } from './healthcheck.ts'
import { readBootstrap } from './options.ts'
import { produceCommand } from './produce.ts'
import { quorumCommand } from './quorum.ts'
import { reassignCommand } from './reassign.ts'
import { startCommand } from './start.ts'
import { storageCommand } from './storage.ts'
import { topicsCommand } from './topics.ts'

/** Errors whose message is a sentence for whoever typed the command; of any other the stack is shown too. */
const EXPECTED = new Set([
  'CommandError',
  'ConfigError',
  'DiskError',
  'LogDirProblem',
  'NetworkError',
  'PeerError',
  'ProtocolError',
  'QuorumError',
])

/** Whoever read our output has gone, as `head` does: no failure, and nobody to tell. */
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
})

/** What is not a number would reach the commands as NaN. */
function wholeNumbers(args: Record<string, unknown>): true {
  for (const [option, value] of Object.entries(args)) {
    if (option.length === 1 || option === '_') continue
    if (!(Array.isArray(value) ? value : [value]).every(isWhole))
      throw new CommandError(`--${option}: expected a whole number.`)
  }
  return true
}

const isWhole = (value: unknown): boolean =>
  typeof value !== 'number' || Number.isSafeInteger(value) || value === Number.POSITIVE_INFINITY

/** What yargs found wrong. It names an option that nobody knows twice: as typed, and in camel case. */
function worded(message: string): string {
  const [, names = ''] = /^Unknown arguments?: (.*)$/.exec(message) ?? []
  if (names === '') return message
  const typed = names
    .split(', ')
    .filter((name, _, all) => !all.some((other) => other !== name && camelCase(other) === name))
  const [command] = hideBin(process.argv)
  if (typed[0] === command) return `Unknown command: ${command}`
  return `Unknown argument${typed.length > 1 ? 's' : ''}: ${typed.join(', ')}`
}

const camelCase = (option: string): string => option.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())

async function main(): Promise<void> {
  const program = yargs(hideBin(process.argv))
    .scriptName('odradek')
    .usage('$0 <command>: a Kafka-wire-compatible broker, and the tools beside it')
    .command(startCommand)
    .command(topicsCommand)
    .command(groupsCommand)
    .command(configsCommand)
    .command(aclsCommand)
    .command(produceCommand)
    .command(consumeCommand)
    .command(clusterCommand)
    .command(quorumCommand)
    .command(reassignCommand)
    .command(electCommand)
    .command(storageCommand)
    .command(dumpLogCommand)
    .command(healthcheckCommand)
    .version(VERSION)
    .strict()
    .check(wholeNumbers)
    .middleware(readBootstrap)
    .fail((message, error, { help }) => {
      if (error) throw error
      void help
      throw new CommandError(`${worded(message)}\nTry odradek --help.`)
    })
  await program.parseAsync()
}

main().catch((error: Error) => {
  const plain = EXPECTED.has(error.name)
  process.stderr.write(`odradek: ${plain ? error.message : (error.stack ?? error.message)}\n`)
  process.exitCode = 1
})
