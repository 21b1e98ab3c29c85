import type { Argv, CommandModule } from 'yargs'
import { copied, type Move, type PlanView, planRebalance } from '../node/planning.ts'
import { type Client, withClient } from './client.ts'
import { reassignments, topicInfos } from './cluster-info.ts'
import { CommandError } from './command-error.ts'
import { type BootstrapArguments, bootstrapServer, table } from './options.ts'
import { planJson, readPlanFile } from './plan-file.ts'
import { planView } from './plan-view.ts'
import { runMoves, startMoves, unthrottle } from './reassignment-run.ts'

const MAX_MOVES = 5

interface PlanArguments extends BootstrapArguments {
  drain: number[]
  topic: string[]
  json: boolean
}

interface StartArguments extends PlanArguments {
  file: string | undefined
  throttle: number | undefined
  maxMoves: number
  wait: boolean
}

/** `odradek reassign plan|start|status|cancel`: evens out replicas, leaders and bytes, or does what a file says. */
export const reassignCommand: CommandModule = {
  command: 'reassign',
  describe: 'move replicas between brokers',
  builder: (yargs) =>
    yargs
      .options(bootstrapServer)
      .command('plan', 'show what would even out the cluster, and change nothing', planOptions, (args) =>
        plan(args as unknown as PlanArguments),
      )
      .command('start', 'carry out such a plan, or one from a file', startOptions, (args) =>
        start(args as unknown as StartArguments),
      )
      .command('status', 'what is on its way now', {}, (args) => status(args as unknown as BootstrapArguments))
      .command('cancel', 'call off what is on its way, and take away throttles', topicOption, (args) =>
        cancel(args as unknown as BootstrapArguments & { topic: string[] }),
      )
      .demandCommand(1, 'Say what to do: reassign plan, start, status or cancel.'),
  handler: () => {},
}

const topicOption = (yargs: Argv) =>
  yargs.option('topic', {
    type: 'string',
    array: true,
    nargs: 1,
    default: [],
    describe: 'only this topic; may be given again',
  })

const drainOptions = (yargs: Argv) =>
  topicOption(yargs).option('drain', {
    type: 'number',
    array: true,
    nargs: 1,
    default: [],
    describe: 'id of a broker that is to lose all it has; may be given again',
  })

const planOptions = (yargs: Argv) =>
  drainOptions(yargs).option('json', {
    type: 'boolean',
    default: false,
    describe: 'only the JSON for kafka-reassign-partitions, or for start --file',
  })

const startOptions = (yargs: Argv) =>
  drainOptions(yargs)
    .option('file', { type: 'string', describe: 'a plan in the JSON of kafka-reassign-partitions' })
    .option('throttle', { type: 'number', describe: 'bytes a second that each broker may send, and get, for it' })
    .option('max-moves', { type: 'number', default: MAX_MOVES, describe: 'partitions that are copied at a time' })
    .option('wait', { type: 'boolean', default: true, describe: 'wait for the end; with --no-wait all start at once' })

async function plan({ bootstrapServer, drain, topic: topics, json }: PlanArguments): Promise<void> {
  const moves = await withClient(bootstrapServer, (client) => planned(client, { drain, topics }))
  process.stdout.write(json ? `${planJson(moves, 'to')}\n` : planText(moves, drain))
}

async function planned(client: Client, options: { drain: number[]; topics: string[] }): Promise<Move[]> {
  const view = await planView(client, options)
  const unknown = options.topics.find((name) => !view.partitions.some(({ topic }) => topic === name))
  if (unknown !== undefined) throw new CommandError(`Topic ${unknown} does not exist.`)
  const moves = planRebalance(view)
  const stay = keptOnDrained(view, moves, options.drain)
  if (stay > 0)
    process.stderr.write(`${stay} partitions keep a replica on a drained broker: there are not enough others.\n`)
  return moves
}

/** Partitions that have as many replicas as there are brokers left, or more. */
function keptOnDrained({ partitions }: PlanView, moves: readonly Move[], drain: readonly number[]): number {
  const moved = new Map(moves.map(({ topic, index, to }) => [`${topic}-${index}`, to]))
  return partitions.filter(({ topic, index, replicas, frozen }) => {
    const then = moved.get(`${topic}-${index}`) ?? replicas
    return !frozen && then.some((id) => drain.includes(id))
  }).length
}

