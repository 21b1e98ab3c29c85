import type { FetchRequest, FetchResponse } from '../../protocol/api/01-fetch.ts'
import type { ApiVersionsRequest, ApiVersionsResponse } from '../../protocol/api/18-api-versions.ts'
import type { VoteRequest, VoteResponse } from '../../protocol/api/52-vote.ts'
import type { BeginQuorumEpochRequest, BeginQuorumEpochResponse } from '../../protocol/api/53-begin-quorum-epoch.ts'
import type { EndQuorumEpochRequest, EndQuorumEpochResponse } from '../../protocol/api/54-end-quorum-epoch.ts'
import type { DescribeQuorumRequest, DescribeQuorumResponse } from '../../protocol/api/55-describe-quorum.ts'
import type { FetchSnapshotRequest, FetchSnapshotResponse } from '../../protocol/api/59-fetch-snapshot.ts'
import type { AddRaftVoterRequest, AddRaftVoterResponse } from '../../protocol/api/80-add-raft-voter.ts'
import type { RemoveRaftVoterRequest, RemoveRaftVoterResponse } from '../../protocol/api/81-remove-raft-voter.ts'
import type { UpdateRaftVoterRequest, UpdateRaftVoterResponse } from '../../protocol/api/82-update-raft-voter.ts'
import type { ControlRecord } from '../../protocol/control/index.ts'
import type { ErrorCode } from '../../protocol/errors.ts'
import type { Offset } from '../base/brand.ts'
import type { Random } from '../base/random.ts'
import type { Clock } from '../base/time.ts'

/**
 * Consensus as an object without hands. The driver (src/quorum) tells it what happened, one input at a time, and after
 * each input takes `ready()` and carries it out, in the order in which `Ready` lists it, before the next input.
 *
 * Inputs: `receive` a request, `respond` with the answer to one of its own, `tick` when `nextDeadlineMs` has come,
 * `logChanged` when the log grew or more of it is on the medium, `snapshotInstalled`, `resign`, `shutdown`,
 * `upgradeKRaftVersion`. Where what the leader sent is damaged, `appendFailed` in place of `logChanged` and
 * `snapshotFailed` in place of `snapshotInstalled`.
 */

/** A node and the metadata directory it votes with (KIP-853). The zero uuid: any directory, as under kraft.version 0. */
export interface ReplicaKey {
  readonly id: number
  readonly directoryId: string
}

export interface VoterEndpoint {
  /** Name of the controller listener. */
  readonly name: string
  readonly host: string
  readonly port: number
}

/** Levels of kraft.version that a node can run with. */
export interface KRaftVersionRange {
  readonly minSupportedVersion: number
  readonly maxSupportedVersion: number
}

export interface Voter extends ReplicaKey {
  readonly endpoints: readonly VoterEndpoint[]
  readonly kRaftVersionFeature: KRaftVersionRange
}

/** Who votes: by configuration under kraft.version 0, by the log under kraft.version 1. */
export type VoterSet = readonly Voter[]

/** Names a snapshot: it holds everything below `offset`, the last of it written in `epoch` (KIP-630). */
export interface SnapshotId {
  readonly offset: Offset
  readonly epoch: number
}

/** Where an epoch ends: it is the `epoch` of everything before `endOffset`, down to where an older one ends. */
export interface EpochEnd {
  readonly epoch: number
  readonly endOffset: Offset
}

/** What is in quorum-state. leaderId -1: none known. Both may be set (N-A12). */
export interface ElectionState {
  readonly epoch: number
  readonly leaderId: number
  readonly votedKey: ReplicaKey | undefined
}

