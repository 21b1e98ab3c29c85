import type { MetadataRecord } from '../../protocol/metadata/index.ts'
import { DIRECTORY } from '../metadata/directory-id.ts'
import { METADATA_VERSION, recordVersions } from '../metadata/features.ts'
import { LEADER_RECOVERY, NO_LEADER, type PartitionImage } from '../metadata/image.ts'
import { record } from '../metadata/record.ts'
import { LEADER_UNCHANGED } from '../metadata/topics-delta.ts'

/** Who may be chosen where the present leader is not valid any more, or not wanted. */
export type Election =
  /** The present leader if valid, else the first valid replica. */
  | 'ONLINE'
  /** The first replica if valid, before the present leader. */
  | 'PREFERRED'
  /** As ONLINE; in need any live replica, at the price of lost records. */
  | 'UNCLEAN'

export interface ChangeRequest {
  readonly topicId: string
  readonly partition: PartitionImage
  /** Level of metadata.version. */
  readonly level: number
  /** eligible.leader.replicas.version is 1: the ISR may become empty (KIP-966). */
  readonly elrEnabled: boolean
  /** min.insync.replicas of the topic, at most its replication factor (fact N-C9). */
  readonly minIsr: number
  /** Whether a replica's broker is live and its directory online. */
  readonly isAcceptable: (brokerId: number) => boolean
  readonly election?: Election
  /** Wanted; the present one if left out. */
  readonly isr?: readonly number[]
  /** Wanted, with those that a reassignment removes at the end; the present ones if left out, like the next two. */
  readonly replicas?: readonly number[]
  readonly adding?: readonly number[]
  readonly removing?: readonly number[]
  /** Directory of each replica that there is now; the present ones if left out. */
  readonly directories?: readonly string[]
  /** Where a new replica goes; left out where none is added. */
  readonly directoryFor?: (brokerId: number) => string
  /** Replicas that stopped without writing everything down: they may lack committed records. */
  readonly uncleanlyStopped?: readonly number[]
  readonly leaderRecoveryState?: number
}

interface Elected {
  readonly leader: number
  readonly unclean: boolean
}

/**
 * The record that brings a partition to the wanted ISR and a leader that suits it, or undefined where nothing changes
 * (facts B59 to B63, N-C9 to N-C16). Every change of a partition goes through here.
 */
export function changePartition(request: ChangeRequest): MetadataRecord | undefined {
  const { partition, elrEnabled, level } = request
  const wanted = new Wanted(request)
  const { leader, unclean } = wanted.elect()
  if (leader !== partition.leader && leader !== NO_LEADER) wanted.settleOn(leader, unclean)
  if (!elrEnabled || unclean) wanted.elr = []
  if (wanted.isr.length === 0 && !elrEnabled) wanted.keepLastMember()
  const change = {
    isr: same(wanted.isr, partition.isr) ? null : wanted.isr,
    leader: leader !== partition.leader || beginsEpoch(request, wanted) ? leader : LEADER_UNCHANGED,
    leaderRecoveryState: wanted.recovery === partition.leaderRecoveryState ? -1 : wanted.recovery,
    eligibleLeaderReplicas: same(wanted.elr, partition.elr) ? null : wanted.elr,
    lastKnownElr: lastKnownAfter(request, leader),
    addingReplicas: same(wanted.adding, partition.adding) ? null : wanted.adding,
    removingReplicas: same(wanted.removing, partition.removing) ? null : wanted.removing,
    replicas: same(wanted.replicas, partition.replicas) ? null : wanted.replicas,
    directories: wanted.directories(),
  }
  if (changesNothing(change)) return undefined
  return record('PartitionChangeRecord', recordVersions.partition(level), {
    partitionId: partition.index,
    topicId: request.topicId,
    ...change,
  })
}

/**
 * Fact B63: a replica that leaves must not be taken for one that still fetches in this epoch. Brokers of old levels do
 * not shrink an ISR within an epoch either.
 */
function beginsEpoch({ partition, level }: ChangeRequest, { replicas, isr }: Wanted): boolean {
  if (partition.replicas.some((id) => !replicas.includes(id))) return true
  return level < METADATA_VERSION.SHRINK_WITHIN_EPOCH && partition.isr.some((id) => !isr.includes(id))
}

/** Lists that are null, no leader named, the recovery state kept. */
function changesNothing({ leader, leaderRecoveryState, ...lists }: Record<string, unknown>): boolean {
  if (leader !== LEADER_UNCHANGED || leaderRecoveryState !== -1) return false
  return Object.values(lists).every((list) => list === null)
}

class Wanted {
  isr: readonly number[]
  elr: readonly number[]
  recovery: number
  replicas: readonly number[]
  adding: readonly number[]
  removing: readonly number[]
  readonly #request: ChangeRequest

  constructor(request: ChangeRequest) {
    const { partition } = request
    this.#request = request
    this.isr = request.isr ?? partition.isr
    this.replicas = request.replicas ?? partition.replicas
    this.adding = request.adding ?? partition.adding
    this.removing = request.removing ?? partition.removing
    this.#maybeCompleteReassignment()
    this.elr = elrFor(request, this.isr, this.replicas)
    this.recovery = request.leaderRecoveryState ?? partition.leaderRecoveryState
  }

