import { decodeMetaProperties } from '../../protocol/checkpoint/meta-properties.ts'
import { DiskError } from '../../src/base/disk.ts'
import type { Logger } from '../../src/base/logger.ts'
import { type CrashKind, MemoryDisk } from '../../src/base/memory-disk.ts'
import { MortalSystem } from '../../src/base/mortal-system.ts'
import { SUPPORTED_FEATURES } from '../../src/metadata/features.ts'
import type { VersionRange } from '../../src/metadata/image.ts'
import { Broker } from '../../src/node/broker.ts'
import { resolveConfig } from '../../src/node/config.ts'
import { type FirstVoters, formatStorage } from '../../src/node/format-storage.ts'
import type { Rooms } from '../../src/node/rooms.ts'
import { Gate } from './gate.ts'
import { NodeSystem } from './node-system.ts'
import { Violation } from './violation.ts'
import type { World } from './world.ts'

const META_FILE = '/data/meta.properties'
export const CLUSTER_ID = 'c2ltdWxhdG9yLWNsdXN0ZQ'

/**
 * down     -> starting    boot
 * starting -> up          it answers clients
 * up       -> stopping    stop: an orderly end
 * any      -> down        killed, stopped, or ended by itself
 */
type State = 'down' | 'starting' | 'up' | 'stopping'

export interface SimNodeOptions {
  /** Of the cluster that it takes itself for a member of. */
  readonly clusterId?: string
  /** Levels that it can run with. Default: those of this release. */
  readonly features?: ReadonlyMap<string, VersionRange>
  /** Of the machine. Default: n and the id of the node. */
  readonly host?: string
}

/** One machine with its disk, and the node on it, which comes and goes. */
export class SimNode {
  readonly id: number
  readonly host: string
  readonly flags: Readonly<Record<string, string>>
  disk: MemoryDisk
  state: State = 'down'
  /** Lost power and may have lost what was not synced; until it is in every ISR again. */
  unclean = false
  /** Times that it lost power. */
  powerLosses = 0
  /** Of the disk that it had before the one that it has; undefined where that was its first. */
  lostDirectoryId: string | undefined
  /** Counts boots. */
  life = 0
  readonly #world: World
  readonly #clusterId: string
  readonly #features: ReadonlyMap<string, VersionRange>
  readonly #gate: Gate
  readonly #clockRate: number
  readonly #wallOffsetMs: number
  #diedMs = -1
  #mortal: MortalSystem | undefined
  #broker: Broker | undefined

  constructor(
    world: World,
    id: number,
    flags: Readonly<Record<string, string>>,
    { clusterId = CLUSTER_ID, features = SUPPORTED_FEATURES, host = `n${id}` }: SimNodeOptions = {},
  ) {
    const { random, time } = world
    this.#world = world
    this.flags = flags
    this.#clusterId = clusterId
    this.#features = features
    this.id = id
    this.host = host
    this.disk = this.#newDisk()
    this.#gate = new Gate(time, () => world.touched.add(this))
    this.#clockRate = 1 + (random.below(2001) - 1000) / 100_000
    this.#wallOffsetMs = random.below(4001) - 2000
  }

  /** What the running node consists of; undefined while there is none. */
  get rooms(): Rooms | undefined {
    return this.state === 'down' ? undefined : this.#broker?.rooms
  }

  get isPaused(): boolean {
    return this.#gate.isClosed
  }

