import type { GroupRecord, StoredGroup } from '../records.ts'
import { ClassicGroup } from './group.ts'
import { type ClassicMember, metadataOf, NO_BYTES } from './member.ts'

/**
 * The record that a group is kept in (facts E7, E8, E10). `assignments` replaces those that the members have: they
 * become the members' own only when the record is committed.
 */
export function groupRecord(group: ClassicGroup, assignments?: ReadonlyMap<string, Buffer>): GroupRecord {
  const value: StoredGroup = {
    protocolType: group.protocolType ?? '',
    generation: group.generationId,
    protocol: group.protocolName,
    leader: group.leaderId,
    currentStateTimestamp: group.stateSinceMs,
    members: [...group.members.values()].map((member) => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      rebalanceTimeout: member.rebalanceTimeoutMs,
      sessionTimeout: member.sessionTimeoutMs,
      subscription: metadataOf(member, group.protocolName),
      assignment: assignments ? (assignments.get(member.memberId) ?? NO_BYTES) : member.assignment,
    })),
  }
  return { type: 'group', groupId: group.groupId, value }
}

/** The record of a group that has just been created (fact E9). */
export function newGroupRecord(group: ClassicGroup): GroupRecord {
  const value: StoredGroup = {
    protocolType: '',
    generation: 0,
    protocol: null,
    leader: null,
    currentStateTimestamp: group.stateSinceMs,
    members: [],
  }
  return { type: 'group', groupId: group.groupId, value }
}

/** A group as a new leader finds it: Stable with members, else Empty (fact E16). */
export function groupFromStored(groupId: string, value: StoredGroup): ClassicGroup {
  const group = new ClassicGroup(groupId, value.currentStateTimestamp)
  const protocolType = value.protocolType
  for (const stored of value.members) group.add(memberFromStored(stored, value.protocol), protocolType)
  group.protocolType = protocolType === '' ? null : protocolType
  group.protocolName = value.protocol
  group.generationId = value.generation
  const leaderIsThere = value.leader !== null && group.members.has(value.leader)
  group.leaderId = leaderIsThere ? value.leader : (group.members.keys().next().value ?? null)
  group.restoreState(group.members.size > 0 ? 'Stable' : 'Empty', value.currentStateTimestamp)
  group.refreshSubscriptions()
  return group
}

function memberFromStored(stored: StoredGroup['members'][number], protocol: string | null): ClassicMember {
  const { rebalanceTimeout, sessionTimeout } = stored
  return {
    memberId: stored.memberId,
    groupInstanceId: stored.groupInstanceId,
    clientId: stored.clientId,
    clientHost: stored.clientHost,
    // Version 0 of the record has no rebalance timeout.
    rebalanceTimeoutMs: rebalanceTimeout === -1 ? sessionTimeout : rebalanceTimeout,
    sessionTimeoutMs: sessionTimeout,
    protocols: protocol === null ? [] : [{ name: protocol, metadata: stored.subscription }],
    assignment: stored.assignment,
    isNew: false,
    join: undefined,
    sync: undefined,
  }
}
