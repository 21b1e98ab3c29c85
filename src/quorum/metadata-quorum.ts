import path from 'node:path'
import { decodeQuorumState, encodeQuorumState } from '../../protocol/checkpoint/quorum-state.ts'
import { DecodeError, ProtocolError } from '../../protocol/errors.ts'
import type { MetadataRecord } from '../../protocol/metadata/index.ts'
import { ControlType } from '../../protocol/records/control.ts'
import { ZERO_UUID } from '../../protocol/wire/uuid.ts'
import { assert } from '../base/assert.ts'
import type { Offset } from '../base/brand.ts'
import { defaultsOf } from '../base/config.ts'
import type { Disk } from '../base/disk.ts'
import type { HostPort } from '../base/network.ts'
import { topicConfig } from '../log/config.ts'
import type { LogEnvironment } from '../log/environment.ts'
import { Log } from '../log/log.ts'
import { MetadataLoader } from '../metadata/loader.ts'
import { METADATA_TOPIC } from '../metadata/topic-names.ts'
import type { Voter, VoterEndpoint, VoterSet } from '../raft/types.ts'
import { KRAFT_VERSIONS, sameVoters, votersIn, votersRecords } from '../raft/voters.ts'
import { decodeBatches, encodeControls, encodeRecords } from './batches.ts'
import type { QuorumConfig } from './config.ts'
import { encodeSnapshot, listSnapshots, snapshotName } from './snapshot.ts'

/** Fixed (KIP-516). */
export const METADATA_TOPIC_ID = 'AAAAAAAAAAAAAAAAAAAAAQ'

const BOOTSTRAP_FILE = 'bootstrap.checkpoint'
const QUORUM_STATE_FILE = 'quorum-state'
const FORMAT_EPOCH = 0
const MAX_BATCH_BYTES = 8 * 1024 * 1024

export interface QuorumOptions {
  readonly environment: LogEnvironment
  /** metadata.log.dir: holds `__cluster_metadata-0` and bootstrap.checkpoint. */
  readonly dir: string
  readonly nodeId: number
  /** Id of `dir` as its meta.properties has it. */
  readonly directoryId: string
  readonly clusterId?: string
  readonly isController?: boolean
  readonly peers?: unknown
  readonly config: Pick<
    QuorumConfig,
    'controller.quorum.voters' | 'metadata.log.segment.bytes' | 'metadata.log.segment.ms'
  >
  /** Where this controller is reached; put on record with the voters. */
  readonly endpoints: readonly VoterEndpoint[]
  /** What formatting puts into bootstrap.checkpoint of a directory that has no metadata yet. */
  readonly freshRecords: () => readonly MetadataRecord[]
  /** The disk failed under the metadata log: the node has to stop (fact C29). */
  readonly onFailure: (cause: unknown) => void
}

/** Told of a batch when it is committed. `offset` is that of its last record. */
export type CommitListener = (records: readonly MetadataRecord[], offset: Offset, epoch: number) => void

/** The directory is damaged, or belongs to a quorum that this node cannot be alone. The message is one plain sentence. */
export class QuorumError extends Error {
  override name = 'QuorumError'
}

interface Uncommitted {
  readonly records: readonly MetadataRecord[]
  readonly lastOffset: Offset
  readonly resolve: (offset: Offset) => void
  readonly reject: (cause: unknown) => void
}

/**
 * A quorum of one, in the form of Apache Kafka's on disk: its only voter leads from the start, in a new epoch each time,
 * and a batch is committed once this node has it on its medium. Flushes are shared: what is appended during one is
 * committed by the next.
 *
 * Commits go to `loader` first, then to listeners in the order of their registration, then resolve the append.
 */
export class MetadataQuorum {
  readonly loader: MetadataLoader
  /** Of this term of leadership. */
  readonly epoch: number
  /** 0: voters from the configuration; 1: voters from the log (KIP-853). */
  readonly kraftVersion: 0 | 1
  readonly voters: VoterSet
  /** Records of this node's bootstrap.checkpoint; none where the log says which metadata.version the cluster has. */
  readonly bootstrapRecords: readonly MetadataRecord[]
  readonly #options: QuorumOptions
  readonly #log: Log
  readonly #listeners: CommitListener[] = []
  readonly #claims: ((epoch: number) => void)[] = []
  readonly #uncommitted: Uncommitted[] = []
  /** Files written at the start, to be on the medium before anything is committed. */
  #unsynced: string[]
  #syncing: Promise<void> | undefined

