import { lookup } from 'node:dns'
import { rmSync } from 'node:fs'
import { DiskError } from '../base/disk.ts'
import type { Logger } from '../base/logger.ts'
import { createSystem } from '../base/system.ts'
import { createLogger } from '../base/system-logger.ts'
import { banner, clusterBanner } from './banner.ts'
import { Broker } from './broker.ts'
import { Cluster } from './cluster.ts'
import { clusterDirectory, DEFAULT_PORT, type StartOptions, setUp } from './options.ts'

/** How long a clean stop may take before the process goes anyway. */
const STOP_WITHIN_MS = 2000

const REBALANCE = 'odradek.rebalance.enable'

/** How long a node of a cluster may take, with others to hand over to. */
const HAND_OVER_WITHIN_MS = 35_000

/** Runs a node as this process: banner on standard output, log on standard error, signals end it. */
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
  stop = stopOnce(starting, () => broker.stop(), broker.hasCompany ? HAND_OVER_WITHIN_MS : STOP_WITHIN_MS)
  await starting
  process.stdout.write(banner(broker, setup, performance.now()))
  for (const listener of broker.listeners) warnIfUnresolvable(listener.advertised.host, logger)
}

/** Runs a whole cluster as this process; each of its nodes has a directory below the data directory. */
export async function startClusterProcess(options: StartOptions & { brokers: number }): Promise<void> {
  let stop: () => void = () => process.exit(0)
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop())
  const { dataDir, temporary } = clusterDirectory(options)
  process.on('exit', () => temporary && removeQuietly([dataDir]))
  const logger = createLogger({ level: options.logLevel ?? 'warn', format: options.logFormat ?? 'text' })
  const { brokers, port = DEFAULT_PORT, host, environment = {}, file = {}, flags = {} } = options
  const setup = {
    brokers,
    port,
    dataDir,
    logLevel: options.logLevel ?? 'warn',
    clusterId: environment.CLUSTER_ID,
    // On unless somebody says otherwise: whoever runs several nodes wants them to share the work.
    options: { flags: { [REBALANCE]: file[REBALANCE] ?? 'true', ...flags }, environment, file },
    ...(host === undefined ? {} : { host }),
  }
  const cluster = new Cluster(createSystem(), setup, logger, (error, nodeId) => {
    logger.error(`node ${nodeId} stops`, { error: error.stack ?? error.message })
    process.exit(1)
  })
  const starting = cluster.start(options.topics ?? [])
  stop = stopOnce(starting, () => cluster.stop(), HAND_OVER_WITHIN_MS)
  await starting
  process.stdout.write(clusterBanner(cluster, dataDir, temporary, performance.now()))
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

/** What a signal does. A broker that is still starting is stopped when it has started, or has taken too long for that. */
function stopOnce(starting: Promise<void>, end: () => Promise<void>, withinMs: number): () => void {
  let stopping = false
  const stop = async () => {
    try {
      // What is still looking for its quorum may never start.
      await Promise.race([starting, new Promise((resolve) => setTimeout(resolve, STOP_WITHIN_MS))])
    } catch {
      // Whoever started it says why it failed, and the process ends of itself.
      return
    }
    try {
      await end()
      process.exit(0)
    } catch (error) {
      process.stderr.write(`odradek: ${(error as Error).message}\n`)
      process.exit(1)
    }
  }
  return () => {
    if (stopping) process.exit(1)
    stopping = true
    setTimeout(() => process.exit(1), withinMs).unref()
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
