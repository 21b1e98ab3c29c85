import path from 'node:path'
import { ProtocolError } from '../../protocol/errors.ts'
import { DiskError } from '../base/disk.ts'
import type { Logger } from '../base/logger.ts'
import type { Clock, Timer, Timers } from '../base/time.ts'
import type { Log } from '../log/log.ts'
import type { LogManager } from '../log/log-manager.ts'
import type { ReplicaConfig } from './context.ts'
import { FutureReplica } from './future-replica.ts'
import type { LogWriter } from './log-writer.ts'
import type { Partition } from './partition.ts'
import { MoveQuota } from './replication-quota.ts'

/** Where the cluster is told in which log directory a replica lies (KIP-858). */
export interface DirectoryReports {
  /** Until the image shows it, or another word about the same replica takes its place. */
  assign(replica: { topicId: string; index: number; directory: string }): void
}

export interface ReplicaMovesOptions {
  readonly clock: Clock
  readonly timers: Timers
  readonly config: ReplicaConfig
  readonly logger: Logger
  readonly logs: LogManager
  readonly writer: LogWriter
  /** A copy's log start moved, or the copy is gone: deletions of records wait for it (D75). */
  advanced(partition: Partition): void
  /** Undefined where nobody wants to know. */
  reports(): DirectoryReports | undefined
}

/**
 * Moves replicas between the log directories of this broker (KIP-113): as many side by side as
 * `num.replica.alter.log.dirs.threads` says, in the order of their names, each one to its end. One read is copied in a
 * turn of the event loop.
 */
export class ReplicaMoves {
  readonly #options: ReplicaMovesOptions
  readonly #quota: MoveQuota
  /** Those under way; what is in `#running` is being copied. */
  readonly #moves = new Map<Partition, FutureReplica>()
  readonly #running = new Set<FutureReplica>()
  readonly #pauses = new Set<Timer>()
  #closed = false

