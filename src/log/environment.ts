import type { Disk } from '../base/disk.ts'
import type { Logger } from '../base/logger.ts'
import { DurationHistogram } from '../base/metrics.ts'
import type { System } from '../base/ports.ts'
import type { Random } from '../base/random.ts'
import { SlabPool } from '../base/slabs.ts'
import type { Clock, Timers } from '../base/time.ts'
import { OpenFiles } from './open-files.ts'
import { MAX_TAIL_BYTES, TailMemory } from './tail.ts'

/** What all logs of a node share: the ports, and the memory and descriptors they may use together. */
export interface LogEnvironment {
  readonly disk: Disk
  readonly clock: Clock
  readonly timers: Timers
  readonly random: Random
  readonly logger: Logger
  readonly files: OpenFiles
  readonly tails: TailMemory
  /** Where requests that carry batches are put, so that tails can keep them. */
  readonly slabs: SlabPool
  /** How long flushes took. */
  readonly flushes: DurationHistogram
}

export function createLogEnvironment(system: Omit<System, 'network'>, logger: Logger): LogEnvironment {
  const { disk, clock, timers, random } = system
  return {
    disk,
    clock,
    timers,
    random,
    logger,
    files: new OpenFiles(disk),
    tails: new TailMemory(MAX_TAIL_BYTES, () => clock.monotonicMs()),
    slabs: new SlabPool(),
    flushes: new DurationHistogram(),
  }
}
