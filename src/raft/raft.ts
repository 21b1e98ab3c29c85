import { ErrorCode } from '../../protocol/errors.ts'
import type { Offset } from '../base/brand.ts'
import { completeFetches, receiveFetch } from './01-fetch.ts'
import { answerVote, receiveVote, refuseVote } from './52-vote.ts'
import { answerBeginQuorumEpoch, receiveBeginQuorumEpoch } from './53-begin-quorum-epoch.ts'
import { answerEndQuorumEpoch, receiveEndQuorumEpoch } from './54-end-quorum-epoch.ts'
import { receiveDescribeQuorum } from './55-describe-quorum.ts'
import { answerFetchSnapshot, receiveFetchSnapshot } from './59-fetch-snapshot.ts'
import { answerApiVersions, receiveAddRaftVoter, refuseApiVersions } from './80-add-raft-voter.ts'
import { receiveRemoveRaftVoter } from './81-remove-raft-voter.ts'
import { answerUpdateRaftVoter, receiveUpdateRaftVoter, refuseUpdate } from './82-update-raft-voter.ts'
import { Core } from './core.ts'
import { answerFetch, nobodyListens, pauseFetches } from './follow.ts'
import { upgradeKRaftVersion } from './kraft-version.ts'
import { answerAddRaftVoter, answerRemoveRaftVoter } from './membership.ts'
import { UNKNOWN_OFFSET } from './role.ts'
import type {
  AskedApi,
  Leadership,
  Peer,
  RaftAnswer,
  RaftOptions,
  RaftReply,
  RaftRequest,
  Ready,
  SnapshotId,
  VoterSet,
} from './types.ts'

/**
 * KRaft (KIP-595, KIP-630, KIP-853, KIP-996) without I/O: see types.ts for what goes in and comes out, core.ts for the
 * roles. A voter that is alone leads as soon as the first `ready` is taken.
 */
export class Raft {
  readonly #core: Core
  #nextMs = Number.POSITIVE_INFINITY

  constructor(options: RaftOptions) {
    const core = new Core(options)
    this.#core = core
    const { name } = core.role
    // N-A4: nobody else could object.
    if (core.isSoleVoter && name !== 'candidate') core.becomeProspective()
    this.#poll()
  }

