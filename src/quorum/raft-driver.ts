import path from 'node:path'
import type { FetchResponse } from '../../protocol/api/01-fetch.ts'
import { ErrorCode, ProtocolError } from '../../protocol/errors.ts'
import type { Offset } from '../base/brand.ts'
import type { Disk } from '../base/disk.ts'
import { NetworkError } from '../base/network.ts'
import type { Timer } from '../base/time.ts'
import type { LogEnvironment } from '../log/environment.ts'
import { Raft } from '../raft/raft.ts'
import type {
  Leadership,
  OutgoingRequest,
  Peer,
  RaftOptions,
  RaftReply,
  RaftRequest,
  Ready,
  SnapshotId,
} from '../raft/types.ts'
import type { ElectionStore } from './election-store.ts'
import type { MetadataLog } from './metadata-log.ts'
import type { QuorumPeers } from './ports.ts'

export interface DriverOptions {
  readonly raft: Omit<RaftOptions, 'log' | 'clock' | 'random'>
  readonly environment: LogEnvironment
  readonly log: MetadataLog
  readonly elections: ElectionStore
  readonly peers: QuorumPeers | undefined
  /** Files of the start that have to be on the medium before anything is committed. */
  readonly unsynced: readonly string[]
  readonly onLeadership: (leadership: Leadership) => void
  readonly onHighWatermark: (offset: Offset) => void
  /** The log has been set to this snapshot. */
  readonly onInstalled: (id: SnapshotId) => void
  /** All that one input asked for is done. */
  readonly onTurn: (raft: Raft) => void
  readonly onFailure: (cause: unknown) => void
}

/** So many nodes that turn this one away are told of. */
const MAX_TURNED_AWAY_BY = 1000
/** Answers that no time will change. */
const TURNED_AWAY: ReadonlyMap<number, string> = new Map([
  [ErrorCode.INCONSISTENT_CLUSTER_ID, 'a node of the quorum belongs to another cluster than this one'],
  [
    ErrorCode.CLUSTER_AUTHORIZATION_FAILED,
    'a node of the quorum turns this one away: who it comes in as is not among super.users there',
  ],
])

interface Waiting {
  resolve(response: RaftReply['body']): void
  reject(cause: unknown): void
}

/** Raft's hands: gives it its inputs one at a time, and does what it says in the order in which it says it. */
export class RaftDriver {
  readonly #options: DriverOptions
  #raft: Raft | undefined
  readonly #inputs: ((raft: Raft) => void)[] = []
  #isTurning = false
  #isHalted = false
  #timer: { readonly atMs: number; readonly timer: Timer } | undefined
  #unsynced: readonly string[]
  #syncing: Promise<void> | undefined
  #isSyncWanted = false
  #isAppendKnown = true
  readonly #waiting = new Map<number, Waiting>()
  #nextToken = 1
  readonly #shutdowns: (() => void)[] = []
  /** Of inputs that somebody waits for: what tells them that there will be no outcome. */
  readonly #runs = new Set<() => void>()
  /** Addresses of nodes that turn this one away. */
  readonly #turnedAwayBy = new Set<string>()

  constructor(options: DriverOptions) {
    this.#options = options
    this.#unsynced = options.unsynced
  }

  /** A voter that is alone leads when it returns. */
  start(): void {
    const { raft, environment, log } = this.#options
    const { clock, random } = environment
    this.#raft = new Raft({ ...raft, log, clock, random })
    this.#turn(() => {})
  }

  get raft(): Raft | undefined {
    return this.#raft
  }

  get isHalted(): boolean {
    return this.#isHalted
  }

  /** Resolves with the answer to another node's request. */
  handle(request: Omit<RaftRequest, 'token'>): Promise<RaftReply['body']> {
    if (this.#raft === undefined || this.#isHalted) {
      return Promise.reject(new ProtocolError(ErrorCode.BROKER_NOT_AVAILABLE))
    }
    const token = this.#nextToken++
    return new Promise((resolve, reject) => {
      this.#waiting.set(token, { resolve, reject })
      this.#turn((raft) => raft.receive({ ...request, token } as RaftRequest))
    })
  }