  constructor(options: ReplicaMovesOptions) {
    this.#options = options
    this.#quota = new MoveQuota(options)
    options.logs.onDirFailure(() => this.#dirFailed())
  }

  get size(): number {
    return this.#moves.size
  }

  of(partition: Partition): FutureReplica | undefined {
    return this.#moves.get(partition)
  }

  /** Begins, or goes on with, the copy that is `future`. */
  begin(partition: Partition, future: Log): void {
    if (this.#moves.has(partition)) return
    const { logs } = this.#options
    const move = new FutureReplica(partition, future, logs.dirOf(future)?.id)
    // It was agreed on before this broker started: what is missing is copied, and it moves.
    if (move.directory !== undefined && partition.directory === move.directory) move.assigned()
    partition.future = move
    this.#moves.set(partition, move)
    this.#pump()
  }

  /** Calls the move off; its folder goes. */
  cancel(partition: Partition): void {
    const move = this.#moves.get(partition)
    if (move !== undefined) this.#end(move)
    this.#options.logs.deleteFuture(partition.topic, partition.index)
  }

  /** The partition is another one's affair now, has a new leader epoch, or moved on. */
  changed(partition: Partition): void {
    const move = this.#moves.get(partition)
    if (move === undefined) return
    // The copy stays where its own directory is well: the next start goes on with it.
    if (partition.state === 'offline' || partition.state === 'deleted') this.#end(move)
    else move.wake()
  }

  close(): void {
    this.#closed = true
    for (const pause of this.#pauses) pause.cancel()
    for (const move of this.#moves.values()) move.over()
    this.#moves.clear()
  }

  #dirFailed(): void {
    for (const move of [...this.#moves.values()]) if (move.log.failure !== undefined) this.#end(move)
  }

  /** Without having moved: the cluster has to know the replica where it is, in a directory that has failed too (D91). */
  #end(move: FutureReplica): void {
    const { partition, isAssigned } = move
    this.#forget(move)
    if (!isAssigned || partition.state === 'deleted') return
    const { logs } = this.#options
    const { topicId, index, log } = partition
    const directory = logs.dirOf(log)?.id
    if (directory !== undefined) this.#options.reports()?.assign({ topicId, index, directory })
  }

  #forget(move: FutureReplica): void {
    const { partition } = move
    this.#moves.delete(partition)
    partition.future = undefined
    move.over()
    this.#options.advanced(partition)
  }

  #pump(): void {
    const { config, logs } = this.#options
    const limit = config['num.replica.alter.log.dirs.threads'] ?? logs.dirs.length
    const waiting = [...this.#moves.values()].filter((move) => !this.#running.has(move)).sort(byName)
    for (const move of waiting.slice(0, Math.max(0, limit - this.#running.size))) {
      this.#running.add(move)
      // Anything but a failure of this one is thrown into nowhere on purpose: the process stops.
      void this.#run(move)
    }
  }

  async #run(move: FutureReplica): Promise<void> {
    try {
      while (!move.isOver) await this.#advance(move)
    } catch (error) {
      this.#failed(move, error)
    }
    this.#running.delete(move)
    if (!this.#closed) this.#pump()
  }

  async #advance(move: FutureReplica): Promise<void> {
    const { timers, config, writer } = this.#options
    await new Promise<void>((resolve) => timers.soon(resolve))
    if (move.isOver) return
    if (this.#quota.isExceeded) {
      await this.#pause(config['replica.fetch.backoff.ms'])
      return
    }
    // What this turn has appended must not be what keeps a busy partition from being moved.
    if (this.#isAgreed(move)) writer.flush()
    const { logStartOffset } = move
    const bytes = await move.copy()
    if (move.isOver) return
    if (move.logStartOffset > logStartOffset) this.#options.advanced(move.partition)
    this.#quota.record(bytes)
    if (move.isCaughtUp && !this.#isAgreed(move) && !move.isAssigned) await this.#ask(move)
    else if (move.isCaughtUp && this.#isAgreed(move)) this.#swap(move)
    else if (bytes === 0) await move.news()
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#options.timers.after(ms, () => {
        this.#pauses.delete(timer)
        resolve()
      })
      this.#pauses.add(timer)
    })
  }

  /** The cluster knows the replica where it moves to, or does not keep such books. */
  #isAgreed({ partition, directory }: FutureReplica): boolean {
    return directory === undefined || this.#options.reports() === undefined || partition.directory === directory
  }

  /** What is to be relied on is on the medium first. */
  async #ask(move: FutureReplica): Promise<void> {
    await move.log.flush()
    if (move.isOver) return
    move.assigned()
    const { topicId, index } = move.partition
    this.#options.reports()?.assign({ topicId, index, directory: move.directory! })
  }

  /** In one turn of the event loop, so that no record can come in between. */
  #swap(move: FutureReplica): void {
    const { logs, logger } = this.#options
    const { partition } = move
    const { topic, index } = partition
    const from = path.dirname(partition.log.dir)
    const log = logs.replaceWithFuture(topic, index)
    partition.moveTo(log)
    this.#forget(move)
    logger.info('replica moved to another log directory', { topic, partition: index, from, to: path.dirname(log.dir) })
    log.flush().catch(() => {
      // The log has reported its failure, and its directory is offline by now.
    })
  }

  /** Others go on; this one is tried again when its partition changes, or somebody asks for it. */
  #failed(move: FutureReplica, error: unknown): void {
    if (!(error instanceof ProtocolError || error instanceof DiskError)) throw error
    if (move.isOver) return
    const { topic, index } = move.partition
    this.#options.logger.error('moving a replica failed', { topic, partition: index, reason: error.message })
    this.#end(move)
  }
}

const byName = (one: FutureReplica, other: FutureReplica): number =>
  one.topic === other.topic ? one.index - other.index : one.topic < other.topic ? -1 : 1
