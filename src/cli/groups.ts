import type { Argv, CommandModule } from 'yargs'
import { API, type Client, check, withClient } from './client.ts'
import { membersByPartition } from './group-members.ts'
import { type BootstrapArguments, bootstrapServer, table } from './options.ts'

const LATEST = -1

/** `odradek groups list|describe|delete`, in the columns of kafka-consumer-groups. */
export const groupsCommand: CommandModule = {
  command: 'groups',
  describe: 'list, describe and delete consumer groups',
  builder: (yargs) =>
    yargs
      .options(bootstrapServer)
      .command('list', 'ids and states of all groups', {}, (args) => list(args as unknown as BootstrapArguments))
      .command('describe <groups..>', 'offsets, lag and members', severalIds, (args) =>
        describe(args as unknown as BootstrapArguments & { groups: string[] }),
      )
      .command('delete <groups..>', 'delete groups without members, and their offsets', severalIds, (args) =>
        remove(args as unknown as BootstrapArguments & { groups: string[] }),
      )
      .demandCommand(1, 'Say what to do: groups list, describe or delete.'),
  handler: () => {},
}

/** As text: a group may be called 007. */
const severalIds = (yargs: Argv) => yargs.positional('groups', { type: 'string', array: true })

async function list({ bootstrapServer }: BootstrapArguments): Promise<void> {
  const { errorCode, groups } = await withClient(bootstrapServer, (client) => client.send(API.LIST_GROUPS, {}))
  check(errorCode, 'Groups')
  const rows = groups.map(({ groupId, groupState, protocolType }) => [groupId, groupState, protocolType || '-'])
  process.stdout.write(table(['GROUP', 'STATE', 'PROTOCOL'], rows.sort()))
}

async function describe({ bootstrapServer, groups }: BootstrapArguments & { groups: string[] }): Promise<void> {
  await withClient(bootstrapServer, async (client) => {
    for (const group of groups) process.stdout.write(await describeGroup(client, group))
  })
}

async function describeGroup(client: Client, groupId: string): Promise<string> {
  const coordinator = await client.coordinator(groupId)
  const description = (await coordinator.send(API.DESCRIBE_GROUPS, { groups: [groupId] })).groups[0]!
  check(description.errorCode, `Group ${groupId}`, description.errorMessage)
  const owners = membersByPartition(description.members)
  const offsets = await coordinator.send(API.OFFSET_FETCH, { groups: [{ groupId, topics: null }] }, { version: 8 })
  const topics = offsets.groups[0]?.topics ?? []
  await client.topics(null)
  const rows: (string | number)[][] = []
  for (const { name: topic, partitions } of topics) {
    const ends = await endOffsets(client, topic)
    for (const { partitionIndex, committedOffset } of partitions) {
      const end = ends.get(partitionIndex)
      const owner = owners.get(`${topic}-${partitionIndex}`)
      const lag = end === undefined ? '-' : Math.max(0, end - committedOffset)
      rows.push([
        groupId,
        topic,
        partitionIndex,
        committedOffset,
        end ?? '-',
        lag,
        owner?.memberId ?? '-',
        owner?.clientHost ?? '-',
        owner?.clientId ?? '-',
      ])
    }
  }
  const columns = [
    'GROUP',
    'TOPIC',
    'PARTITION',
    'CURRENT-OFFSET',
    'LOG-END-OFFSET',
    'LAG',
    'CONSUMER-ID',
    'HOST',
    'CLIENT-ID',
  ]
  return `Group ${groupId}: ${description.groupState}, ${description.members.length} members\n${rows.length > 0 ? table(columns, rows) : ''}`
}

/** The end of each partition of a topic; none for a topic that is gone. */
async function endOffsets(client: Client, topic: string): Promise<Map<number, number>> {
  const ends = new Map<number, number>()
  const known = (await client.topics(null)).find(({ name }) => name === topic)
  for (const { partitionIndex, leaderId } of known?.partitions ?? []) {
    const leader = await client.broker(leaderId)
    const partitions = [{ partitionIndex, timestamp: LATEST }]
    const { topics } = await leader.send(API.LIST_OFFSETS, {
      replicaId: -1,
      isolationLevel: 0,
      topics: [{ name: topic, partitions }],
    })
    const found = topics[0]?.partitions[0]
    if (found?.errorCode === 0) ends.set(partitionIndex, found.offset)
  }
  return ends
}

async function remove({ bootstrapServer, groups }: BootstrapArguments & { groups: string[] }): Promise<void> {
  await withClient(bootstrapServer, async (client) => {
    for (const group of groups) {
      const coordinator = await client.coordinator(group)
      const { results } = await coordinator.send(API.DELETE_GROUPS, { groupsNames: [group] })
      for (const { groupId, errorCode } of results) check(errorCode, `Group ${groupId}`)
    }
  })
}