  /** As `odradek storage format` does, on an empty disk: with voters in the log, and not in the configuration. */
  format(firstVoters: FirstVoters): void {
    const { time, random } = this.#world
    const clock = { wallMs: () => Math.floor(time.wallMs()), monotonicMs: () => time.monotonicMs() }
    const config = resolveConfig({ flags: this.flags }).values
    const options = { config, clusterId: this.#clusterId, firstVoters, ignoreFormatted: false }
    formatStorage({ clock, disk: this.disk, random: random.fork() }, options)
  }

  /** Of the disk that it has; undefined where that was never formatted. */
  get directoryId(): string | undefined {
    if (!this.disk.exists(META_FILE)) return undefined
    return decodeMetaProperties(this.disk.readFile(META_FILE)).directoryId ?? undefined
  }

  /** While the node is down it gets a new disk, and what was on the old one is lost. */
  replaceDisk(): void {
    if (this.state !== 'down') throw new Error(`${this.host} is ${this.state}`)
    this.lostDirectoryId = this.directoryId
    this.disk = this.#newDisk()
    this.format({ kind: 'none' })
    this.#note('has a new disk')
  }

  /** In the instant of a death it waits for the next: what the process was just opening, such as a listener, closes. */
  boot(): void {
    if (this.state !== 'down') return
    const { wires, time } = this.#world
    if (time.monotonicMs() === this.#diedMs) {
      time.after(1, () => this.boot())
      return
    }
    wires.restoreHost(this.host)
    this.state = 'starting'
    this.life++
    this.#note('boots')
    const mortal = new MortalSystem(this.#system())
    this.#mortal = mortal
    const config = resolveConfig({ flags: this.flags })
    const setup = {
      config,
      topics: [],
      clusterId: this.#clusterId,
      features: this.#features,
      dataDirs: config.values['log.dirs'] ?? ['/data'],
      temporary: false,
      logLevel: 'debug',
      logFormat: 'text',
    } as const
    const broker = new Broker(mortal, setup, this.#logger({}), (error) => this.#ended(mortal, 'fatal', error))
    this.#broker = broker
    broker.start().then(
      () => {
        if (this.#mortal !== mortal || this.state !== 'starting') return
        this.state = 'up'
        this.#note('is up')
      },
      (error) => this.#ended(mortal, 'start failed', error),
    )
  }

  /** 'written': the process dies, what it wrote stays. 'synced': the machine does, and nobody is told. */
  kill(kind: CrashKind): void {
    if (this.state === 'down') return
    this.#note(kind === 'synced' ? 'loses power' : 'is killed')
    if (kind === 'synced') {
      this.#world.wires.loseHost(this.host)
      this.unclean = true
      this.powerLosses++
    }
    this.#end(kind)
  }

  /** An orderly stop; who does not manage in time is killed. */
  stop(limitMs: number): void {
    if (this.state !== 'up' || this.isPaused) return
    this.state = 'stopping'
    this.#note('stops')
    const mortal = this.#mortal!
    const gone = (how: string) => {
      if (this.#mortal !== mortal) return
      this.#note(how)
      this.#end('written')
    }
    this.#broker!.stop().then(
      () => gone('has stopped'),
      (error) => this.#ended(mortal, 'stop failed', error),
    )
    this.#world.time.after(limitMs, () => gone('did not stop in time and is killed'))
  }

  pause(): void {
    if (this.state === 'down' || this.isPaused) return
    this.#note('stands still')
    this.#gate.close()
  }

  resume(): void {
    if (!this.isPaused) return
    this.#note('goes on')
    this.#gate.open()
  }

  #end(kind: CrashKind): void {
    this.#mortal?.kill()
    this.#mortal = undefined
    this.#broker = undefined
    this.#gate.forget()
    this.disk.crash(kind)
    this.state = 'down'
    this.#diedMs = this.#world.time.monotonicMs()
  }

  /** It gave up by itself: right where its disk failed, it found nobody for too long, or lacks a feature; else a bug. */
  #ended(mortal: MortalSystem, how: string, error: Error): void {
    if (this.#mortal !== mortal) return
    this.#note(how, { error })
    if (this.#isExcused(error)) this.#end('written')
    else this.#world.fail(new Violation(how, `node ${this.id}: ${error.stack ?? error.message}`))
  }

  #isExcused(error: Error): boolean {
    if (this.#features !== SUPPORTED_FEATURES && /refused .*: UNSUPPORTED_VERSION/.test(error.message)) return true
    return (
      error instanceof DiskError || this.disk.hook !== undefined || /No controller has registered/.test(error.message)
    )
  }

  #newDisk(): MemoryDisk {
    return new MemoryDisk({ wallMs: () => Math.floor(this.#world.time.wallMs()) })
  }

  #system(): NodeSystem {
    const { time, wires, random, trace } = this.#world
    const diskRandom = random.fork()
    return new NodeSystem({
      time,
      network: wires.host(this.host),
      disk: this.disk,
      random: random.fork(),
      gate: this.#gate,
      clockRate: this.#clockRate,
      wallOffsetMs: this.#wallOffsetMs,
      diskMs: () => (diskRandom.below(50) === 0 ? 100 : 0.2 + diskRandom.below(30) / 10),
      delivered: (bytes) => {
        trace.mix(this.id)
        trace.mix(bytes)
      },
    })
  }

  #note(what: string, fields?: object): void {
    this.#world.trace.note(this.host, what, fields)
    this.#world.onNodeNote(this, what)
  }

  #logger(base: object): Logger {
    const log = (message: string, fields?: object) => this.#note(message, { ...base, ...fields })
    return { error: log, warn: log, info: log, debug: log, child: (fields) => this.#logger({ ...base, ...fields }) }
  }
}
