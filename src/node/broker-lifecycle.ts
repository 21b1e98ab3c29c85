import type { BrokerRegistrationRequest } from '../../protocol/api/62-broker-registration.ts'
import { ErrorCode, errorName, ProtocolError } from '../../protocol/errors.ts'
import type { Logger } from '../base/logger.ts'
import type { System } from '../base/ports.ts'
import { randomUuid } from '../base/random.ts'
import type { Timer } from '../base/time.ts'
import type { VersionRange } from '../metadata/image.ts'
import type { OpenListener } from '../net/server.ts'
import type { ControllerChannel } from './controller-channel.ts'
import { registeredFeatures, registeredListeners } from './registration-fields.ts'

const REGISTRATION = 62
const HEARTBEAT = 63
/** Between heartbeats of a broker that is not caught up yet (fact C8). */
const STARTING_HEARTBEAT_MS = 10
const FIRST_REGISTRATION_RETRY_MS = 100
/** How long a broker on its way out waits for a controller that answers. */
const NO_CONTROLLER_MS = 3000
/** After the first answer that it may not go yet (fact C10). */
const LEAVING_RETRY_MS = 50

/**
 * STARTING (registers, catches up, applies what it read) -> RUNNING (unfenced once) -> PENDING_CONTROLLED_SHUTDOWN ->
 * SHUTTING_DOWN, which is reachable from each. Numbers are Kafka's (fact C1).
 */
export const BROKER_STATE = {
  NOT_RUNNING: 0,
  STARTING: 1,
  RECOVERY: 2,
  RUNNING: 3,
  PENDING_CONTROLLED_SHUTDOWN: 6,
  SHUTTING_DOWN: 7,
} as const
export type BrokerState = (typeof BROKER_STATE)[keyof typeof BROKER_STATE]

export interface LifecycleOptions {
  readonly system: Pick<System, 'timers' | 'random' | 'clock'>
  readonly logger: Logger
  readonly channel: ControllerChannel
  readonly config: {
    readonly 'broker.heartbeat.interval.ms': number
    readonly 'broker.session.timeout.ms': number
    readonly 'initial.broker.registration.timeout.ms': number
  }
  readonly nodeId: number
  readonly clusterId: string
  readonly features: ReadonlyMap<string, VersionRange>
  readonly rack: string | null
  /** Ids of the log directories (KIP-858). */
  readonly logDirs: readonly string[]
  /** Of the run before this one, if that ended in order; else -1 (KIP-966). */
  readonly previousBrokerEpoch: bigint
  /** What has been applied of the metadata log: offset of the last record. */
  metadataOffset(): number
  /** Ids of log directories that failed since the start. */
  offlineLogDirs(): readonly string[]
  /** Ids of log directories that shall get no new replicas. */
  cordonedLogDirs(): readonly string[]
}

type Heartbeat = { errorCode: number; isCaughtUp?: boolean; isFenced?: boolean; shouldShutDown?: boolean }

/** What no further try will change: configuration and data of this node do not fit the cluster. */
const HOPELESS: readonly number[] = [
  ErrorCode.INCONSISTENT_CLUSTER_ID,
  ErrorCode.UNSUPPORTED_VERSION,
  ErrorCode.INVALID_REGISTRATION,
  ErrorCode.CLUSTER_AUTHORIZATION_FAILED,
]

/**
 * A broker's membership in its cluster (KIP-631): registers it, keeps telling the controller that it lives and how far
 * it has read, and takes leave of it.
 */
export class BrokerLifecycle {
  readonly #options: LifecycleOptions
  readonly #incarnationId: string
  #state: BrokerState = BROKER_STATE.NOT_RUNNING
  #epoch = -1n
  #fenced = true
  #timer: Timer | undefined
  #reporting = false
  /** What the last heartbeat was answered with. */
  #answered: number = ErrorCode.NONE
  /** A controller has answered since somebody looked. */
  #heard = false
  /** It may be unfenced: it has applied what it read. */
  #isReady = false
  #onCaughtUp: (() => void) | undefined
  #onUnfenced: (() => void) | undefined
  #onMayGo: (() => void) | undefined

  constructor(options: LifecycleOptions) {
    this.#options = options
    this.#incarnationId = randomUuid(options.system.random)
  }

  get state(): BrokerState {
    return this.#state
  }

  /** -1 before the registration. */
  get epoch(): bigint {
    return this.#epoch
  }

  get isFenced(): boolean {
    return this.#fenced
  }

  /**
   * Resolves when the broker is registered and has read that it is. Before, it may find itself leading what it led in an
   * earlier life. Rejects with an Error for people where it never will be registered.
   */
  async register(listeners: readonly OpenListener[]): Promise<void> {
    this.#state = BROKER_STATE.STARTING
    this.#epoch = await this.#register(listeners)
    const caughtUp = new Promise<void>((resolve) => {
      this.#onCaughtUp = resolve
    })
    void this.#report()
    await caughtUp
  }

  /** Resolves when the broker is unfenced: for one that does what the metadata says. */
  async join(): Promise<void> {
    this.#isReady = true
    const unfenced = new Promise<void>((resolve) => {
      this.#onUnfenced = resolve
    })
    void this.#report()
    await unfenced
  }

