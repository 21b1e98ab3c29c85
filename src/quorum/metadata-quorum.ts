import type { ApiKey } from '../../protocol/api/index.ts'
import { DecodeError, ErrorCode, ProtocolError } from '../../protocol/errors.ts'
import type { MetadataRecord } from '../../protocol/metadata/index.ts'
import { assert } from '../base/assert.ts'
import type { Offset } from '../base/brand.ts'
import type { HostPort } from '../base/network.ts'
import type { Timer } from '../base/time.ts'
import type { LogEnvironment } from '../log/environment.ts'
import type { Log } from '../log/log.ts'
import type { MetadataLoader } from '../metadata/loader.ts'
import type { Raft } from '../raft/raft.ts'
import type { Leadership, RaftRequest, Voter, VoterEndpoint, VoterSet } from '../raft/types.ts'
import { KRAFT_VERSIONS } from '../raft/voters.ts'
import { parseBootstrapServers, parseStaticVoters } from './addresses.ts'
import { type CommitListener, Committer } from './committer.ts'
import type { QuorumConfig } from './config.ts'
import { ElectionStore } from './election-store.ts'
import { formatBootstrap, formatVoters, readBootstrap } from './format.ts'
import { MetadataLog, MissingSnapshot } from './metadata-log.ts'
import type { QuorumPeers } from './ports.ts'
import { QuorumError } from './quorum-error.ts'
import { RaftDriver } from './raft-driver.ts'
import { newStart } from './retention.ts'
import { areOnlySelf, ensureSound, raftConfigOf } from './setup.ts'
import { SnapshotGenerator } from './snapshot-generator.ts'

export type { CommitListener } from './committer.ts'
export { QuorumError } from './quorum-error.ts'

const NOBODY = -1
const CLEANING_MS = 60_000
const DEFAULT_LISTENER = 'CONTROLLER'

export interface QuorumOptions {
  readonly environment: LogEnvironment
  /** metadata.log.dir: holds `__cluster_metadata-0` and bootstrap.checkpoint. */
  readonly dir: string
  readonly nodeId: number
  /** Id of `dir` as its meta.properties has it. */
  readonly directoryId: string
  readonly clusterId: string
  /** A node that is a broker only follows the log and never votes. */
  readonly isController: boolean
  readonly config: QuorumConfig
  /** Where this controller is reached; none where only its own process needs it. */
  readonly endpoints: readonly VoterEndpoint[]
  /** The way to other nodes; undefined where there is none. */
  readonly peers: QuorumPeers | undefined
  /** What formatting puts into bootstrap.checkpoint of a directory that has no metadata yet. */
  readonly freshRecords: () => readonly MetadataRecord[]
  /** The quorum cannot go on, because the disk failed under the log or the log is not sound: the node has to stop (C29). */
  readonly onFailure: (cause: unknown) => void
}

/** Who leads, as far as this node knows. */
export interface QuorumLeader {
  /** -1: nobody is known. */
  readonly id: number
  readonly epoch: number
  /** Where its controller listener is; undefined where nobody told. */
  readonly endpoint: HostPort | undefined
}

interface Append {
  readonly lastOffset: Offset
  readonly resolve: (offset: Offset) => void
  readonly reject: (cause: unknown) => void
}

/**
 * This node's part in the metadata quorum (KRaft): a copy of the metadata log, a vote where it is a voter, and the active
 * controller's way to write while it leads. On disk and between nodes it is Apache Kafka's.
 *
 * Commits go to `loader` first, then to listeners in the order of their registration, then resolve the append.
 */
export class MetadataQuorum {
  readonly loader: MetadataLoader
  readonly #options: QuorumOptions
  readonly #log: MetadataLog
  readonly #committer: Committer
  readonly #generator: SnapshotGenerator
  readonly #driver: RaftDriver
  readonly #staticVoters: VoterSet
  readonly #storedEpoch: number
  readonly #listenerName: string
  readonly #claims: ((epoch: number) => void)[] = []
  readonly #resignations: (() => void)[] = []
  readonly #leaderListeners: ((leader: QuorumLeader) => void)[] = []
  readonly #loaded: (() => void)[] = []
  /** What this run has heard to be committed is in the image; what an earlier run left on disk alone may be old. */
  #isLoaded = false
  readonly #appends: Append[] = []
  #claimedEpoch: number | undefined
  #failure: unknown
  #cleaning: Timer | undefined

