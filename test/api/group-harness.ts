import { errorName } from '../../protocol/errors.ts'
import { KEY, type TestBroker, type Wire } from './harness.ts'

/** Asks for the coordinator of a group, which creates where groups are kept. */
export async function coordinator(broker: TestBroker, groupId: string): Promise<void> {
  const { coordinators } = await broker.send(KEY.FIND_COORDINATOR, 4, { coordinatorKeys: [groupId] })
  const { errorCode } = coordinators[0]!
  if (errorCode !== 0) throw new Error(`the coordinator of ${groupId}: ${errorName(errorCode)}`)
}

export const JOIN = {
  sessionTimeoutMs: 60_000,
  rebalanceTimeoutMs: 60_000,
  memberId: '',
  protocolType: 'consumer',
  protocols: [{ name: 'range', metadata: Buffer.from('subscription') }],
}

export interface Member {
  memberId: string
  generationId: number
}

/** The only member of a group, with its assignment: the group is stable. */
export async function joined(broker: TestBroker, groupId: string, wire: Wire = broker.wire): Promise<Member> {
  await coordinator(broker, groupId)
  const first = await wire.send(KEY.JOIN_GROUP, 5, { ...JOIN, groupId })
  const answer = await wire.send(KEY.JOIN_GROUP, 5, { ...JOIN, groupId, memberId: first.memberId })
  if (answer.errorCode !== 0) throw new Error(`joining ${groupId}: ${errorName(answer.errorCode)}`)
  const { memberId, generationId } = answer
  const synced = await wire.send(KEY.SYNC_GROUP, 3, {
    groupId,
    generationId,
    memberId,
    assignments: [{ memberId, assignment: Buffer.from('all') }],
  })
  if (synced.errorCode !== 0) throw new Error(`syncing ${groupId}: ${errorName(synced.errorCode)}`)
  return { memberId, generationId }
}
