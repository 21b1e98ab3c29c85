import { ErrorCode } from '../../protocol/errors.ts'
import { ZERO_UUID } from '../../protocol/wire/uuid.ts'
import type { ManualTime } from '../../src/base/manual-time.ts'
import type { SeededRandom } from '../../src/base/seeded-random.ts'
import { Raft } from '../../src/raft/raft.ts'
import type {
  AskedApi,
  ElectionState,
  OutgoingRequest,
  RaftConfig,
  RaftReply,
  RaftRequest,
  Ready,
  ServedApi,
  SnapshotId,
  Voter,
  VoterSet,
} from '../../src/raft/types.ts'
import { KRAFT_VERSIONS } from '../../src/raft/voters.ts'
import { type Entry, MemoryLog } from './memory-log.ts'

export const CLUSTER_ID = 'cluster'
export const LISTENER = 'CONTROLLER'

export const CONFIG: RaftConfig = {
  electionTimeoutMs: 1000,
  electionBackoffMaxMs: 1000,
  fetchTimeoutMs: 2000,
  requestTimeoutMs: 2000,
  retryBackoffMs: 20,
  fetchMaxBytes: 1048576,
  fetchSnapshotMaxBytes: 200,
  autoJoin: false,
}

/** A uuid whose last bytes say which one it is. */
export const directoryId = (n: number): string => {
  const bytes = Buffer.alloc(16)
  bytes.writeUInt32BE(1000 + n, 12)
  return bytes.toString('base64url')
}

export const voter = (id: number, directory = directoryId(id)): Voter => ({
  id,
  directoryId: directory,
  endpoints: [{ name: LISTENER, host: 'node', port: id }],
  kRaftVersionFeature: KRAFT_VERSIONS,
})

export const staticVoter = (id: number): Voter => ({ ...voter(id), directoryId: ZERO_UUID })

export interface NodeOptions {
  readonly id: number
  readonly directory?: string
  readonly clusterId?: string
  readonly controllerRole?: boolean
  readonly staticVoters?: VoterSet
  readonly bootstrapServers?: readonly number[]
  readonly config?: Partial<RaftConfig>
  readonly log: MemoryLog
  readonly stored?: ElectionState | undefined
}

/** What the nodes of a test do with their messages. */
export interface Network {
  readonly time: ManualTime
  readonly random: SeededRandom
  /** `answer` is called once. */
  request(from: TestNode, request: OutgoingRequest, answer: (reply: Answer) => void): void
  /** Flushes are asynchronous where this does not call `done` at once. */
  sync(node: TestNode, done: () => void): void
  observe(node: TestNode, ready: Ready): void
}

export type Answer = AskedApi['response'] | ErrorCode

/** What a request comes to: its answer, or NETWORK_EXCEPTION where the node went before there was one. */
export type Reply = ServedApi['response'] | ErrorCode

/** A raft with hands: what src/quorum does, on a log in memory. */
export class TestNode {
  readonly id: number
  readonly options: NodeOptions
  readonly log: MemoryLog
  raft!: Raft
  stored: ElectionState | undefined
  /** Counts the starts; what was on its way to an earlier life is lost. */
  life = 0
  isUp = false
  /** Of this life. */
  highWatermark = -1
  readonly #network: Network
  readonly #pending = new Map<number, (answer: Reply) => void>()
  #asked: { readonly apiKey: number; readonly settle: (answer: Answer) => void }[] = []
  #nextToken = 1
  #part = Buffer.alloc(0)
  #timer: { cancel(): void } | undefined

  constructor(network: Network, options: NodeOptions) {
    this.#network = network
    this.id = options.id
    this.options = options
    this.log = options.log
    this.stored = options.stored
  }

  get leads(): boolean {
    return this.isUp && this.raft.leadership.role === 'leader'
  }

  start(): void {
    const { id, directory = directoryId(id), clusterId = CLUSTER_ID, bootstrapServers = [] } = this.options
    const { controllerRole = true, staticVoters = [] } = this.options
    this.life++
    this.isUp = true
    this.highWatermark = -1
    this.raft = new Raft({
      local: { id, directoryId: directory },
      endpoints: controllerRole ? voter(id).endpoints : [],
      listenerName: LISTENER,
      clusterId,
      controllerRole,
      staticVoters,
      bootstrapServers: bootstrapServers.map((port) => ({ host: 'node', port })),
      config: { ...CONFIG, ...this.options.config },
      log: this.log,
      stored: this.stored,
      clock: this.#network.time,
      random: this.#network.random.fork(),
    })
    this.#carryOut()
  }

