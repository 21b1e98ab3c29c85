import type { DescribeGroupsRequest, DescribeGroupsResponse } from '../../../../protocol/api/15-describe-groups.ts'
import type { ListGroupsRequest, ListGroupsResponse } from '../../../../protocol/api/16-list-groups.ts'
import type { DeleteGroupsRequest, DeleteGroupsResponse } from '../../../../protocol/api/42-delete-groups.ts'
import { ErrorCode } from '../../../../protocol/errors.ts'
import { storageErrorToResponse } from '../classic/environment.ts'
import type { ClassicGroup } from '../classic/group.ts'
import { metadataOf, NO_BYTES } from '../classic/member.ts'
import type { GroupShard } from '../group-shard.ts'
import { deleteGroup } from '../offsets/removal.ts'
import type { GroupRequestContext } from '../ports.ts'
import type { RequestDeps } from './deps.ts'

type DescribedGroup = (typeof DescribeGroupsResponse.Input)['groups'][number]
type ListedGroup = (typeof ListGroupsResponse.Input)['groups'][number]

/** Facts E50, N-E23. */
export async function describeGroups(
  { runtime, partitionFor }: RequestDeps,
  request: DescribeGroupsRequest,
  { apiVersion }: GroupRequestContext,
): Promise<typeof DescribeGroupsResponse.Input> {
  const groups = request.groups.map((groupId) =>
    runtime.read<DescribedGroup>(
      partitionFor(groupId),
      (shard) => describe(shard, groupId, apiVersion >= 6),
      (errorCode) => ({ errorCode, groupId, groupState: '', protocolType: '', protocolData: '', members: [] }),
    ),
  )
  return { groups }
}

function describe(shard: GroupShard, groupId: string, knowsNotFound: boolean): DescribedGroup {
  const described = { errorCode: ErrorCode.NONE, groupId, protocolType: '', protocolData: '', members: [] }
  const group = shard.committedClassic(groupId)
  if (group) return { ...described, ...describeClassic(group) }
  if (shard.isCommittedSimple(groupId)) return { ...described, groupState: 'Empty' }
  const dead = { ...described, groupState: 'Dead' }
  if (!knowsNotFound) return dead
  const kind = shard.foreignKind(groupId)
  const errorMessage = kind ? `Group ${groupId} is not a classic group.` : `Group ${groupId} not found.`
  return { ...dead, errorCode: ErrorCode.GROUP_ID_NOT_FOUND, errorMessage }
}

/** What members said and got shows while it is settled. */
function describeClassic(group: ClassicGroup) {
  const isStable = group.state === 'Stable'
  return {
    groupState: group.state,
    protocolType: group.protocolType ?? '',
    protocolData: isStable ? (group.protocolName ?? '') : '',
    members: [...group.members.values()].map((member) => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      memberMetadata: isStable ? metadataOf(member, group.protocolName) : NO_BYTES,
      memberAssignment: isStable ? member.assignment : NO_BYTES,
    })),
  }
}

/** Facts E51, E52: groups of all partitions that are led here; a partition that still loads hides its own. */
export async function listGroups(
  { runtime }: RequestDeps,
  request: ListGroupsRequest,
): Promise<typeof ListGroupsResponse.Input> {
  const states = new Set(request.statesFilter.map((state) => state.toLowerCase()))
  const types = new Set(request.typesFilter.map((type) => type.toLowerCase()))
  const groups: ListedGroup[] = []
  for (const { partition, availability } of runtime.shards()) {
    if (availability !== ErrorCode.NONE) return { errorCode: availability, groups: [] }
    const listed = runtime.read<ListedGroup[]>(partition, list, () => [])
    for (const group of listed) {
      const hasState = states.size === 0 || states.has(group.groupState!.toLowerCase())
      const hasType = types.size === 0 || types.has(group.groupType!.toLowerCase())
      if (hasState && hasType) groups.push(group)
    }
  }
  return { errorCode: ErrorCode.NONE, groups }
}

function list(shard: GroupShard): ListedGroup[] {
  const listed: ListedGroup[] = []
  for (const groupId of shard.groupIds()) {
    const group = shard.committedClassic(groupId)
    if (group) {
      const { state: groupState, protocolType } = group
      listed.push({ groupId, protocolType: protocolType ?? '', groupState, groupType: 'classic' })
    } else if (shard.isCommittedSimple(groupId)) {
      listed.push({ groupId, protocolType: '', groupState: 'Empty', groupType: 'classic' })
    }
  }
  return listed
}

/** Fact E53: each group is its own matter. */
export async function deleteGroups(
  { runtime, partitionFor }: RequestDeps,
  request: DeleteGroupsRequest,
): Promise<typeof DeleteGroupsResponse.Input> {
  const results = request.groupsNames.map(async (groupId) => ({
    groupId,
    errorCode: await runtime.write<ErrorCode>(
      partitionFor(groupId),
      (shard) => deleteGroup(shard, groupId),
      storageErrorToResponse,
    ),
  }))
  return { throttleTimeMs: 0, results: await Promise.all(results) }
}
