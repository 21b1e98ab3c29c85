import { ErrorCode } from '../../protocol/errors.ts'
import { brokersOf, byTopic, type ConfigChange, copied, type Move, throttleOf, unthrottleOf } from '../node/planning.ts'
import { API, type Client, check } from './client.ts'
import { clusterInfo, reassignments } from './cluster-info.ts'
import { progress } from './lines.ts'

const TIMEOUT_MS = 30_000
const POLL_MS = 200
const BROKER_RESOURCE = 4
const PREFERRED = 0

export interface RunOptions {
  /** Partitions that are copied at a time. */
  readonly maxMoves: number
  /** Bytes a second for each broker, both ways; undefined for no limit. */
  readonly throttle: number | undefined
}

type Target = Pick<Move, 'topic' | 'index'> & { readonly to: readonly number[] | null }

/** Reassigns partitions, some at a time, waits until they have arrived, and lets the first replica of each lead. */
export async function runMoves(client: Client, moves: readonly Move[], options: RunOptions): Promise<void> {
  const waiting = [...moves]
  const running = new Map<string, Move>()
  try {
    for (;;) {
      await forgetArrived(client, running)
      const next = take(waiting, options.maxMoves - running.size)
      for (const move of next) running.set(nameOf(move), move)
      if (running.size === 0) break
      if (options.throttle !== undefined && next.length > 0)
        await alterConfigs(
          client,
          throttleOf([...running.values()], options.throttle, () => new Map()),
        )
      if (next.length > 0) await startMoves(client, next)
      progress(`${moves.length - waiting.length - running.size} of ${moves.length} partitions have arrived`)
      await pause(client, POLL_MS)
    }
  } finally {
    if (options.throttle !== undefined) await unthrottle(client, moves)
  }
  await electPreferred(client, moves)
  progress(`${moves.length} partitions reassigned`, { last: true })
}

/** Starts them all, or calls them off, and does not wait. */
export async function startMoves(client: Client, targets: readonly Target[]): Promise<void> {
  const topics = [...byTopic(targets)].map(([name, ofTopic]) => ({
    name,
    partitions: ofTopic.map(({ index, to }) => ({ partitionIndex: index, replicas: to && [...to] })),
  }))
  const request = { timeoutMs: TIMEOUT_MS, topics }
  const { errorCode, errorMessage, responses } = await client.send(API.ALTER_PARTITION_REASSIGNMENTS, request)
  check(errorCode, 'Reassignment', errorMessage)
  for (const { name, partitions } of responses) {
    for (const partition of partitions)
      check(partition.errorCode, `Topic ${name}, partition ${partition.partitionIndex}`, partition.errorMessage)
  }
}

/** Takes away the throttles that these moves may have, from the brokers that are there. */
export async function unthrottle(client: Client, moves: readonly Move[]): Promise<void> {
  await alterConfigs(client, unthrottleOf(brokersOf(moves), [...byTopic(moves).keys()]))
}

/** Changes of order cost nothing, and are not counted. */
function take(waiting: Move[], free: number): Move[] {
  let left = free
  const end = waiting.findIndex((move) => copied(move).length > 0 && left-- <= 0)
  return waiting.splice(0, end < 0 ? waiting.length : end)
}

async function forgetArrived(client: Client, running: Map<string, Move>): Promise<void> {
  if (running.size === 0) return
  const left = new Set((await reassignments(client)).map(({ topic, partitionIndex }) => `${topic}-${partitionIndex}`))
  for (const name of running.keys()) if (!left.has(name)) running.delete(name)
}

async function electPreferred(client: Client, moves: readonly Move[]): Promise<void> {
  if (!client.serves(API.ELECT_LEADERS, 1)) return
  const topicPartitions = [...byTopic(moves)].map(([topic, ofTopic]) => ({
    topic,
    partitions: ofTopic.map(({ index }) => index),
  }))
  const request = { electionType: PREFERRED, topicPartitions, timeoutMs: TIMEOUT_MS }
  const { errorCode } = await client.send(API.ELECT_LEADERS, request)
  check(errorCode, 'Election of preferred leaders')
}

/** What a broker is told about itself has to be said to that very broker; one that is away needs no throttle. */
async function alterConfigs(client: Client, changes: readonly ConfigChange[]): Promise<void> {
  const { brokers } = await clusterInfo(client)
  const live = new Set(brokers.filter(({ isFenced }) => !isFenced).map(({ id }) => String(id)))
  await client.topics([])
  const ofBrokers = changes.filter(({ resourceType }) => resourceType === BROKER_RESOURCE)
  const others = changes.filter(({ resourceType }) => resourceType !== BROKER_RESOURCE)
  for (const change of ofBrokers) {
    if (!live.has(change.resourceName)) continue
    const broker = await client.broker(Number(change.resourceName))
    checkConfigs(await broker.send(API.INCREMENTAL_ALTER_CONFIGS, requestOf([change])))
  }
  if (others.length > 0) checkConfigs(await client.send(API.INCREMENTAL_ALTER_CONFIGS, requestOf(others)))
}

const requestOf = (changes: readonly ConfigChange[]) => ({
  resources: changes.map((change) => ({ ...change, configs: [...change.configs] })),
  validateOnly: false,
})

interface ConfigAnswer {
  readonly responses: readonly { errorCode: number; errorMessage: string | null; resourceName: string }[]
}

function checkConfigs({ responses }: ConfigAnswer): void {
  for (const { errorCode, errorMessage, resourceName } of responses) {
    // A topic may have been deleted meanwhile.
    if (errorCode !== ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
      check(errorCode, `Throttle of ${resourceName}`, errorMessage)
  }
}

const nameOf = ({ topic, index }: Pick<Move, 'topic' | 'index'>): string => `${topic}-${index}`

const pause = (client: Client, delayMs: number): Promise<void> =>
  new Promise((resolve) => {
    client.system.timers.after(delayMs, resolve)
  })
