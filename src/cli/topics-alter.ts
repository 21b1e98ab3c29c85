import type { Argv } from 'yargs'
import { planFactor } from '../node/planning.ts'
import { API, type Client, check, withClient } from './client.ts'
import { topicInfos } from './cluster-info.ts'
import { CommandError } from './command-error.ts'
import type { BootstrapArguments } from './options.ts'
import { planView } from './plan-view.ts'
import { runMoves, startMoves } from './reassignment-run.ts'

const TIMEOUT_MS = 30_000

interface AlterArguments extends BootstrapArguments {
  topic: string
  partitions: number | undefined
  replicationFactor: number | undefined
  throttle: number | undefined
  wait: boolean
}

export const alterOptions = (yargs: Argv) =>
  yargs
    .positional('topic', { type: 'string', demandOption: true })
    .option('partitions', { type: 'number', describe: 'how many there are to be; never less than now' })
    .option('replication-factor', { type: 'number', describe: 'how many replicas each is to have' })
    .option('throttle', { type: 'number', describe: 'bytes a second that each broker may send, and get, for it' })
    .option('wait', { type: 'boolean', default: true, describe: 'wait until new replicas have everything' })

/** `odradek topics alter TOPIC`: more partitions, or more or fewer replicas, by a reassignment. */
export async function alterTopic(args: unknown): Promise<void> {
  const options = args as AlterArguments
  const { topic, partitions, replicationFactor, bootstrapServer } = options
  if (partitions === undefined && replicationFactor === undefined)
    throw new CommandError('Say what to alter: --partitions N or --replication-factor N.')
  await withClient(bootstrapServer, async (client) => {
    if (partitions !== undefined) await addPartitions(client, topic, partitions)
    if (replicationFactor !== undefined) await changeFactor(client, replicationFactor, options)
  })
}

async function addPartitions(client: Client, topic: string, count: number): Promise<void> {
  const topics = [{ name: topic, count, assignments: null }]
  const { results } = await client.send(API.CREATE_PARTITIONS, { topics, timeoutMs: TIMEOUT_MS, validateOnly: false })
  for (const { errorCode, errorMessage } of results) check(errorCode, `Topic ${topic}`, errorMessage)
  process.stdout.write(`Topic ${topic} has ${count} partitions.\n`)
}

async function changeFactor(
  client: Client,
  factor: number,
  { topic, throttle, wait }: Pick<AlterArguments, 'topic' | 'throttle' | 'wait'>,
): Promise<void> {
  if (factor < 1) throw new CommandError(`--replication-factor ${factor}: at least one.`)
  const [info] = await topicInfos(client, [topic])
  const inSync = new Map(info?.partitions.map(({ partitionIndex, isrNodes }) => [partitionIndex, isrNodes]))
  const view = await planView(client, { drain: [], topics: [topic] })
  const moves = planFactor(view, topic, factor, (index, id) => inSync.get(index)?.includes(id) ?? false)
  if (moves === undefined) throw new CommandError(`There are not ${factor} brokers that take replicas.`)
  if (wait) await runMoves(client, moves, { maxMoves: Number.POSITIVE_INFINITY, throttle })
  else if (moves.length > 0) await startMoves(client, moves)
  process.stdout.write(
    moves.length === 0
      ? `Topic ${topic} has ${factor} replicas of each partition already.\n`
      : `Topic ${topic} ${wait ? 'has' : 'is to have'} ${factor} replicas of each partition.\n`,
  )
}