  /** One more input; resolves with what it gives, undefined if raft does not run or ends before it has given anything. */
  run<T>(input: (raft: Raft) => T): Promise<T | undefined> {
    if (this.#raft === undefined || this.#isHalted) return Promise.resolve(undefined)
    return new Promise((resolve) => {
      const giveUp = () => resolve(undefined)
      this.#runs.add(giveUp)
      this.#turn((raft) => {
        resolve(input(raft))
        this.#runs.delete(giveUp)
      })
    })
  }

  /** The log grew by an append that raft did not ask for. All of one turn of the event loop are flushed together. */
  appended(): void {
    if (!this.#isAppendKnown) return
    this.#isAppendKnown = false
    void Promise.resolve().then(() => {
      this.#isAppendKnown = true
      this.#turn((raft) => raft.logChanged())
    })
  }

  /** Resolves when no other node has to be told that this one goes (fact A44). */
  shutdown(): Promise<void> {
    if (this.#raft === undefined || this.#isHalted) return Promise.resolve()
    return new Promise((resolve) => {
      this.#shutdowns.push(resolve)
      this.#turn((raft) => raft.shutdown())
    })
  }

  /** No input is taken any more. Resolves when the flush that may be under way has ended. */
  async halt(): Promise<void> {
    this.#isHalted = true
    this.#timer?.timer.cancel()
    this.#inputs.length = 0
    const gone = new ProtocolError(ErrorCode.BROKER_NOT_AVAILABLE)
    for (const { reject } of this.#waiting.values()) reject(gone)
    this.#waiting.clear()
    for (const resolve of this.#shutdowns.splice(0)) resolve()
    for (const giveUp of this.#runs) giveUp()
    this.#runs.clear()
    await this.#syncing
  }

  #turn(input: (raft: Raft) => void): void {
    const raft = this.#raft
    if (raft === undefined || this.#isHalted) return
    this.#inputs.push(input)
    if (this.#isTurning) return
    this.#isTurning = true
    try {
      for (let next = this.#inputs.shift(); next !== undefined; next = this.#inputs.shift()) {
        next(raft)
        this.#carryOut(raft)
        this.#options.onTurn(raft)
      }
      this.#afterTurn(raft)
    } catch (cause) {
      this.#fail(cause)
    } finally {
      this.#isTurning = false
    }
  }

  #afterTurn(raft: Raft): void {
    if (this.#isHalted) return
    if (raft.isShutDown) for (const resolve of this.#shutdowns.splice(0)) resolve()
    this.#schedule(raft.nextDeadlineMs)
    this.#sync()
  }

  #fail(cause: unknown): void {
    void this.halt()
    this.#options.onFailure(cause)
  }

  #carryOut(raft: Raft): void {
    for (;;) {
      const ready = raft.ready()
      this.#persist(ready)
      const isLogChanged = this.#changeLog(ready)
      const isDamaged = ready.append !== undefined && !this.#appendFromLeader(ready.append)
      const arrived = this.#download(ready)
      if (ready.highWatermark !== undefined) this.#options.onHighWatermark(ready.highWatermark)
      for (const request of ready.requests) void this.#send(request)
      for (const reply of ready.replies) this.#reply(reply)
      if (isDamaged) raft.appendFailed()
      else if (isLogChanged) raft.logChanged()
      if (arrived === 'damaged') raft.snapshotFailed()
      else if (arrived) raft.snapshotInstalled(arrived)
      if (!isLogChanged && !arrived) return
    }
  }

  /** Nobody may learn of a vote or a leader that this node could forget (fact A16). */
  #persist({ electionState, leadership }: Ready): void {
    const { elections, log, raft } = this.#options
    if (electionState) {
      const voters = log.voterSet?.voters ?? raft.staticVoters
      const quorum = { kraftVersion: log.kraftVersion, voterIds: voters.map(({ id }) => id) }
      // Whoever is alone tells nobody; then it is early enough before the first commit.
      const isAlone = raft.endpoints.length === 0 && voters.length === 1 && voters[0]!.id === raft.local.id
      elections.write(electionState, quorum, !isAlone)
      if (isAlone) this.#unsynced = [...new Set([...this.#unsynced, elections.path])]
    }
    if (leadership) this.#options.onLeadership(leadership)
  }

  #changeLog({ truncateTo, beginEpoch, append, controls }: Ready): boolean {
    const { log } = this.#options
    if (truncateTo !== undefined) log.truncateTo(truncateTo)
    if (beginEpoch !== undefined) log.beginEpoch(beginEpoch)
    for (const batch of controls) log.appendControls(batch, this.#raft!.leadership.epoch)
    return truncateTo !== undefined || beginEpoch !== undefined || append !== undefined || controls.length > 0
  }

  #appendFromLeader({ records, leaderEpoch }: NonNullable<Ready['append']>): boolean {
    return this.#unlessDamaged('records', () => this.#options.log.appendFromLeader(records, leaderEpoch))
  }

  /** The snapshot that the log was set to, or that one was to be installed and arrived damaged. */
  #download({ snapshot }: Ready): SnapshotId | 'damaged' | undefined {
    const { log, onInstalled } = this.#options
    let arrived: SnapshotId | 'damaged' | undefined
    for (const step of snapshot) {
      if (step.step !== 'install') log.snapshots.take(step)
      else if (this.#unlessDamaged('a snapshot', () => log.snapshots.take(step))) {
        log.resetTo(step.id)
        onInstalled(step.id)
        arrived = step.id
      } else {
        arrived = 'damaged'
      }
    }
    return arrived
  }

  /** What arrived damaged is fetched again (N-A39): gives whether it was sound. */
  #unlessDamaged(what: string, take: () => void): boolean {
    try {
      take()
      return true
    } catch (error) {
      if (!(error instanceof ProtocolError) || error.code !== ErrorCode.CORRUPT_MESSAGE) throw error
      this.#options.environment.logger.warn('metadata arrived damaged', { what, reason: error.message })
      return false
    }
  }

  async #send({ requestId, to, apiKey, body, timeoutMs }: OutgoingRequest): Promise<void> {
    const { peers, environment } = this.#options
    try {
      if (peers === undefined) throw new ProtocolError(ErrorCode.BROKER_NOT_AVAILABLE)
      const response = await peers.send(to, apiKey, body as never, { timeoutMs })
      const turnedAway = 'errorCode' in response ? TURNED_AWAY.get(response.errorCode) : undefined
      if (turnedAway !== undefined) this.#wasTurnedAway(to, turnedAway)
      this.#turn((raft) => raft.respond({ requestId, body: response }))
    } catch (cause) {
      // Whatever it was that failed between two nodes, the other one could not be reached.
      const reason = cause instanceof Error ? cause.message : String(cause)
      environment.logger.debug('a node of the quorum did not answer', { node: to.id, apiKey, reason })
      this.#turn((raft) => raft.respond({ requestId, error: errorOf(cause) }))
    }
  }

  /** Once for each: else nothing but a registration that never comes would tell of it. */
  #wasTurnedAway({ id: node, host, port }: Peer, what: string): void {
    const { environment, raft } = this.#options
    const address = `${host}:${port}`
    if (this.#turnedAwayBy.has(address) || this.#turnedAwayBy.size >= MAX_TURNED_AWAY_BY) return
    this.#turnedAwayBy.add(address)
    const { clusterId } = raft
    environment.logger.warn(what, { node, address, clusterId })
  }

  #reply(reply: RaftReply): void {
    const waiting = this.#waiting.get(reply.token)
    this.#waiting.delete(reply.token)
    if (waiting === undefined) return
    if (reply.apiKey === 59 && reply.snapshotRead) {
      const unalignedRecords = this.#options.log.snapshots.read(reply.snapshotRead)
      const [topic] = reply.body.topics
      const partitions = [{ ...topic!.partitions[0]!, unalignedRecords }]
      waiting.resolve({ ...reply.body, topics: [{ ...topic!, partitions }] })
    } else if (reply.apiKey === 1 && reply.logRead) {
      this.#options.log.read(reply.logRead).then(
        (records) => waiting.resolve(withRecords(reply.body, records)),
        // The log was cut or began anew while the disk was read: the next fetch is answered as things are then.
        () => waiting.resolve(reply.body),
      )
    } else {
      waiting.resolve(reply.body)
    }
  }

  /** One timer is enough: one that is early does no harm. */
  #schedule(atMs: number): void {
    if (atMs === Number.POSITIVE_INFINITY || (this.#timer && this.#timer.atMs <= atMs)) return
    this.#timer?.timer.cancel()
    const { clock, timers } = this.#options.environment
    const timer = timers.after(Math.max(0, atMs - clock.monotonicMs()), () => {
      this.#timer = undefined
      this.#turn((raft) => raft.tick())
    })
    this.#timer = { atMs, timer }
  }

  /** A voter's log has to be on the medium (fact A61); what a broker loses, it fetches again. */
  #sync(): void {
    const { log, raft } = this.#options
    const isSynced = log.syncedOffset >= log.endOffset && this.#unsynced.length === 0
    if (isSynced || !raft.controllerRole || this.#syncing || this.#isSyncWanted) return
    this.#isSyncWanted = true
    // What is appended until this turn of the event loop ends shares the flush.
    void Promise.resolve().then(() => {
      this.#isSyncWanted = false
      if (!this.#isHalted) this.#syncing = this.#flush()
    })
  }

  async #flush(): Promise<void> {
    const { log, environment } = this.#options
    const files = this.#unsynced
    this.#unsynced = []
    try {
      // Names after what the files say, and the log after both: a log that is there tells that formatting was done.
      await Promise.all(files.map((file) => syncFile(environment.disk, file)))
      await Promise.all(dirsOf(files).map((dir) => environment.disk.syncDirAsync(dir)))
      await log.log.flush()
      this.#syncing = undefined
      this.#turn((raft) => raft.logChanged())
    } catch (cause) {
      this.#syncing = undefined
      if (!this.#isHalted) this.#fail(cause)
    }
  }
}

/** What raft makes a difference of: a request that cannot be said, and an address at which nobody listens. */
function errorOf(cause: unknown): ErrorCode {
  if (cause instanceof ProtocolError) return cause.code
  const isRefused = cause instanceof NetworkError && cause.code === 'ECONNREFUSED'
  return isRefused ? ErrorCode.BROKER_NOT_AVAILABLE : ErrorCode.NETWORK_EXCEPTION
}

/** A reply to a fetch has one partition. */
function withRecords(body: FetchResponse, records: readonly Buffer[]): FetchResponse {
  const [topic] = body.responses
  const bytes = records.length === 1 ? records[0]! : Buffer.concat(records)
  return { ...body, responses: [{ ...topic!, partitions: [{ ...topic!.partitions[0]!, records: bytes }] }] }
}

const dirsOf = (files: readonly string[]): string[] => [...new Set(files.map((file) => path.dirname(file)))]

async function syncFile(disk: Disk, name: string): Promise<void> {
  const file = disk.open(name)
  try {
    await file.syncAsync()
  } finally {
    file.close()
  }
}
