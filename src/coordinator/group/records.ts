/** Value of a GroupMetadata record (facts E7, E8). */
export interface StoredGroup {
  /** '' if none. */
  readonly protocolType: string
  readonly generation: number
  readonly protocol: string | null
  readonly leader: string | null
  /** Wall clock in ms; -1 if unknown. */
  readonly currentStateTimestamp: number
  readonly members: readonly {
    readonly memberId: string
    readonly groupInstanceId: string | null
    readonly clientId: string
    readonly clientHost: string
    /** In ms; -1 if unknown. */
    readonly rebalanceTimeout: number
    readonly sessionTimeout: number
    readonly subscription: Buffer
    readonly assignment: Buffer
  }[]
}

/** Value of an OffsetCommit record (facts E6, N-E29). */
export interface StoredOffset {
  readonly offset: number
  /** -1 if unknown. */
  readonly leaderEpoch: number
  readonly metadata: string
  /** Wall clock in ms. */
  readonly commitTimestamp: number
  /** Wall clock in ms; -1: the group's retention decides. */
  readonly expireTimestamp: number
  /** ZERO_UUID if it was committed by name. */
  readonly topicId: string
}

export interface GroupMetadataRecord {
  readonly type: 'group'
  readonly groupId: string
  readonly value: StoredGroup | null
}

export interface OffsetRecord {
  readonly type: 'offset'
  readonly groupId: string
  readonly topic: string
  readonly partition: number
  readonly value: StoredOffset | null
}

/** A group of a kind that is not served here exists, or no longer does. Read only, never written. */
export interface ForeignGroupRecord {
  readonly type: 'foreign'
  readonly groupId: string
  readonly kind: ForeignKind
  readonly exists: boolean
}

export type ForeignKind = 'consumer' | 'share' | 'streams'
export type GroupRecord = GroupMetadataRecord | OffsetRecord | ForeignGroupRecord