  /**
   * Loads what is there, after formatting a directory that is empty and whose quorum can only be this node or is
   * configured. Synchronous; nothing is heard of other nodes before `start`.
   * @throws QuorumError, DiskError
   */
  static open(options: QuorumOptions): MetadataQuorum {
    try {
      return new MetadataQuorum(options)
    } catch (error) {
      if (error instanceof MissingSnapshot) throw new QuorumError(`the metadata log in ${options.dir} ${error.message}`)
      if (!(error instanceof DecodeError || error instanceof ProtocolError)) throw error
      throw new QuorumError(`the cluster's metadata in ${options.dir} cannot be read: ${error.message}`, {
        cause: error,
      })
    }
  }

  private constructor(options: QuorumOptions) {
    const { environment, nodeId, directoryId, clusterId, isController, config, endpoints, peers, dir } = options
    this.#options = options
    this.#listenerName = config['controller.listener.names']?.split(',')[0]?.trim() || DEFAULT_LISTENER
    this.#staticVoters = parseStaticVoters(config['controller.quorum.voters'], this.#listenerName)
    const bootstrapServers = parseBootstrapServers(config['controller.quorum.bootstrap.servers'])
    this.#log = new MetadataLog({ environment, dir, config })
    const unsynced = this.#format(bootstrapServers)
    const elections = new ElectionStore(environment.disk, this.#log.dir)
    const stored = elections.read()
    this.#storedEpoch = Math.max(stored?.epoch ?? 0, this.#log.lastEpoch)
    const logged = this.#log.voterSet?.voters
    ensureSound(options, { epoch: this.#storedEpoch, stored, logged, configured: this.#staticVoters, bootstrapServers })
    this.#committer = new Committer(this.#log)
    this.loader = this.#committer.loader
    const onFailure = (cause: unknown) => this.#fail(cause)
    this.#generator = new SnapshotGenerator({
      environment,
      log: this.#log,
      committer: this.#committer,
      config,
      onFailure,
    })
    this.#driver = new RaftDriver({
      raft: {
        local: { id: nodeId, directoryId },
        endpoints,
        listenerName: this.#listenerName,
        clusterId,
        controllerRole: isController,
        staticVoters: this.#staticVoters,
        bootstrapServers,
        config: raftConfigOf(config),
        stored,
      },
      environment,
      log: this.#log,
      elections,
      peers,
      unsynced,
      onLeadership: (leadership) => this.#onLeadership(leadership),
      onHighWatermark: (offset) => this.#onHighWatermark(offset),
      onInstalled: (id) => {
        this.#committer.reload(id)
        this.#generator.restart()
        this.#log.log.highWatermark = id.offset
      },
      onTurn: (raft) => {
        this.#maybeClaim(raft)
        // A piece of the log is not the cluster: what it does not show would be taken for gone.
        if (!this.#isLoaded && raft.hasAllCommitted) this.#noteLoaded()
      },
      onFailure,
    })
    environment.logger.debug('loaded the metadata log', {
      snapshot: this.#log.latestSnapshot?.offset ?? 0,
      endOffset: this.#log.endOffset,
    })
  }

  /** Elections may begin. A voter that is alone leads, and has claimed, when it returns. */
  start(): void {
    this.#driver.start()
    this.#scheduleCleaning()
  }

  /** Of the quorum, as far as this node knows. */
  get epoch(): number {
    return this.#driver.raft?.leadership.epoch ?? this.#storedEpoch
  }

  /** What this node is in the quorum, as Kafka's metric current-state has it: who is no voter observes (facts E10, E11). */
  get state(): string {
    const { raft } = this.#driver
    if (raft === undefined) return 'unattached'
    return raft.isVoter || raft.leadership.role === 'leader' ? raft.leadership.role : 'observer'
  }

  /** 0: voters from the configuration; 1: voters from the log (KIP-853). */
  get kraftVersion(): 0 | 1 {
    return this.#log.kraftVersion
  }

  get voters(): VoterSet {
    return this.#log.voterSet?.voters ?? this.#staticVoters
  }

