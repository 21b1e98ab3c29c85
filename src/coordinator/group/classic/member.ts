import type { ErrorCode } from '../../../../protocol/errors.ts'

/** Hands an answer to whoever waits for it. */
export type Reply<T> = (answer: T) => void

/** One way in which a member is ready to be assigned partitions, and what it says to the leader about itself. */
export interface MemberProtocol {
  readonly name: string
  readonly metadata: Buffer
}

export interface JoinAnswer {
  readonly errorCode: ErrorCode
  readonly generationId: number
  readonly protocolType: string | null
  readonly protocolName: string | null
  readonly leader: string
  readonly skipAssignment: boolean
  readonly memberId: string
  /** For the leader: everyone, with the metadata for the chosen protocol. */
  readonly members: readonly { memberId: string; groupInstanceId: string | null; metadata: Buffer }[]
}

export interface SyncAnswer {
  readonly errorCode: ErrorCode
  readonly protocolType: string | null
  readonly protocolName: string | null
  readonly assignment: Buffer
}

export const NO_BYTES: Buffer = Buffer.alloc(0)

/** A member of a classic group. A new object replaces it when a static member comes back under another id. */
export interface ClassicMember {
  readonly memberId: string
  /** Names a static member (KIP-345). */
  readonly groupInstanceId: string | null
  readonly clientId: string
  /** `/` and the address. */
  readonly clientHost: string
  rebalanceTimeoutMs: number
  sessionTimeoutMs: number
  /** Most wanted first. */
  protocols: readonly MemberProtocol[]
  assignment: Buffer
  /** Has not been part of a generation: may expire while it waits for its first one (fact E28). */
  isNew: boolean
  /** The parked JoinGroup. Set and cleared through the group, which counts them. */
  join: Reply<JoinAnswer> | undefined
  /** The parked SyncGroup. */
  sync: Reply<SyncAnswer> | undefined
}

export function joinFailed(memberId: string, errorCode: ErrorCode): JoinAnswer {
  return {
    errorCode,
    generationId: -1,
    protocolType: null,
    protocolName: null,
    leader: '',
    skipAssignment: false,
    memberId,
    members: [],
  }
}

export function syncFailed(errorCode: ErrorCode): SyncAnswer {
  return { errorCode, protocolType: null, protocolName: null, assignment: NO_BYTES }
}

export function metadataOf(member: ClassicMember, protocolName: string | null): Buffer {
  return member.protocols.find(({ name }) => name === protocolName)?.metadata ?? NO_BYTES
}

/** Whether the member offers exactly these protocols, in this order. */
export function offersSame(member: ClassicMember, protocols: readonly MemberProtocol[]): boolean {
  if (member.protocols.length !== protocols.length) return false
  return member.protocols.every(({ name, metadata }, i) => {
    const other = protocols[i]!
    return other.name === name && metadata.equals(other.metadata)
  })
}
