import type { Argv, CommandModule } from 'yargs'
import {
  bindingsOf,
  creationOf,
  type Entry,
  type EntryArguments,
  entryText,
  filterOf,
  patternText,
  principalOf,
  type ResourceArguments,
  resourcesOf,
  resourceText,
} from './acl-words.ts'
import { API, check, withClient } from './client.ts'
import { CommandError } from './command-error.ts'
import { type BootstrapArguments, bootstrapServer } from './options.ts'

type ListArguments = BootstrapArguments & ResourceArguments & { principal: string[] }
type ChangeArguments = BootstrapArguments & EntryArguments

/** `odradek acls list|add|remove`, in the words and lines of kafka-acls. */
export const aclsCommand: CommandModule = {
  command: 'acls',
  describe: 'show and change who may do what',
  builder: (yargs) =>
    yargs
      .options(bootstrapServer)
      .command('list', 'the entries, or those of the resources that are named', listOptions, (args) =>
        list(args as unknown as ListArguments),
      )
      .command('add', 'allow and deny', changeOptions(['literal', 'prefixed']), (args) =>
        add(args as unknown as ChangeArguments),
      )
      .command(
        'remove',
        'entries as add makes them; without a principal all those of the resources',
        changeOptions(PATTERNS),
        (args) => remove(args as unknown as ChangeArguments),
      )
      .demandCommand(1, 'Say what to do: acls list, add or remove.'),
  handler: () => {},
}

const PATTERNS = ['literal', 'prefixed', 'match', 'any'] as const
const several = { type: 'string', array: true, nargs: 1, default: [] as string[] } as const
const flag = { type: 'boolean', default: false } as const

const resourceOptions = (yargs: Argv, patterns: readonly string[]) =>
  yargs
    .option('topic', { ...several, describe: 'a topic, * for all; as all that follow it may be given again' })
    .option('group', { ...several, describe: 'a consumer group, * for all' })
    .option('cluster', { ...flag, describe: 'the cluster as a whole' })
    .option('transactional-id', { ...several, describe: 'a transactional id, * for all' })
    .option('delegation-token', { ...several, describe: 'a delegation token' })
    .option('user-principal', { ...several, describe: 'a user, as User:name' })
    .option('resource-pattern-type', {
      choices: patterns,
      default: 'literal',
      describe: 'whether a name is one resource, or what the names of several begin with',
    })

const listOptions = (yargs: Argv) =>
  resourceOptions(yargs, PATTERNS).option('principal', { ...several, describe: 'only entries of User:name' })

const changeOptions = (patterns: readonly string[]) => (yargs: Argv) =>
  resourceOptions(yargs, patterns)
    .option('allow-principal', { ...several, describe: 'who may, as User:name; User:* is everybody' })
    .option('deny-principal', { ...several, describe: 'who may not, whatever else allows it' })
    .option('allow-host', { ...several, describe: 'from this address only' })
    .option('deny-host', { ...several, describe: 'not from this address' })
    .option('operation', {
      ...several,
      describe: 'Read, Write, Create, Delete, Alter, Describe, ...; all unless given',
    })
    .option('producer', { ...flag, describe: 'what a producer to --topic needs' })
    .option('consumer', { ...flag, describe: 'what a consumer of --topic in --group needs' })
    .option('idempotent', { ...flag, describe: 'of a --producer: what an idempotent one needs' })

async function list({ bootstrapServer, principal, ...args }: ListArguments): Promise<void> {
  const resources = resourcesOf(args)
  const filters = resources.length > 0 ? resources.map((resource) => filterOf(resource)) : [filterOf()]
  const wanted = new Set(principal.map(principalOf))
  const found = new Map<string, Entry[]>()
  await withClient(bootstrapServer, async (client) => {
    for (const filter of filters) {
      const { errorCode, errorMessage, resources } = await client.send(API.DESCRIBE_ACLS, filter)
      check(errorCode, 'ACLs', errorMessage)
      for (const { resourceType, resourceName, patternType, acls } of resources) {
        const entries = acls.filter((entry) => wanted.size === 0 || wanted.has(entry.principal))
        if (entries.length > 0) found.set(patternText(resourceType, resourceName, patternType), entries)
      }
    }
  })
  for (const [resource, entries] of [...found].sort()) show('Current', resource, entries.toSorted(byText))
}

async function add({ bootstrapServer, ...args }: ChangeArguments): Promise<void> {
  const bindings = bindingsOf(args)
  if (bindings.some(({ entries }) => entries.length === 0))
    throw new CommandError('Say who: at least one of --allow-principal, --deny-principal must be given.')
  const creations = bindings.flatMap(({ resource, entries }) => entries.map((entry) => creationOf(resource, entry)))
  const { results } = await withClient(bootstrapServer, (client) => client.send(API.CREATE_ACLS, { creations }))
  for (const [place, { errorCode, errorMessage }] of results.entries())
    check(errorCode, `ACL ${entryText(creations[place]!)}`, errorMessage)
  for (const { resource, entries } of bindings) show('Adding', resourceText(resource), entries)
}

async function remove({ bootstrapServer, ...args }: ChangeArguments): Promise<void> {
  const { allowPrincipal, denyPrincipal, allowHost, denyHost, operation, producer, consumer } = args
  const isSpecific = [...allowHost, ...denyHost, ...operation].length > 0 || producer || consumer
  // As kafka-acls takes it, this would remove all entries of the resources.
  if (isSpecific && [...allowPrincipal, ...denyPrincipal].length === 0)
    throw new CommandError('Say whose: --allow-principal or --deny-principal; without more than resources all goes.')
  const filters = bindingsOf(args).flatMap(({ resource, entries }) =>
    entries.length > 0 ? entries.map((entry) => filterOf(resource, entry)) : [filterOf(resource)],
  )
  const { filterResults } = await withClient(bootstrapServer, (client) => client.send(API.DELETE_ACLS, { filters }))
  for (const { errorCode, errorMessage } of filterResults) check(errorCode, 'ACLs', errorMessage)
  const removed = new Set(filterResults.flatMap(({ matchingAcls }) => matchingAcls.map((acl) => JSON.stringify(acl))))
  process.stdout.write(`Removed ${removed.size} ACL${removed.size === 1 ? '' : 's'}.\n`)
}

const byText = (one: Entry, other: Entry): number => (entryText(one) < entryText(other) ? -1 : 1)

/** As kafka-acls prints it, spaces included. */
function show(verb: string, resource: string, entries: readonly Entry[]): void {
  const lines = entries.map((entry) => `\t${entryText(entry)}`).join('\n')
  process.stdout.write(`${verb} ACLs for resource \`${resource}\`: \n ${lines} \n\n`)
}