  /** Once every replica that stays is in sync, those that are to go go (fact B77). */
  #maybeCompleteReassignment(): boolean {
    if (this.adding.length === 0 && this.removing.length === 0) return false
    const staying = this.replicas.filter((id) => !this.removing.includes(id))
    const inSync = this.isr.filter((id) => !this.removing.includes(id))
    if (inSync.length === 0 || !staying.every((id) => inSync.includes(id))) return false
    this.replicas = staying
    this.isr = inSync
    this.adding = []
    this.removing = []
    return true
  }

  /** One for each replica; null where none changes, and for levels that do not know of directories. */
  directories(): readonly string[] | null {
    const { partition, level, directories: now = partition.directories, directoryFor } = this.#request
    if (level < METADATA_VERSION.DIRECTORIES) return null
    const wanted = this.replicas.map(
      (id) => now[partition.replicas.indexOf(id)] ?? directoryFor?.(id) ?? DIRECTORY.UNASSIGNED,
    )
    return same(wanted, partition.directories) ? null : wanted
  }

  elect(): Elected {
    const { partition, election = 'ONLINE', isAcceptable } = this.#request
    const { leader } = partition
    const { replicas } = this
    const order = election === 'PREFERRED' ? [replicas[0]!, leader, ...replicas] : [leader, ...replicas]
    const valid = order.find((id) => this.#isValid(id))
    if (valid !== undefined) return { leader: valid, unclean: false }
    if (this.#mayElectLastKnown()) return { leader: partition.lastKnownElr[0]!, unclean: true }
    const live = election === 'UNCLEAN' ? replicas.find((id) => isAcceptable(id)) : undefined
    return live === undefined ? { leader: NO_LEADER, unclean: false } : { leader: live, unclean: true }
  }

  /** What choosing `leader` means for the rest. */
  settleOn(leader: number, unclean: boolean): void {
    if (unclean) {
      this.isr = [leader]
      this.recovery = LEADER_RECOVERY.RECOVERING
    } else if (this.elr.includes(leader)) {
      this.isr = [leader]
      // The others stay eligible: they hold every committed record too.
      this.elr = this.elr.filter((id) => id !== leader)
    }
    // If the new ISR of one is all that a reassignment was waiting for, nobody else has to be eligible.
    if (this.#maybeCompleteReassignment()) this.elr = []
  }

  /**
   * Without ELR an ISR is never empty: only the return of its last member, or an unclean election, brings a leader
   * (fact B62). A reassignment that is called off may leave nobody of it; then the first replica stands for it.
   */
  keepLastMember(): void {
    const kept = this.#request.partition.isr.filter((id) => this.replicas.includes(id))
    this.isr = kept.length > 0 ? kept : this.replicas.slice(0, 1)
  }

  /** In the ISR or, if that is empty, in the ELR; and live. */
  #isValid(id: number): boolean {
    if (id === NO_LEADER || !this.replicas.includes(id) || !this.#request.isAcceptable(id)) return false
    return this.isr.includes(id) || (this.#request.elrEnabled && this.isr.length === 0 && this.elr.includes(id))
  }

  /** Fact N-C13: nobody in ISR and ELR, but the last leader is known and back. */
  #mayElectLastKnown(): boolean {
    const { elrEnabled, partition, isAcceptable } = this.#request
    if (!elrEnabled || this.isr.length > 0 || this.elr.length > 0) return false
    const [last, ...others] = partition.lastKnownElr
    return last !== undefined && others.length === 0 && this.replicas.includes(last) && isAcceptable(last)
  }
}

/** Facts N-C9, N-C10: empty once enough are in sync, else everyone who was in sync and is no more. */
function elrFor(request: ChangeRequest, isr: readonly number[], replicas: readonly number[]): readonly number[] {
  const { partition, elrEnabled, minIsr, uncleanlyStopped = [] } = request
  if (!elrEnabled) return partition.elr
  if (isr.length >= Math.min(minIsr, replicas.length)) return []
  const candidates = [...new Set([...partition.elr, ...partition.isr])].filter((id) => replicas.includes(id))
  return candidates.filter((id) => !isr.includes(id) && !uncleanlyStopped.includes(id))
}

/** Fact N-C14: remembers who led when the partition loses its leader, and forgets when there is one. */
function lastKnownAfter({ partition, elrEnabled }: ChangeRequest, leader: number): number[] | null {
  const { lastKnownElr } = partition
  if (!elrEnabled) return lastKnownElr.length > 0 ? [] : null
  if (leader !== NO_LEADER) return lastKnownElr.length > 0 ? [] : null
  const loses = partition.leader !== NO_LEADER
  return loses && lastKnownElr.length === 0 ? [partition.leader] : null
}

const same = <T>(one: readonly T[], other: readonly T[]): boolean =>
  one.length === other.length && one.every((id, i) => id === other[i])