  /** Another node, or a client, asks. */
  receive(request: RaftRequest): void {
    const reply = RECEIVERS[request.apiKey](this.#core, request as never)
    if (reply !== undefined) this.#core.effects.reply(reply)
    this.#poll()
  }

  /** A request of ours was answered, or was not. */
  respond(answer: RaftAnswer): void {
    const core = this.#core
    const request = core.channel.settle(answer.requestId)
    if (request !== undefined) {
      const { apiKey, to } = request
      const isDone =
        answer.error === undefined
          ? ANSWERS[apiKey](core, to, answer.body as never)
          : (REFUSALS[apiKey]?.(core, answer.error) ?? false)
      if (!isDone) core.channel.backOff(to.id)
      if (answer.error === ErrorCode.BROKER_NOT_AVAILABLE) nobodyListens(core, to)
    }
    this.#poll()
  }

  /** Time has passed. */
  tick(): void {
    const core = this.#core
    completeFetches(core, core.parked.takeExpired())
    this.#poll()
  }

  /** The log is another than before: longer, shorter, or more of it is on the medium. */
  logChanged(): void {
    const core = this.#core
    core.isLogPending = false
    if (core.role.name === 'leader' || core.role.name === 'follower') core.role.logChanged(core)
    this.#poll()
  }

  /** What the leader sent cannot be appended. It is asked for again, but not at once: it may be damaged at the leader. */
  appendFailed(): void {
    const core = this.#core
    if (core.role.name === 'follower') pauseFetches(core, core.role)
    this.logChanged()
  }

  /** The step `install` is done: the log begins and ends at the snapshot. */
  snapshotInstalled(id: SnapshotId): void {
    const core = this.#core
    core.isLogPending = false
    if (core.role.name === 'follower') {
      core.role.advance(id.offset, core)
      core.role.heard(core)
    }
    this.#poll()
  }

  /** The step `install` found the snapshot damaged, and it is gone: another fetch says which one to ask for. */
  snapshotFailed(): void {
    const core = this.#core
    core.isLogPending = false
    if (core.role.name === 'follower') pauseFetches(core, core.role)
    this.#poll()
  }

  /** Gives up leading `epoch`, if this node does. */
  resign(epoch: number): void {
    const core = this.#core
    if (core.role.name === 'leader' && core.role.epoch === epoch) core.becomeResigned(core.role.successors)
    this.#poll()
  }

  /** Lets a leader of `epoch` put kraft.version 1 on record; NONE where there is nothing to do or `validateOnly`. */
  upgradeKRaftVersion(request: { epoch: number; level: number; validateOnly: boolean }): ErrorCode {
    const errorCode = upgradeKRaftVersion(this.#core, request)
    this.#poll()
    return errorCode
  }

  /** Begins to leave; `isShutDown` says when nobody has to be told any more. */
  shutdown(): void {
    this.#core.shutDown()
    this.#poll()
  }

  get isShutDown(): boolean {
    return this.#core.isShutDown
  }

  /** When `tick` has something to do, on the monotonic clock. Infinity: not before another input. */
  get nextDeadlineMs(): number {
    return this.#nextMs
  }

  get leadership(): Leadership {
    return this.#core.leadership
  }

  /** -1 if it is not known. */
  get highWatermark(): Offset {
    return this.#core.role.highWatermark
  }

  /** Whether everything below the high watermark is everything that was committed until a leader of this run spoke. */
  get hasAllCommitted(): boolean {
    const { role } = this.#core
    return role.name === 'leader'
      ? role.highWatermark !== UNKNOWN_OFFSET
      : role.name === 'follower' && role.hasAllCommitted
  }

  get voters(): VoterSet {
    return this.#core.voters
  }

  get isVoter(): boolean {
    return this.#core.isVoter
  }

  /** What has to be done since the last call. */
  ready(): Ready {
    return this.#core.effects.take(this.#core.leadership)
  }

  /** Does what the role has to do of itself, until no other role follows from it. */
  #poll(): void {
    const core = this.#core
    if (core.isShuttingDown) {
      const nextMs = core.role.name === 'resigned' ? core.role.poll(core) : Number.POSITIVE_INFINITY
      this.#nextMs = core.isShutDown ? Number.POSITIVE_INFINITY : Math.min(nextMs, core.shutdownAtMs)
      return
    }
    for (let { role } = core; ; role = core.role) {
      this.#nextMs = role.poll(core)
      if (core.role === role) return
    }
  }
}

type Receivers = {
  readonly [Call in RaftRequest as Call['apiKey']]: (core: Core, call: Call) => RaftReply | undefined
}

const RECEIVERS: Receivers = {
  1: receiveFetch,
  52: receiveVote,
  53: receiveBeginQuorumEpoch,
  54: receiveEndQuorumEpoch,
  55: receiveDescribeQuorum,
  59: receiveFetchSnapshot,
  80: receiveAddRaftVoter,
  81: receiveRemoveRaftVoter,
  82: receiveUpdateRaftVoter,
}

/** Each gives whether the request did not fail; where it did, its receiver is left alone for a while. */
type Answers = {
  readonly [A in AskedApi as A['apiKey']]: (core: Core, from: Peer, response: A['response']) => boolean
}

const ANSWERS: Answers = {
  1: (core, _, response) => answerFetch(core, response),
  18: answerApiVersions,
  52: answerVote,
  53: (core, _, response) => answerBeginQuorumEpoch(core, response),
  54: answerEndQuorumEpoch,
  59: (core, _, response) => answerFetchSnapshot(core, response),
  80: (core, _, response) => answerAddRaftVoter(core, response),
  81: (core, _, response) => answerRemoveRaftVoter(core, response),
  82: (core, _, response) => answerUpdateRaftVoter(core, response),
}

/** Where it says something that there is no answer at all. */
const REFUSALS: { readonly [apiKey: number]: (core: Core, errorCode: ErrorCode) => boolean } = {
  18: refuseApiVersions,
  52: refuseVote,
  82: refuseUpdate,
}
