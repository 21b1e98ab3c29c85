import type { BrokerEpoch, Offset } from '../base/brand.ts'
import { type BrokerImage, isActive, type MetadataImage } from '../metadata/image.ts'

interface Session {
  epoch: BrokerEpoch
  /** On the monotonic clock. */
  lastContactMs: number
  /** What the broker has applied of the metadata log. */
  metadataOffset: Offset
  /** End of the records that its controlled shutdown wrote; undefined while it is not shutting down. */
  shutdownOffset: Offset | undefined
}

/**
 * What the active controller knows of brokers beyond the image: who was heard of when, and how far each has read. In no
 * record: a new controller starts over (facts N-C21, N-C22).
 */
export class BrokerSessions {
  readonly #sessions = new Map<number, Session>()
  readonly #registrationOffsets = new Map<number, Offset>()
  readonly #timeoutMs: number

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs
  }

  /** A new controller gives brokers that are not fenced the time of one session to show up. */
  activate(image: MetadataImage, nowMs: number, exceptBroker: number | undefined): void {
    for (const broker of image.cluster.brokers.values()) {
      if (!broker.fenced && broker.id !== exceptBroker) this.contact(broker.id, broker.epoch, nowMs)
    }
  }

  contact(brokerId: number, epoch: BrokerEpoch, nowMs: number, metadataOffset: Offset = -1): void {
    const session = this.#sessions.get(brokerId)
    if (session?.epoch === epoch) {
      session.lastContactMs = nowMs
      session.metadataOffset = Math.max(session.metadataOffset, metadataOffset)
    } else {
      this.#sessions.set(brokerId, { epoch, lastContactMs: nowMs, metadataOffset, shutdownOffset: undefined })
    }
  }

  /** Heard of in this life, fenced or not (N-C22): a registration that was long under way takes nobody's place. */
  isLive({ id, epoch }: BrokerImage, nowMs: number): boolean {
    const session = this.#sessions.get(id)
    return session?.epoch === epoch && nowMs - session.lastContactMs < this.#timeoutMs
  }

  /** It took leave: whoever comes under its id need not wait until the session is over. */
  left(brokerId: number): void {
    const session = this.#sessions.get(brokerId)
    if (session) session.lastContactMs = Number.NEGATIVE_INFINITY
  }

  /** The broker that has been silent for longest, if for too long. One at a time: each fence is decided on the last. */
  silentBroker(image: MetadataImage, nowMs: number): BrokerImage | undefined {
    const silent = [...image.cluster.brokers.values()].filter((broker) => !broker.fenced && !this.isLive(broker, nowMs))
    const lastContact = ({ id }: BrokerImage) => this.#sessions.get(id)?.lastContactMs ?? Number.NEGATIVE_INFINITY
    return silent.sort((one, other) => lastContact(one) - lastContact(other))[0]
  }

  registered(brokerId: number, offset: Offset): void {
    this.#registrationOffsets.set(brokerId, offset)
  }

  /** Where a broker's registration record is; what was replayed before this controller began is behind `otherwise`. */
  registrationOffset(brokerId: number, otherwise: Offset): Offset {
    return this.#registrationOffsets.get(brokerId) ?? otherwise
  }

  /** @param moved more leadership went away from it just now, with the record at `offset` */
  shutsDown(brokerId: number, offset: Offset, moved: boolean): void {
    const session = this.#sessions.get(brokerId)
    if (session && (moved || session.shutdownOffset === undefined)) session.shutdownOffset = offset
  }

  /** Whether every active broker has read what moved leadership away from this one; others that leave do not count. */
  isShutdownSeen(image: MetadataImage, brokerId: number): boolean {
    const offset = this.#sessions.get(brokerId)?.shutdownOffset
    if (offset === undefined) return false
    const active = [...image.cluster.brokers.keys()].filter((id) => id !== brokerId && isActive(image, id))
    return active.every((id) => (this.#sessions.get(id)?.metadataOffset ?? -1) >= offset)
  }
}
