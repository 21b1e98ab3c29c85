import type { ControlRecord } from '../../protocol/control/index.ts'
import type { Offset } from '../base/brand.ts'
import type { ElectionState, Leadership, OutgoingRequest, RaftReply, Ready, SnapshotStep } from './types.ts'
import { sameEndpoints } from './voters.ts'

/** What the driver has to do, gathered while an input is handled. */
export class Effects {
  electionState: ElectionState | undefined
  truncateTo: Offset | undefined
  beginEpoch: number | undefined
  append: Ready['append']
  highWatermark: Offset | undefined
  readonly #controls: (readonly ControlRecord[])[] = []
  readonly #snapshot: SnapshotStep[] = []
  readonly #requests: OutgoingRequest[] = []
  readonly #replies: RaftReply[] = []
  #told: Leadership | undefined

  control(batch: readonly ControlRecord[]): void {
    this.#controls.push(batch)
  }

  snapshot(step: SnapshotStep): void {
    this.#snapshot.push(step)
  }

  request(request: OutgoingRequest): void {
    this.#requests.push(request)
  }

  reply(reply: RaftReply): void {
    this.#replies.push(reply)
  }

  /** Everything since the last call. */
  take(now: Leadership): Ready {
    const ready: Ready = {
      electionState: this.electionState,
      leadership: this.#told !== undefined && sameLeadership(this.#told, now) ? undefined : now,
      truncateTo: this.truncateTo,
      beginEpoch: this.beginEpoch,
      append: this.append,
      controls: this.#controls.splice(0),
      snapshot: this.#snapshot.splice(0),
      highWatermark: this.highWatermark,
      requests: this.#requests.splice(0),
      replies: this.#replies.splice(0),
    }
    this.#told = now
    this.electionState = undefined
    this.truncateTo = undefined
    this.beginEpoch = undefined
    this.append = undefined
    this.highWatermark = undefined
    return ready
  }
}

const sameLeadership = (one: Leadership, other: Leadership): boolean =>
  one.role === other.role &&
  one.epoch === other.epoch &&
  one.leaderId === other.leaderId &&
  sameEndpoints(one.endpoints, other.endpoints)
