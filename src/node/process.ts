import { lookup } from 'node:dns'
import { rmSync } from 'node:fs'
import { DiskError } from '../base/disk.ts'
import type { Logger } from '../base/logger.ts'
import { createSystem } from '../base/system.ts'
import { createLogger } from '../base/system-logger.ts'
import { banner } from './banner.ts'
import { Broker } from './broker.ts'
import { type StartOptions, setUp } from './options.ts'

/** How long a clean stop may take before the process goes anyway. */
const STOP_WITHIN_MS = 2000

/** Runs a broker as this process: banner on standard output, log on standard error, signals end it. */
export async function startProcess(options: StartOptions): Promise<void> {
  // First of all: a signal that comes before there is a handler leaves behind whatever was made until then.
  let stop: () => void = () => process.exit(0)
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop())
  const setup = setUp(options)
  const logger = createLogger({ level: setup.logLevel, format: setup.logFormat })
  const remove = () => setup.temporary && removeQuietly(setup.dataDirs)
  // Whatever ends the process, data that was promised to be temporary goes with it.
  process.on('exit', remove)
  for (const warning of setup.config.warnings) logger.warn(warning)

  const broker = new Broker(createSystem(), setup, logger, (error) => {
    if (error instanceof DiskError) logger.error('the broker stops: its disk has failed', { reason: error.message })
    else logger.error('the broker stops: it cannot trust its state any more', { error: error.stack ?? error.message })
    process.exit(1)
  })
  const starting = broker.start()
  stop = stopOnce(broker, starting)
  await starting
  process.stdout.write(banner(broker, setup, performance.now()))
  for (const listener of broker.listeners) warnIfUnresolvable(listener.advertised.host, logger)
}

/** Clients that cannot resolve what they are told connect once and never again, which is hard to see from their side. */
function warnIfUnresolvable(host: string, logger: Logger): void {
  lookup(host, (error) => {
    if (!error) return
    logger.warn(
      `clients are told to connect to ${host}, a name that this machine cannot resolve; if they cannot either, set advertised.listeners`,
      { code: error.code },
    )
  })
}

/** What a signal does. A broker that is still starting is stopped when it has started. */
function stopOnce(broker: Broker, starting: Promise<void>): () => void {
  let stopping = false
  const stop = async () => {
    try {
      await starting
    } catch {
      // Whoever started it says why it failed, and the process ends of itself.
      return
    }
    try {
      await broker.stop()
      process.exit(0)
    } catch (error) {
      process.stderr.write(`odradek: ${(error as Error).message}\n`)
      process.exit(1)
    }
  }
  return () => {
    if (stopping) process.exit(1)
    stopping = true
    setTimeout(() => process.exit(1), STOP_WITHIN_MS).unref()
    void stop()
  }
}

function removeQuietly(dirs: readonly string[]): void {
  for (const dir of dirs) {
    try {
      rmSync(dir, { recursive: true, force: true })
    } catch (error) {
      process.stderr.write(`odradek: ${dir} could not be removed: ${(error as Error).message}\n`)
    }
  }
}