  /** Reports at once, where something has happened that the controller should not learn a heartbeat later. */
  reportNow(): void {
    if (this.#state === BROKER_STATE.RUNNING) void this.#report()
  }

  /**
   * Controlled shutdown (fact C10): the controller moves leadership away, and the broker goes when it is told that it
   * may, or after `timeoutMs`. It has to serve until then.
   */
  async leave(timeoutMs: number): Promise<void> {
    if (this.#epoch < 0n || this.#state === BROKER_STATE.SHUTTING_DOWN) return
    this.#state = BROKER_STATE.PENDING_CONTROLLED_SHUTDOWN
    const mayGo = new Promise<void>((resolve) => {
      this.#onMayGo = resolve
    })
    const patience = this.#options.system.timers.after(timeoutMs, () => this.#onMayGo?.())
    this.#goUnlessHeard()
    void this.#report()
    await mayGo
    patience.cancel()
    this.stop()
  }

  /** Where no controller answers there is nobody to move leadership, and nothing to wait for. */
  #goUnlessHeard(): void {
    this.#heard = false
    this.#options.system.timers.after(NO_CONTROLLER_MS, () => {
      if (this.#state === BROKER_STATE.SHUTTING_DOWN) return
      if (this.#heard) this.#goUnlessHeard()
      else this.#onMayGo?.()
    })
  }

  /** Says no more. */
  stop(): void {
    this.#state = BROKER_STATE.SHUTTING_DOWN
    this.#timer?.cancel()
    this.#options.channel.close()
  }

  async #register(listeners: readonly OpenListener[]): Promise<bigint> {
    const { channel, config, system, logger } = this.#options
    const limitMs = config['initial.broker.registration.timeout.ms']
    const deadlineMs = system.clock.monotonicMs() + limitMs
    const request = this.#registration(listeners)
    for (
      let retryMs = FIRST_REGISTRATION_RETRY_MS;
      ;
      retryMs = Math.min(2 * retryMs, config['broker.session.timeout.ms'])
    ) {
      const leftMs = deadlineMs - system.clock.monotonicMs()
      if (leftMs <= 0) throw new Error(`No controller has registered this broker within ${limitMs} ms.`)
      const { errorCode, brokerEpoch = -1n } = await channel
        .send(REGISTRATION, request, { timeoutMs: leftMs })
        .catch(timedOut)
      if (errorCode === ErrorCode.NONE) return brokerEpoch
      if (HOPELESS.includes(errorCode)) {
        throw new Error(`The controller refused the registration of this broker: ${errorName(errorCode)}.`)
      }
      logger.info('the controller does not register this broker yet', { error: errorName(errorCode), retryMs })
      await new Promise<void>((resolve) => void system.timers.after(Math.min(retryMs, leftMs), resolve))
    }
  }

  #registration(listeners: readonly OpenListener[]): (typeof BrokerRegistrationRequest)['Input'] {
    const { nodeId, clusterId, features, rack, logDirs, previousBrokerEpoch } = this.#options
    return {
      brokerId: nodeId,
      clusterId,
      incarnationId: this.#incarnationId,
      listeners: registeredListeners(listeners),
      features: registeredFeatures(features),
      rack,
      isMigratingZkBroker: false,
      logDirs: [...logDirs],
      previousBrokerEpoch,
    }
  }

  /** One heartbeat, and what follows from its answer. Never two at a time: the next one is scheduled when this is done. */
  async #report(): Promise<void> {
    this.#timer?.cancel()
    if (this.#reporting) return
    this.#reporting = true
    const { channel, config, nodeId } = this.#options
    const wantShutDown = this.#state === BROKER_STATE.PENDING_CONTROLLED_SHUTDOWN
    const answer = await channel
      .send(
        HEARTBEAT,
        {
          brokerId: nodeId,
          brokerEpoch: this.#epoch,
          currentMetadataOffset: this.#options.metadataOffset(),
          wantFence: !this.#isReady,
          wantShutDown,
          offlineLogDirs: [...this.#options.offlineLogDirs()],
          // Not before it has caught up: until then it does not know what was set while it was away (fact N-C27).
          cordonedLogDirs: this.#state === BROKER_STATE.STARTING ? null : [...this.#options.cordonedLogDirs()],
        },
        { timeoutMs: config['broker.session.timeout.ms'] / 2 },
      )
      .catch(timedOut)
    this.#reporting = false
    this.#heed(answer, wantShutDown)
  }

  #heed(answer: Heartbeat, wantedShutDown: boolean): void {
    if (this.#state === BROKER_STATE.SHUTTING_DOWN) return
    this.#sayIfRefused(answer.errorCode)
    if (answer.errorCode === ErrorCode.NONE) {
      this.#heard = true
      this.#fenced = answer.isFenced ?? true
      if (answer.shouldShutDown) {
        this.#onMayGo?.()
        return
      }
      if (answer.isCaughtUp) this.#onCaughtUp?.()
      if (!this.#fenced && this.#state === BROKER_STATE.STARTING) {
        this.#state = BROKER_STATE.RUNNING
        this.#onUnfenced?.()
      }
    }
    this.#timer = this.#options.system.timers.after(this.#pauseMs(wantedShutDown), () => void this.#report())
  }

  /** Once: a broker that was unregistered and runs on is refused for ever, and nothing else would tell why. */
  #sayIfRefused(errorCode: number): void {
    const isNew = errorCode !== this.#answered
    this.#answered = errorCode
    if (!isNew || errorCode === ErrorCode.NONE || errorCode === ErrorCode.REQUEST_TIMED_OUT) return
    const epoch = Number(this.#epoch)
    this.#options.logger.warn('the controller refuses the heartbeats', { error: errorName(errorCode), epoch })
  }

  #pauseMs(wantedShutDown: boolean): number {
    switch (this.#state) {
      case BROKER_STATE.STARTING:
        return STARTING_HEARTBEAT_MS
      case BROKER_STATE.PENDING_CONTROLLED_SHUTDOWN:
        return wantedShutDown ? LEAVING_RETRY_MS : 0
      default:
        return this.#options.config['broker.heartbeat.interval.ms']
    }
  }
}

function timedOut(error: unknown): { errorCode: number; brokerEpoch?: bigint } {
  if (error instanceof ProtocolError) return { errorCode: error.code }
  throw error
}