function planText(moves: readonly Move[], drain: readonly number[]): string {
  if (moves.length === 0) return drain.length > 0 ? 'Nothing to do.\n' : 'Nothing to do: the cluster is balanced.\n'
  const rows = moves.map((move) => {
    const { topic, index, from, to } = move
    return [topic, index, from.join(), to.join(), copied(move).join() || '-']
  })
  const replicas = moves.flatMap(copied).length
  return [
    table(['TOPIC', 'PARTITION', 'FROM', 'TO', 'COPIED-TO'], rows),
    `\n${moves.length} partitions change, ${replicas} replicas are copied.\n`,
    `\nCurrent partition replica assignment\n${planJson(moves, 'from')}\n`,
    `\nProposed partition reassignment configuration\n${planJson(moves, 'to')}\n`,
  ].join('')
}

async function start(options: StartArguments): Promise<void> {
  const { bootstrapServer, drain, topic: topics, file, throttle, maxMoves, wait } = options
  if (maxMoves < 1) throw new CommandError(`--max-moves ${maxMoves}: at least one.`)
  if (throttle !== undefined && throttle < 1) throw new CommandError(`--throttle ${throttle}: at least one byte.`)
  if (file !== undefined && drain.length + topics.length > 0)
    throw new CommandError('--file holds the whole plan: neither --drain nor --topic goes with it.')
  if (throttle !== undefined && !wait)
    throw new CommandError('--throttle needs somebody who waits, to take the throttle away at the end.')
  await withClient(bootstrapServer, async (client) => {
    const moves = file === undefined ? await planned(client, { drain, topics }) : await movesOfFile(client, file)
    if (moves.length === 0) process.stdout.write('Nothing to do.\n')
    else if (wait) await runMoves(client, moves, { maxMoves, throttle })
    else await startMoves(client, moves)
    if (moves.length > 0) process.stdout.write(`${moves.length} partitions ${wait ? 'reassigned' : 'on their way'}.\n`)
  })
}

async function movesOfFile(client: Client, path: string): Promise<Move[]> {
  const wanted = readPlanFile(path)
  const topics = await topicInfos(client, [...new Set(wanted.map(({ topic }) => topic))])
  return wanted.map(({ topic, partition: index, replicas: to }) => {
    const partitions = topics.find(({ name }) => name === topic)?.partitions ?? []
    const partition = partitions.find(({ partitionIndex }) => partitionIndex === index)
    if (partition === undefined) throw new CommandError(`Topic ${topic} has no partition ${index}.`)
    return { topic, index, from: partition.replicaNodes, to }
  })
}

async function status({ bootstrapServer }: BootstrapArguments): Promise<void> {
  const running = await withClient(bootstrapServer, reassignments)
  if (running.length === 0) process.stdout.write('Nothing is on its way.\n')
  else process.stdout.write(table(COLUMNS, running.map(cellsOf).sort(byTopicAndPartition)))
}

const COLUMNS = ['TOPIC', 'PARTITION', 'REPLICAS', 'ADDING', 'REMOVING']

const cellsOf = ({
  topic,
  partitionIndex,
  replicas,
  addingReplicas,
  removingReplicas,
}: Awaited<ReturnType<typeof reassignments>>[number]): [string, number, ...string[]] => [
  topic,
  partitionIndex,
  replicas.join(),
  addingReplicas.join() || '-',
  removingReplicas.join() || '-',
]

function byTopicAndPartition(one: [string, number, ...string[]], other: [string, number, ...string[]]): number {
  if (one[0] !== other[0]) return one[0] < other[0] ? -1 : 1
  return one[1] - other[1]
}

async function cancel({ bootstrapServer, topic: topics }: BootstrapArguments & { topic: string[] }): Promise<void> {
  await withClient(bootstrapServer, async (client) => {
    const running = (await reassignments(client)).filter(({ topic }) => topics.length === 0 || topics.includes(topic))
    if (running.length > 0) {
      const moves = running.map(({ topic, partitionIndex: index, replicas }) => ({ topic, index, from: replicas }))
      await startMoves(
        client,
        moves.map((move) => ({ ...move, to: null })),
      )
      await unthrottle(
        client,
        moves.map((move) => ({ ...move, to: move.from })),
      )
    }
    process.stdout.write(running.length === 0 ? 'Nothing is on its way.\n' : `${running.length} partitions stay.\n`)
  })
}