/** The metadata log as it is now; the driver's, read by raft during every input. */
export interface LogView {
  readonly startOffset: Offset
  readonly endOffset: Offset
  /** Everything below is on the medium. After a truncation no more than endOffset. */
  readonly syncedOffset: Offset
  /** Epoch of the last record, of the latest snapshot where nothing is behind it, 0 where there is neither. */
  readonly lastEpoch: number
  /**
   * The largest epoch in the log that is no larger than `epoch`, and its end; below the first one that is known, the
   * oldest snapshot's epoch and offset ((0, 0) without a snapshot). An epoch that was assigned (`Ready.beginEpoch`) counts,
   * even if it has no record yet (facts A34, A52, A63).
   */
  endOfEpoch(epoch: number): EpochEnd
  /** The checkpoint (0, 0), which formatting writes, is none (facts A50, A98). */
  readonly latestSnapshot: SnapshotId | undefined
  readonly oldestSnapshot: SnapshotId | undefined
  /** Bytes of a snapshot that is complete; undefined if there is none of that id, and for (0, 0). */
  snapshotSize(id: SnapshotId): number | undefined
  /**
   * The newest voter set in the log up to endOffset, committed or not, or else in the latest snapshot (fact A83).
   * `offset` is that of its record; in a snapshot the last offset the snapshot covers; -1 for the checkpoint (0, 0).
   * undefined: the voters are configured. A new object only if the set is another.
   */
  readonly voterSet: { readonly voters: VoterSet; readonly offset: Offset } | undefined
  /** The set before `voterSet`, as far as the log or the checkpoint (0, 0) still has it; may be left out if unknown. */
  readonly previousVoters?: VoterSet | undefined
  readonly kraftVersion: 0 | 1
}

export interface RaftConfig {
  readonly electionTimeoutMs: number
  readonly electionBackoffMaxMs: number
  readonly fetchTimeoutMs: number
  readonly requestTimeoutMs: number
  readonly retryBackoffMs: number
  readonly fetchMaxBytes: number
  readonly fetchSnapshotMaxBytes: number
  readonly autoJoin: boolean
}

export interface RaftOptions {
  readonly local: ReplicaKey
  /** This node's controller listeners; none on a node that is a broker only. */
  readonly endpoints: readonly VoterEndpoint[]
  /** The listener at which voters are reached: the first of controller.listener.names. */
  readonly listenerName: string
  readonly clusterId: string
  /** Has the controller role. A node without it never votes and syncs no log before it fetches on (fact A61). */
  readonly controllerRole: boolean
  /** controller.quorum.voters, directory ids zero; empty where it is not set. */
  readonly staticVoters: VoterSet
  /** controller.quorum.bootstrap.servers. */
  readonly bootstrapServers: readonly { readonly host: string; readonly port: number }[]
  readonly config: RaftConfig
  readonly log: LogView
  /** As quorum-state has it; undefined if there is no file. */
  readonly stored: ElectionState | undefined
  readonly clock: Clock
  readonly random: Random
}

interface Api<Key extends number, Request, Response> {
  readonly apiKey: Key
  readonly request: Request
  readonly response: Response
}

type FetchApi = Api<1, FetchRequest, FetchResponse>
type ApiVersionsApi = Api<18, ApiVersionsRequest, ApiVersionsResponse>
type VoteApi = Api<52, VoteRequest, VoteResponse>
type BeginQuorumEpochApi = Api<53, BeginQuorumEpochRequest, BeginQuorumEpochResponse>
type EndQuorumEpochApi = Api<54, EndQuorumEpochRequest, EndQuorumEpochResponse>
type DescribeQuorumApi = Api<55, DescribeQuorumRequest, DescribeQuorumResponse>
type FetchSnapshotApi = Api<59, FetchSnapshotRequest, FetchSnapshotResponse>
type AddRaftVoterApi = Api<80, AddRaftVoterRequest, AddRaftVoterResponse>
type RemoveRaftVoterApi = Api<81, RemoveRaftVoterRequest, RemoveRaftVoterResponse>
type UpdateRaftVoterApi = Api<82, UpdateRaftVoterRequest, UpdateRaftVoterResponse>

/** What a node of the quorum is asked. */
export type ServedApi =
  | FetchApi
  | VoteApi
  | BeginQuorumEpochApi
  | EndQuorumEpochApi
  | DescribeQuorumApi
  | FetchSnapshotApi
  | AddRaftVoterApi
  | RemoveRaftVoterApi
  | UpdateRaftVoterApi

/** What it asks others. */
export type AskedApi = Exclude<ServedApi, DescribeQuorumApi> | ApiVersionsApi

/** A request of another node, decoded. `token` is the driver's name for it; a reply of the same token follows. */
export type RaftRequest = {
  [A in ServedApi as A['apiKey']]: {
    readonly token: number
    readonly apiKey: A['apiKey']
    readonly version: number
    readonly body: A['request']
    /** Name of the listener on which it came. */
    readonly listener: string
  }
}[ServedApi['apiKey']]

