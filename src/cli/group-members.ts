import { ConsumerProtocolAssignment } from '../../protocol/group/consumer-protocol-assignment.ts'
import { Reader } from '../../protocol/wire/reader.ts'

interface Member {
  memberId: string
  clientId: string
  clientHost: string
  memberAssignment: Buffer
}

/** Who owns which partition, by `topic-partition`, as far as the members' assignments can be read. */
export function membersByPartition<M extends Member>(members: readonly M[]): Map<string, M> {
  const owners = new Map<string, M>()
  for (const member of members) {
    for (const { topic, partitions } of assignedPartitions(member.memberAssignment)) {
      for (const partition of partitions) owners.set(`${topic}-${partition}`, member)
    }
  }
  return owners
}

/** An assignment is the members' own business: one in another form than the consumer protocol's is passed over. */
function assignedPartitions(assignment: Buffer): { topic: string; partitions: number[] }[] {
  if (assignment.length < 2) return []
  try {
    return ConsumerProtocolAssignment.decode(new Reader(assignment, 2), 0).assignedPartitions
  } catch {
    return []
  }
}
