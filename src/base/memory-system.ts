import { ManualTime } from './manual-time.ts'
import { MemoryDisk } from './memory-disk.ts'
import { MemoryNetwork } from './memory-network.ts'
import type { System } from './ports.ts'
import { SeededRandom } from './seeded-random.ts'

/** A world without an outside: what happens in it is a function of the seed and of what is asked of it. */
export interface MemorySystem extends System {
  time: ManualTime
  /** The network between all hosts; `network` is what the host `localhost` sees of it. */
  wires: MemoryNetwork
  disk: MemoryDisk
  random: SeededRandom
}

/** With `chunks` 'random' the network cuts every delivery at random places, as TCP may. */
export function createMemorySystem(
  seed: number,
  { chunks = 'whole' }: { chunks?: 'whole' | 'random' } = {},
): MemorySystem {
  const time = new ManualTime()
  const random = new SeededRandom(seed)
  const cuts = random.fork()
  const wires = new MemoryNetwork({
    timers: time,
    ...(chunks === 'random' && { chunkBytes: (available: number) => 1 + cuts.below(available) }),
  })
  return {
    time,
    clock: time,
    timers: time,
    random,
    disk: new MemoryDisk({ wallMs: () => time.wallMs() }),
    wires,
    network: wires.host('localhost'),
  }
}