/** Bytes of the log, from `offset` on, that the driver puts into `records` of a reply to Fetch: at least one batch. */
export interface LogRead {
  readonly offset: Offset
  readonly maxBytes: number
}

/** Bytes of a snapshot that the driver puts into `unalignedRecords` of a reply to FetchSnapshot. */
export interface SnapshotRead {
  readonly id: SnapshotId
  readonly position: number
  readonly length: number
}

export type RaftReply = {
  [A in ServedApi as A['apiKey']]: {
    readonly token: number
    readonly apiKey: A['apiKey']
    readonly body: A['response']
    readonly logRead?: LogRead
    readonly snapshotRead?: SnapshotRead
  }
}[ServedApi['apiKey']]

/** A node to talk to. Bootstrap servers have the ids -2, -3, ... until their own is known (fact A5). */
export interface Peer {
  readonly id: number
  readonly host: string
  readonly port: number
}

/** To be sent once; the driver answers with `respond`, at the latest after `timeoutMs` with an error. */
export type OutgoingRequest = {
  [A in AskedApi as A['apiKey']]: {
    readonly requestId: number
    readonly to: Peer
    readonly apiKey: A['apiKey']
    readonly body: A['request']
    readonly timeoutMs: number
  }
}[AskedApi['apiKey']]

/**
 * The body of the answer, or why there is none: UNSUPPORTED_VERSION if the request cannot be said to this peer,
 * BROKER_NOT_AVAILABLE if nobody listens at its address, whatever else if it may be there.
 */
export type RaftAnswer =
  | { readonly requestId: number; readonly body: AskedApi['response']; readonly error?: undefined }
  | { readonly requestId: number; readonly error: ErrorCode }

/** One step of a download. */
export type SnapshotStep =
  /** Begin an empty partial file; an older partial file of any id goes. */
  | { readonly step: 'begin'; readonly id: SnapshotId }
  | { readonly step: 'write'; readonly id: SnapshotId; readonly position: number; readonly bytes: Buffer }
  /**
   * The file is complete: check it, put it in place, reset the log to start = end = its offset, load from it, then call
   * `snapshotInstalled`. If it is damaged, remove it and call `snapshotFailed`.
   */
  | { readonly step: 'install'; readonly id: SnapshotId }
  /** Remove the partial file: the leader has this snapshot no longer, or there is another leader. */
  | { readonly step: 'drop'; readonly id: SnapshotId }

export type RoleName = 'unattached' | 'prospective' | 'candidate' | 'leader' | 'follower' | 'resigned'

/** Who leads, as this node knows it. */
export interface Leadership {
  readonly role: RoleName
  readonly epoch: number
  /** -1: not known. */
  readonly leaderId: number
  /** Where the leader's controller listeners are, as far as known. */
  readonly endpoints: readonly VoterEndpoint[]
  /** Of a leader: where its epoch begins. It may decide once the high watermark is above (fact A57). */
  readonly epochStartOffset: Offset | undefined
}

/**
 * What has to be done now, in this order. Fields that are undefined and lists that are empty ask for nothing.
 *
 * Whatever changes the log (truncateTo, beginEpoch, append, controls) is followed by `logChanged`, as is every append of the
 * driver's own and every sync.
 */
export interface Ready {
  /** Write it and have it on the medium before anything that follows. */
  readonly electionState: ElectionState | undefined
  /** Everything below is committed. Grows only; after installing a snapshot everything below it is. */
  readonly highWatermark: Offset | undefined
  /** Who leads has changed. On losing leadership, appends that wait fail now. */
  readonly leadership: Leadership | undefined
  /** Remove everything from this offset on; voter sets and kraft.version in it go too (fact A83). */
  readonly truncateTo: Offset | undefined
  /** A leader's epoch begins at the end of the log: put it into the epoch history before any append (fact A34). */
  readonly beginEpoch: number | undefined
  /** Batches of the leader, verbatim; their offsets begin at the end of the log. What is of a later epoch is left out (N-A39). */
  readonly append: { readonly records: Buffer; readonly leaderEpoch: number } | undefined
  /** Control records, each list one batch of the present epoch, appended at the end of the log (facts A35, A87). */
  readonly controls: readonly (readonly ControlRecord[])[]
  readonly snapshot: readonly SnapshotStep[]
  readonly requests: readonly OutgoingRequest[]
  readonly replies: readonly RaftReply[]
}