  /** Records of this node's bootstrap.checkpoint; none where the log says which metadata.version the cluster has (N-B10). */
  get bootstrapRecords(): readonly MetadataRecord[] {
    if (this.loader.image.features.metadataVersion > 0) return []
    return readBootstrap(this.#options.environment.disk, this.#options.dir)
  }

  /** The offset that the first record of the next append gets. */
  get nextOffset(): Offset {
    return this.#log.endOffset
  }

  /** Everything below is committed. */
  get highWatermark(): Offset {
    return this.#log.log.highWatermark
  }

  /** The metadata log, to describe. Nobody else changes it. */
  get log(): Log {
    return this.#log.log
  }

  get leader(): QuorumLeader {
    const leadership = this.#driver.raft?.leadership
    return leadership ? this.#leaderOf(leadership) : { id: NOBODY, epoch: this.#storedEpoch, endpoint: undefined }
  }

  onLeaderChange(listener: (leader: QuorumLeader) => void): void {
    this.#leaderListeners.push(listener)
  }

  /** Called when this node leads and its image is the whole log up to its term. */
  onClaim(listener: (epoch: number) => void): void {
    this.#claims.push(listener)
  }

  /** Called when it leads no more: what it appended and was not told of may be committed or not. */
  onResign(listener: () => void): void {
    this.#resignations.push(listener)
  }

  /** Called for every batch that is committed from now on. A snapshot that is loaded shows in the image alone. */
  onCommit(listener: CommitListener): void {
    this.#committer.onCommit(listener)
  }

  /** Resolves when everything that was known to be committed is in the image, and that is not nothing (fact C14). */
  caughtUp(): Promise<void> {
    if (this.#isLoaded) return Promise.resolve()
    return new Promise((resolve) => {
      this.#loaded.push(resolve)
    })
  }

  /**
   * One atomic batch. Resolves with its last offset when it is committed and all listeners have seen it. Rejects with
   * ProtocolError NOT_CONTROLLER when this node does not lead, or leads no more: then it may be committed all the same.
   */
  append(records: readonly MetadataRecord[]): Promise<Offset> {
    assert(records.length > 0, 'nothing to append to the metadata log')
    const { raft, isHalted } = this.#driver
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    if (raft === undefined || isHalted || raft.leadership.role !== 'leader') {
      return Promise.reject(new ProtocolError(ErrorCode.NOT_CONTROLLER))
    }
    return new Promise((resolve, reject) => {
      try {
        const batch = this.#log.appendRecords(records, raft.leadership.epoch)
        this.#committer.appended(batch)
        this.#appends.push({ lastOffset: batch.lastOffset, resolve, reject })
        this.#driver.appended()
      } catch (cause) {
        reject(cause)
        this.#fail(cause)
      }
    })
  }

  /** A request of another node on a controller listener; resolves with the response, as soon as there is one. */
  handle(apiKey: ApiKey, version: number, body: unknown, { listener }: { listener: string }): Promise<unknown> {
    return this.#driver.handle({ apiKey, version, body, listener } as Omit<RaftRequest, 'token'>)
  }

  /** Gives leadership up, if this node has it, and tells the others; it stays a part of the quorum. */
  async resign(): Promise<void> {
    await this.#driver.run((raft) => raft.resign(raft.leadership.epoch))
  }

  /** Gives leadership up for good: resolves when another node leads, or nobody needs to be told (fact A44). */
  leave(): Promise<void> {
    return this.#driver.shutdown()
  }

  /** Puts kraft.version on record (N-A33 to N-A35); NONE where there is nothing to do, or nothing was to be done. */
  async upgradeKRaftVersion(level: number, { validateOnly }: { validateOnly: boolean }): Promise<ErrorCode> {
    const request = { epoch: this.epoch, level, validateOnly }
    return (await this.#driver.run((raft) => raft.upgradeKRaftVersion(request))) ?? ErrorCode.NOT_CONTROLLER
  }

  /** Flushes and closes. What is not committed by then is rejected. */
  async close(): Promise<void> {
    this.#cleaning?.cancel()
    this.#generator.close()
    await this.#driver.halt()
    this.#options.peers?.close()
    await this.#log.log.close()
    this.#failAppends(new QuorumError('the metadata quorum is closed'))
  }

  /** Gives the files that it wrote. */
  #format(bootstrapServers: readonly HostPort[]): string[] {
    const { environment, dir, nodeId, directoryId, isController, endpoints, config, freshRecords } = this.#options
    const { endOffset, latestSnapshot, voterSet } = this.#log
    if (endOffset > 0 || latestSnapshot || !isController) return []
    const nowMs = environment.clock.wallMs()
    const { disk } = environment
    const files: string[] = []
    if (readBootstrap(disk, dir).length === 0) files.push(formatBootstrap(disk, dir, freshRecords(), { nowMs }))
    if (voterSet === undefined && this.#staticVoters.length === 0 && areOnlySelf(bootstrapServers, endpoints)) {
      const own: Voter = { id: nodeId, directoryId, endpoints: [...endpoints], kRaftVersionFeature: KRAFT_VERSIONS }
      files.push(formatVoters(disk, dir, [own], { nowMs }))
      this.#log.formatted()
    } else if (voterSet === undefined && this.#staticVoters.length === 0) {
      environment.logger.warn('this controller follows the quorum and does not vote until it is added to the voters', {
        servers: config['controller.quorum.bootstrap.servers'].join(', '),
        remedy: 'the first voters are formatted with odradek storage format --initial-controllers or --standalone',
      })
    }
    return files
  }

  #leaderOf({ leaderId: id, epoch, endpoints }: Leadership): QuorumLeader {
    const endpoint = endpoints.find(({ name }) => name === this.#listenerName) ?? endpoints[0]
    return { id, epoch, endpoint: endpoint && { host: endpoint.host, port: endpoint.port } }
  }

  #onLeadership(leadership: Leadership): void {
    const { role, epoch, leaderId } = leadership
    this.#options.environment.logger.debug('the metadata quorum', { role, epoch, leaderId })
    const leads = role === 'leader' && epoch === this.#claimedEpoch
    if (!leads) this.#committer.forgetAppended()
    if (!leads) this.#failAppends(new ProtocolError(ErrorCode.NOT_CONTROLLER))
    if (!leads && this.#claimedEpoch !== undefined) {
      this.#claimedEpoch = undefined
      for (const listener of this.#resignations) listener()
    }
    const leader = this.#leaderOf(leadership)
    for (const listener of this.#leaderListeners) listener(leader)
  }

  #onHighWatermark(offset: Offset): void {
    this.#log.log.highWatermark = offset
    this.#committer.advance(offset)
    while (this.#appends.length > 0 && this.#appends[0]!.lastOffset < offset) {
      const { lastOffset, resolve } = this.#appends.shift()!
      resolve(lastOffset)
    }
    this.#generator.maybeGenerate()
  }

  #noteLoaded(): void {
    if (this.loader.image.offset < 0) return
    this.#isLoaded = true
    for (const resolve of this.#loaded.splice(0)) resolve()
  }

  /**
   * This node may decide when something of its own epoch is committed (fact A57) and in the image. One that votes alone
   * need not wait for that: nobody can take anything of what its log has.
   */
  #maybeClaim(raft: Raft): void {
    const { role, epoch, epochStartOffset } = raft.leadership
    if (role !== 'leader' || epochStartOffset === undefined || this.#claimedEpoch === epoch) return
    if (this.#isSoleVoter()) {
      this.#committer.advance(epochStartOffset)
      this.#noteLoaded()
    } else if (this.#committer.nextOffset <= epochStartOffset) {
      return
    }
    this.#claimedEpoch = epoch
    for (const listener of this.#claims) listener(epoch)
  }

  #isSoleVoter(): boolean {
    const { voters } = this
    return voters.length === 1 && voters[0]!.id === this.#options.nodeId
  }

  #failAppends(cause: unknown): void {
    for (const { reject } of this.#appends.splice(0)) reject(cause)
  }

  #scheduleCleaning(): void {
    this.#cleaning = this.#options.environment.timers.after(CLEANING_MS, () => {
      try {
        this.#clean()
        this.#scheduleCleaning()
      } catch (cause) {
        this.#fail(cause)
      }
    })
  }

  /** Fact A73. */
  #clean(): void {
    const { environment, config } = this.#options
    const start = newStart(this.#log, config, environment.clock.wallMs())
    if (start === undefined || start.offset > this.#committer.nextOffset) return
    this.#log.startAt(start.offset)
    environment.logger.debug('the metadata log begins at a newer snapshot', { ...start })
  }

  #fail(cause: unknown): void {
    this.#failure ??= cause
    void this.#driver.halt()
    this.#failAppends(cause)
    this.#options.onFailure(cause)
  }
}
