import type { JoinGroupRequest, JoinGroupResponse } from '../../../../protocol/api/11-join-group.ts'
import type { HeartbeatRequest, HeartbeatResponse } from '../../../../protocol/api/12-heartbeat.ts'
import type { LeaveGroupRequest, LeaveGroupResponse } from '../../../../protocol/api/13-leave-group.ts'
import type { SyncGroupRequest, SyncGroupResponse } from '../../../../protocol/api/14-sync-group.ts'
import { ErrorCode } from '../../../../protocol/errors.ts'
import { type Decision, NOTHING, storageErrorToResponse } from '../classic/environment.ts'
import { heartbeat as heartbeatOf } from '../classic/heartbeat.ts'
import { type JoinCommand, join } from '../classic/join.ts'
import { type LeavingMember, leave } from '../classic/leave.ts'
import { type JoinAnswer, joinFailed, type Reply, type SyncAnswer, syncFailed } from '../classic/member.ts'
import { newGroupRecord } from '../classic/stored.ts'
import { sync } from '../classic/sync.ts'
import type { GroupShard } from '../group-shard.ts'
import type { GroupRequestContext } from '../ports.ts'
import type { RequestDeps } from './deps.ts'

/** Keeps bytes of a request without keeping the whole frame they came in. */
const keep = (bytes: Buffer): Buffer => Buffer.from(bytes)

export async function joinGroup(
  { config, runtime, partitionFor }: RequestDeps,
  request: JoinGroupRequest,
  context: GroupRequestContext,
): Promise<typeof JoinGroupResponse.Input> {
  const { groupId, memberId, sessionTimeoutMs } = request
  const minMs = config['group.min.session.timeout.ms']
  const maxMs = config['group.max.session.timeout.ms']
  const answer = await new Promise<JoinAnswer>((reply) => {
    if (groupId === '') return reply(joinFailed(memberId, ErrorCode.INVALID_GROUP_ID))
    if (sessionTimeoutMs < minMs || sessionTimeoutMs > maxMs) {
      return reply(joinFailed(memberId, ErrorCode.INVALID_SESSION_TIMEOUT))
    }
    const command = joinCommand(request, context)
    void runtime.write(
      partitionFor(groupId),
      (shard) => joinOrCreate(shard, groupId, command, reply),
      (code) => reply(joinFailed(memberId, storageErrorToResponse(code))),
    )
  })
  const knowsNull = context.apiVersion >= 7
  return {
    ...answer,
    protocolName: answer.protocolName ?? (knowsNull ? null : ''),
    members: [...answer.members],
  }
}

function joinCommand(request: JoinGroupRequest, context: GroupRequestContext): JoinCommand {
  const { apiVersion, clientId, clientHost } = context
  const { sessionTimeoutMs, rebalanceTimeoutMs } = request
  return {
    memberId: request.memberId,
    groupInstanceId: request.groupInstanceId,
    clientId,
    clientHost,
    protocolType: request.protocolType,
    protocols: request.protocols.map(({ name, metadata }) => ({ name, metadata: keep(metadata) })),
    sessionTimeoutMs,
    rebalanceTimeoutMs: apiVersion >= 1 ? rebalanceTimeoutMs : sessionTimeoutMs,
    requireKnownMemberId: apiVersion >= 4 && request.memberId === '' && request.groupInstanceId === null,
    canSkipAssignment: apiVersion >= 9,
  }
}

/** A group comes into being by the first join without a member id, and is written at once (fact E9). */
function joinOrCreate(shard: GroupShard, groupId: string, command: JoinCommand, reply: Reply<JoinAnswer>): Decision {
  if (shard.foreignKind(groupId)) {
    reply(joinFailed(command.memberId, ErrorCode.INCONSISTENT_GROUP_PROTOCOL))
    return NOTHING
  }
  const known = shard.classic(groupId)
  if (known) return join(shard.env, known, command, reply)
  if (command.memberId !== '') {
    reply(joinFailed(command.memberId, ErrorCode.UNKNOWN_MEMBER_ID))
    return NOTHING
  }
  const isNew = !shard.isSimple(groupId)
  const group = shard.createClassic(groupId)
  if (!isNew) return join(shard.env, group, command, reply)
  // The member id is worth nothing before the group is in the log.
  let early: JoinAnswer | undefined
  let isCommitted = false
  join(shard.env, group, command, (answer) => {
    if (isCommitted) reply(answer)
    else early = answer
  })
  return {
    records: [newGroupRecord(group)],
    response: undefined,
    settled: (code) => {
      isCommitted = true
      if (code !== ErrorCode.NONE) reply(joinFailed(command.memberId, storageErrorToResponse(code)))
      else if (early) reply(early)
      return undefined
    },
  }
}

