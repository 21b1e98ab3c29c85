import { readFileSync } from 'node:fs'
import type { Move } from '../node/planning.ts'
import { CommandError } from './command-error.ts'

/** One partition as kafka-reassign-partitions writes and reads it. */
interface FilePartition {
  readonly topic: string
  readonly partition: number
  readonly replicas: readonly number[]
}

/** The JSON of kafka-reassign-partitions, for where partitions are or for where they go. */
export function planJson(moves: readonly Move[], side: 'from' | 'to'): string {
  const partitions = moves.map((move) => ({
    topic: move.topic,
    partition: move.index,
    replicas: move[side],
    log_dirs: move[side].map(() => 'any'),
  }))
  return JSON.stringify({ version: 1, partitions })
}

export function readPlanFile(path: string): FilePartition[] {
  let plan: { partitions?: unknown } | null
  try {
    plan = JSON.parse(readFileSync(path, 'utf8')) as { partitions?: unknown } | null
  } catch (error) {
    throw new CommandError(`${path} cannot be read: ${(error as Error).message}`)
  }
  const { partitions } = plan ?? {}
  if (!Array.isArray(partitions) || !partitions.every(isFilePartition))
    throw new CommandError(`${path} is no plan: write {"partitions": [{"topic": …, "partition": …, "replicas": […]}]}.`)
  return partitions
}

function isFilePartition(value: unknown): value is FilePartition {
  const { topic, partition, replicas } = (value ?? {}) as Record<string, unknown>
  return (
    typeof topic === 'string' &&
    Number.isSafeInteger(partition) &&
    Array.isArray(replicas) &&
    replicas.length > 0 &&
    replicas.every(Number.isSafeInteger)
  )
}
