import type { System } from './ports.ts'
import { createSystemDisk } from './system-disk.ts'
import { systemNetwork } from './system-network.ts'
import { systemRandom } from './system-random.ts'
import { systemClock, systemTimers } from './system-time.ts'

export { createLogger, type LoggerSettings } from './system-logger.ts'

/** The world as the operating system has it. */
export function createSystem(): System {
  return {
    clock: systemClock,
    timers: systemTimers,
    random: systemRandom,
    disk: createSystemDisk(),
    network: systemNetwork,
  }
}