export async function syncGroup(
  { runtime, partitionFor }: RequestDeps,
  request: SyncGroupRequest,
  { apiVersion }: GroupRequestContext,
): Promise<typeof SyncGroupResponse.Input> {
  const { groupId, memberId, groupInstanceId, generationId, protocolType, protocolName } = request
  return new Promise<SyncAnswer>((reply) => {
    if (apiVersion >= 5 && (protocolType === null || protocolName === null)) {
      return reply(syncFailed(ErrorCode.INCONSISTENT_GROUP_PROTOCOL))
    }
    if (groupId === '') return reply(syncFailed(ErrorCode.INVALID_GROUP_ID))
    const assignments = new Map(request.assignments.map((entry) => [entry.memberId, keep(entry.assignment)]))
    const command = { memberId, groupInstanceId, generationId, protocolType, protocolName, assignments }
    void runtime.write(
      partitionFor(groupId),
      (shard) => {
        const group = shard.classic(groupId)
        if (group) return sync(shard.env, group, command, reply)
        reply(syncFailed(ErrorCode.UNKNOWN_MEMBER_ID))
        return NOTHING
      },
      (code) => reply(syncFailed(storageErrorToResponse(code))),
    )
  })
}

/** While the coordinator loads, nobody knows better than the member itself: it may go on (fact E15). */
export async function heartbeat(
  { runtime, partitionFor }: RequestDeps,
  request: HeartbeatRequest,
): Promise<typeof HeartbeatResponse.Input> {
  const { groupId, memberId, groupInstanceId, generationId } = request
  if (groupId === '') return { errorCode: ErrorCode.INVALID_GROUP_ID }
  const errorCode = runtime.read(
    partitionFor(groupId),
    (shard) => {
      const group = shard.classic(groupId)
      if (!group) return ErrorCode.UNKNOWN_MEMBER_ID
      return heartbeatOf(shard.env, group, memberId, groupInstanceId, generationId)
    },
    (code) => (code === ErrorCode.COORDINATOR_LOAD_IN_PROGRESS ? ErrorCode.NONE : code),
  )
  return { errorCode }
}

/** Up to v2 there is one member and its code is the code of the request. */
export async function leaveGroup(
  { runtime, partitionFor }: RequestDeps,
  request: LeaveGroupRequest,
  { apiVersion }: GroupRequestContext,
): Promise<typeof LeaveGroupResponse.Input> {
  const { groupId } = request
  const leaving: readonly LeavingMember[] =
    apiVersion >= 3 ? request.members : [{ memberId: request.memberId, groupInstanceId: null }]
  if (groupId === '') return { errorCode: ErrorCode.INVALID_GROUP_ID, members: [] }
  const result = await runtime.write<ErrorCode | readonly ErrorCode[]>(
    partitionFor(groupId),
    (shard) => {
      const group = shard.classic(groupId)
      if (group) return leave(shard.env, group, leaving)
      return { records: [], response: leaving.map(() => ErrorCode.UNKNOWN_MEMBER_ID) }
    },
    storageErrorToResponse,
  )
  if (typeof result === 'number') return { errorCode: result, members: [] }
  if (apiVersion < 3) return { errorCode: result[0]!, members: [] }
  const members = leaving.map(({ memberId, groupInstanceId }, i) => ({
    memberId,
    groupInstanceId,
    errorCode: result[i]!,
  }))
  return { errorCode: ErrorCode.NONE, members }
}
