import type { Disk } from './disk.ts'
import type { Network } from './network.ts'
import type { Random } from './random.ts'
import type { Clock, Timers } from './time.ts'

/** The ports to the outside, together. Whatever needs the world gets this (or the part it needs) as a parameter. */
export interface System {
  clock: Clock
  timers: Timers
  random: Random
  disk: Disk
  network: Network
}