  /**
   * As kill -9: connections break, and nobody listens any more. `kept` is where the log ends at least if more than what is
   * synced has survived, as when the machine has lost power.
   */
  crash(kept = 0): void {
    this.isUp = false
    this.#timer?.cancel()
    for (const answer of this.#pending.values()) answer(ErrorCode.NETWORK_EXCEPTION)
    this.#pending.clear()
    this.log.losePower(kept)
  }

  tick(): void {
    this.#input(() => this.raft.tick())
  }

  /** A record of the controller's. */
  append(value: string): void {
    this.log.append({ epoch: this.raft.leadership.epoch, value })
    this.#logChanged()
  }

  resign(): void {
    this.#input(() => this.raft.resign(this.raft.leadership.epoch))
  }

  shutdown(): void {
    this.#input(() => this.raft.shutdown())
  }

  upgrade(request: Parameters<Raft['upgradeKRaftVersion']>[0]): ErrorCode {
    const errorCode = this.raft.upgradeKRaftVersion(request)
    this.#carryOut()
    return errorCode
  }

  snapshot(offset: number): void {
    this.log.takeSnapshot(offset)
  }

  receive(request: Omit<RaftRequest, 'token' | 'listener'>, answer: (answer: Reply) => void): void {
    const token = this.#nextToken++
    this.#pending.set(token, answer)
    this.#input(() => this.raft.receive({ ...request, token, listener: LISTENER } as RaftRequest))
  }

  /** The first request of that kind that is under way comes back with this answer, or with none but the reason. */
  answer(apiKey: number, body: object): void {
    this.#settle(apiKey, body as Answer)
  }

  refuse(apiKey: number, errorCode: ErrorCode): void {
    this.#settle(apiKey, errorCode)
  }

  #settle(apiKey: number, answer: Answer): void {
    this.#asked.find((asked) => asked.apiKey === apiKey)!.settle(answer)
  }

  #input(input: () => void): void {
    if (!this.isUp) return
    input()
    this.#carryOut()
  }

  #carryOut(): void {
    const ready = this.raft.ready()
    if (ready.electionState) this.stored = ready.electionState
    if (ready.highWatermark !== undefined) this.highWatermark = ready.highWatermark
    const hasChanged = this.#changeLog(ready)
    const installed = this.#download(ready)
    this.#network.observe(this, ready)
    for (const request of ready.requests) this.#send(request)
    for (const reply of ready.replies) this.#reply(reply)
    this.#timer?.cancel()
    const { nextDeadlineMs } = this.raft
    if (Number.isFinite(nextDeadlineMs)) {
      const delayMs = nextDeadlineMs - this.#network.time.monotonicMs()
      this.#timer = this.#network.time.after(delayMs, () => this.tick())
    }
    if (installed) this.#input(() => this.raft.snapshotInstalled(installed))
    if (hasChanged) this.#logChanged()
  }

  #logChanged(): void {
    this.#input(() => this.raft.logChanged())
    const { life } = this
    const { endOffset } = this.log
    this.#network.sync(this, () => {
      if (life !== this.life || !this.isUp) return
      this.log.syncedOffset = Math.max(this.log.syncedOffset, Math.min(endOffset, this.log.endOffset))
      this.#input(() => this.raft.logChanged())
    })
  }

  #changeLog({ truncateTo, beginEpoch, append, controls }: Ready): boolean {
    const { log } = this
    if (truncateTo !== undefined) log.truncateTo(truncateTo)
    if (beginEpoch !== undefined) log.assignEpoch(beginEpoch)
    const entries: Entry[] = append ? JSON.parse(append.records.toString()) : []
    for (const entry of entries) if (entry.epoch <= append!.leaderEpoch) log.append(entry)
    for (const batch of controls) log.appendControls(this.raft.leadership.epoch, batch)
    return truncateTo !== undefined || append !== undefined || controls.length > 0
  }

  #download({ snapshot }: Ready): SnapshotId | undefined {
    let installed: SnapshotId | undefined
    for (const step of snapshot) {
      if (step.step === 'write') this.#part = Buffer.concat([this.#part.subarray(0, step.position), step.bytes])
      else if (step.step === 'install') this.log.install(step.id, this.#part)
      if (step.step === 'install') installed = step.id
      if (step.step !== 'write') this.#part = Buffer.alloc(0)
    }
    return installed
  }

  #send(request: OutgoingRequest): void {
    const { life } = this
    const { requestId, apiKey } = request
    const settle = (answer: Answer) => {
      this.#asked = this.#asked.filter((asked) => asked.settle !== settle)
      if (life !== this.life) return
      this.#input(() =>
        this.raft.respond(typeof answer === 'number' ? { requestId, error: answer } : { requestId, body: answer }),
      )
    }
    this.#asked.push({ apiKey, settle })
    this.#network.request(this, request, settle)
  }

  #reply({ token, body, logRead, snapshotRead }: RaftReply): void {
    const answer = this.#pending.get(token)
    this.#pending.delete(token)
    const copy = structuredClone(body) as never as Record<string, unknown>
    if (logRead) {
      const [response] = copy.responses as { partitions: { records: Buffer }[] }[]
      response!.partitions[0]!.records = this.log.read(logRead.offset, logRead.maxBytes)
    }
    if (snapshotRead) {
      const [topic] = copy.topics as { partitions: { unalignedRecords: Buffer }[] }[]
      const { id, position, length } = snapshotRead
      topic!.partitions[0]!.unalignedRecords = this.log.readSnapshot(id, position, length)
    }
    answer?.(copy as never)
  }
}

/** The newest version of each API that the nodes of a test speak. */
export const VERSIONS: Readonly<Record<number, number>> = {
  1: 18,
  52: 2,
  53: 1,
  54: 1,
  55: 2,
  59: 1,
  80: 1,
  81: 0,
  82: 0,
}

export { ErrorCode, MemoryLog }