  /**
   * Formats a directory that is empty, loads what is there, and begins a new epoch. Synchronous; awaits no fsync.
   * @throws QuorumError, DiskError
   */
  static open(options: QuorumOptions): MetadataQuorum {
    try {
      return new MetadataQuorum(options)
    } catch (error) {
      if (!(error instanceof DecodeError || error instanceof ProtocolError)) throw error
      throw new QuorumError(`the cluster's metadata in ${options.dir} cannot be read: ${error.message}`, {
        cause: error,
      })
    }
  }

  private constructor(options: QuorumOptions) {
    this.#options = options
    const { environment, dir } = options
    const { disk, logger } = environment
    this.#log = openLog(options)
    const loaded = load(options, this.#log)
    this.loader = loaded.loader
    const endpoints = options.endpoints.map(({ name, host, port }) => ({ name, host, port }))
    const own: Voter = {
      id: options.nodeId,
      directoryId: options.directoryId,
      endpoints,
      kRaftVersionFeature: KRAFT_VERSIONS,
    }
    const formatted = loaded.isFresh ? format(options, own) : []
    const hasFeatures = this.loader.image.features.metadataVersion > 0
    this.bootstrapRecords = hasFeatures ? [] : readBootstrap(disk, path.join(dir, BOOTSTRAP_FILE))
    const isStatic = loaded.voters === undefined && !(loaded.isFresh && isDynamic(options))
    this.kraftVersion = isStatic ? 0 : 1
    checkSoleVoter(options, loaded.voters)
    this.voters = [own]
    this.epoch = Math.max(storedEpoch(disk, this.#quorumStateFile), this.#log.latestEpoch, 0) + 1
    this.#writeState()
    this.#unsynced = [...formatted, this.#quorumStateFile]
    const isOnRecord = isStatic || (loaded.votersInLog && sameVoters(loaded.voters ?? [], this.voters))
    this.#beginEpoch(isOnRecord)
    logger.debug('leads the metadata quorum', { epoch: this.epoch, endOffset: this.#log.logEndOffset })
  }

  get #quorumStateFile(): string {
    return path.join(this.#log.dir, QUORUM_STATE_FILE)
  }

  /** The offset that the first record of the next append gets. */
  get nextOffset(): Offset {
    return this.#log.logEndOffset
  }

  /** Everything below is committed. */
  get highWatermark(): Offset {
    return this.#log.highWatermark
  }

  /** The metadata log, to serve Fetch from and to describe. Nobody else appends to it. */
  get log(): Log {
    return this.#log
  }

  /** Of the quorum: this node, from the start on. */
  get leader(): { readonly id: number; readonly epoch: number; readonly endpoint: HostPort | undefined } {
    return { id: this.#options.nodeId, epoch: this.epoch, endpoint: undefined }
  }

  /** Called when this node leads and its image is the whole log up to its term. */
  onClaim(listener: (epoch: number) => void): void {
    this.#claims.push(listener)
  }

  /** Called when it leads no more. */
  onResign(_listener: () => void): void {}

  /** Elections may begin. */
  start(): void {
    for (const claim of this.#claims) claim(this.epoch)
  }

  /** Resolves when everything that was committed when it was asked is in the image, and that is not nothing. */
  caughtUp(): Promise<void> {
    if (this.loader.image.offset >= 0) return Promise.resolve()
    return new Promise((resolve) => {
      this.onCommit(() => resolve())
    })
  }

  /** Gives leadership up in order. */
  async resign(): Promise<void> {}

  /** Called for every batch that is committed from now on. */
  onCommit(listener: CommitListener): void {
    this.#listeners.push(listener)
  }

  /** One atomic batch. Resolves with its last offset when it is committed and all listeners have seen it. */
  append(records: readonly MetadataRecord[]): Promise<Offset> {
    assert(records.length > 0, 'nothing to append to the metadata log')
    return new Promise((resolve, reject) => {
      try {
        const place = { leaderEpoch: this.epoch, timestamp: this.#options.environment.clock.wallMs() }
        const lastOffset = this.#appendBatch(encodeRecords(records, place))
        this.#uncommitted.push({ records, lastOffset, resolve, reject })
        this.#flush()
      } catch (cause) {
        reject(cause)
        this.#fail(cause)
      }
    })
  }

  /** Flushes and closes. What is not committed by then is rejected. */
  async close(): Promise<void> {
    await this.#syncing?.catch(() => {})
    await this.#log.close()
    const closed = new QuorumError('the metadata quorum is closed')
    for (const { reject } of this.#uncommitted.splice(0)) reject(closed)
  }

  /** Fact A35: the first batch of an epoch names its leader, and the voters unless the log has them as they are. */
  #beginEpoch(votersOnRecord: boolean): void {
    const { nodeId, environment } = this.#options
    this.#log.assignEpoch(this.epoch, this.#log.logEndOffset)
    const voters = [{ voterId: nodeId, voterDirectoryId: ZERO_UUID }]
    const change = { version: 0, leaderId: nodeId, voters, grantingVoters: voters }
    const records = [
      { type: ControlType.LEADER_CHANGE, value: change },
      ...(votersOnRecord ? [] : votersRecords(this.voters)),
    ]
    this.#appendBatch(encodeControls(records, { leaderEpoch: this.epoch, timestamp: environment.clock.wallMs() }))
  }

  #appendBatch(batch: Buffer): Offset {
    assert(batch.length <= MAX_BATCH_BYTES, `a metadata batch of ${batch.length} bytes`)
    const nowMs = this.#options.environment.clock.wallMs()
    const { lastOffset } = this.#log.appendAsLeader(batch, { leaderEpoch: this.epoch, origin: 'raft', nowMs })
    this.#log.write()
    return lastOffset
  }

  #flush(): void {
    this.#syncing ??= this.#sync().finally(() => {
      this.#syncing = undefined
      if (this.#uncommitted.length > 0) this.#flush()
    })
    this.#syncing.catch(() => {})
  }

  async #sync(): Promise<void> {
    try {
      const start = this.#unsynced.splice(0)
      await Promise.all([this.#log.flush(), start.length > 0 && syncFiles(this.#options.environment.disk, start)])
      this.#commit(this.#log.recoveryPoint)
    } catch (cause) {
      for (const { reject } of this.#uncommitted.splice(0)) reject(cause)
      this.#fail(cause)
    }
  }

  #commit(upTo: Offset): void {
    this.#log.highWatermark = upTo
    while (this.#uncommitted.length > 0 && this.#uncommitted[0]!.lastOffset < upTo) {
      const { records, lastOffset, resolve } = this.#uncommitted.shift()!
      this.loader.handle(records, lastOffset, this.epoch)
      for (const listener of this.#listeners) listener(records, lastOffset, this.epoch)
      resolve(lastOffset)
    }
  }

  #fail(cause: unknown): void {
    this.#options.onFailure(cause)
  }

  #writeState(): void {
    const { environment, nodeId } = this.#options
    const none = { votedId: -1, votedDirectoryId: ZERO_UUID }
    const state = { leaderId: nodeId, leaderEpoch: this.epoch, ...none, currentVoters: [nodeId] }
    environment.disk.replaceFile(this.#quorumStateFile, encodeQuorumState(state, this.kraftVersion))
  }
}

function openLog({ environment, dir, config }: QuorumOptions): Log {
  return Log.open({
    environment,
    dir: path.join(dir, `${METADATA_TOPIC}-0`),
    topic: METADATA_TOPIC,
    partition: 0,
    topicId: METADATA_TOPIC_ID,
    config: {
      ...defaultsOf(topicConfig),
      'segment.bytes': config['metadata.log.segment.bytes'],
      'segment.ms': config['metadata.log.segment.ms'],
      'max.message.bytes': MAX_BATCH_BYTES,
      'retention.ms': -1,
      'retention.bytes': -1,
    },
  })
}

interface Loaded {
  readonly loader: MetadataLoader
  /** Neither log nor snapshot: the directory was never formatted. */
  readonly isFresh: boolean
  /** The newest voter set of log and snapshots; undefined where they have none. */
  readonly voters: VoterSet | undefined
  /** It stands in the log, not only in what formatting wrote. */
  readonly votersInLog: boolean
}

/** The newest snapshot and what the log has after it. */
function load({ environment, dir }: QuorumOptions, log: Log): Loaded {
  const { disk, logger } = environment
  const loader = new MetadataLoader()
  const ids = listSnapshots(disk, log.dir)
  const newest = ids.at(-1)
  const snapshot = () => decodeBatches(disk.readFile(path.join(log.dir, snapshotName(newest!))))
  // What formatting wrote for the quorum has offset 0 and says nothing about the cluster (fact N-A42).
  const start = newest?.offset ?? 0
  if (start > 0) {
    loader.handle(
      [...snapshot()].flatMap((batch) => (batch.control ? [] : batch.records)),
      start - 1,
      newest!.epoch,
    )
    if (start > log.logEndOffset) log.truncateFullyAndStartAt(start)
  }
  if (log.logStartOffset > start) {
    throw new QuorumError(
      `the metadata log in ${dir} begins at offset ${log.logStartOffset} and no snapshot leads there`,
    )
  }
  let voters: VoterSet | undefined
  for (const bytes of log.batches(start)) {
    for (const batch of decodeBatches(bytes)) {
      if (batch.control) voters = votersIn(batch.records) ?? voters
      else loader.handle(batch.records, batch.lastOffset, batch.epoch)
    }
  }
  const votersInLog = voters !== undefined
  if (!votersInLog && newest) {
    for (const batch of snapshot()) if (batch.control) voters = votersIn(batch.records) ?? voters
  }
  log.highWatermark = log.logEndOffset
  logger.debug('loaded the metadata log', { snapshot: start, endOffset: log.logEndOffset })
  return { loader, isFresh: ids.length === 0 && log.logEndOffset === 0, voters, votersInLog }
}

const isDynamic = ({ config }: QuorumOptions): boolean => config['controller.quorum.voters'].length === 0

/** What `kafka-storage format` writes (facts A96, A98); gives the files. */
function format(options: QuorumOptions, own: Voter): string[] {
  const { environment, dir, freshRecords } = options
  const { disk, clock } = environment
  const nowMs = clock.wallMs()
  const content = { lastTimestamp: 0, nowMs, epoch: FORMAT_EPOCH }
  const files: string[] = []
  const bootstrap = path.join(dir, BOOTSTRAP_FILE)
  if (readBootstrap(disk, bootstrap).length === 0) {
    disk.replaceFile(bootstrap, encodeSnapshot({ ...content, records: freshRecords(), voters: undefined }))
    files.push(bootstrap)
  }
  if (isDynamic(options)) {
    const voters = path.join(dir, `${METADATA_TOPIC}-0`, snapshotName({ offset: 0, epoch: 0 }))
    disk.replaceFile(voters, encodeSnapshot({ ...content, lastTimestamp: nowMs, records: [], voters: [own] }))
    files.push(voters)
  }
  return files
}

/** Empty for a file that is missing or, after a crash during formatting, empty. */
function readBootstrap(disk: Disk, file: string): MetadataRecord[] {
  if (!disk.exists(file)) return []
  return [...decodeBatches(disk.readFile(file))].flatMap((batch) => (batch.control ? [] : batch.records))
}

function storedEpoch(disk: Disk, file: string): number {
  return disk.exists(file) ? decodeQuorumState(disk.readFile(file).toString()).leaderEpoch : 0
}

/** Voters by configuration or by the log: either way it must be this node alone. */
function checkSoleVoter({ nodeId, directoryId, config, dir }: QuorumOptions, voters: VoterSet | undefined): void {
  const ids =
    voters?.map(({ id }) => id) ?? config['controller.quorum.voters'].map((voter) => Number.parseInt(voter, 10))
  if (ids.length > 0 && (ids.length > 1 || ids[0] !== nodeId)) {
    throw new QuorumError(
      `the metadata quorum of ${dir} has the voters ${ids.join(', ')}; node ${nodeId} must be the only one`,
    )
  }
  const directory = voters?.[0]?.directoryId
  if (directory !== undefined && directory !== directoryId) {
    throw new QuorumError(`the metadata log in ${dir} belongs to directory id ${directory}, not ${directoryId}`)
  }
}

async function syncFiles(disk: Disk, files: readonly string[]): Promise<void> {
  const dirs = new Set(files.map((file) => path.dirname(file)))
  await Promise.all(
    files.map(async (name) => {
      const file = disk.open(name)
      try {
        await file.syncAsync()
      } finally {
        file.close()
      }
    }),
  )
  await Promise.all([...dirs].map((dir) => disk.syncDirAsync(dir)))
}
