import t from 'tap'
import { type ChangeRequest, changePartition } from '../../src/controller/partition-change.ts'
import { DIRECTORY } from '../../src/metadata/directory-id.ts'
import type { PartitionImage } from '../../src/metadata/image.ts'

const TOPIC_ID = 'TTTTTTTTTTTTTTTTTTTTTQ'

const partitionOf = (change: Partial<PartitionImage> = {}): PartitionImage => ({
  index: 0,
  replicas: [1, 2, 3],
  directories: [DIRECTORY.UNASSIGNED, DIRECTORY.UNASSIGNED, DIRECTORY.UNASSIGNED],
  isr: [1, 2, 3],
  elr: [],
  lastKnownElr: [],
  adding: [],
  removing: [],
  leader: 1,
  leaderEpoch: 5,
  partitionEpoch: 9,
  leaderRecoveryState: 0,
  ...change,
})

/** What the record says; undefined where there is none. */
function change(partition: Partial<PartitionImage>, live: number[], request: Partial<ChangeRequest> = {}) {
  const record = changePartition({
    topicId: TOPIC_ID,
    partition: partitionOf(partition),
    level: 30,
    elrEnabled: true,
    minIsr: 2,
    isAcceptable: (id) => live.includes(id),
    ...request,
  })
  if (record === undefined) return undefined
  const { partitionId, topicId, ...value } = record.value as unknown as Record<string, unknown>
  t.strictSame([partitionId, topicId], [0, TOPIC_ID])
  const unchanged = { leader: -2, leaderRecoveryState: -1 } as Record<string, unknown>
  return Object.fromEntries(Object.entries(value).filter(([key, said]) => said !== null && said !== unchanged[key]))
}

t.test('nothing wanted, nothing written', async (t) => {
  t.equal(change({}, [1, 2, 3]), undefined)
})

t.test('B60: the present leader stays, else the first valid replica in order', async (t) => {
  t.strictSame(change({}, [1, 2], { isr: [1, 2] }), { isr: [1, 2] }, 'no leader, so no leader epoch (B63)')
  t.strictSame(change({}, [2, 3], { isr: [2, 3] }), { isr: [2, 3], leader: 2 })
  t.strictSame(change({ leader: 3 }, [1, 2, 3], { election: 'PREFERRED' }), { leader: 1 })
  t.equal(change({ leader: 3 }, [2, 3], { election: 'PREFERRED' }), undefined)
})

t.test('N-C10: who falls out below min.insync.replicas stays eligible', async (t) => {
  t.strictSame(change({ isr: [1, 2] }, [1], { isr: [1] }), { isr: [1], eligibleLeaderReplicas: [2] })
  t.strictSame(change({ isr: [1], elr: [2] }, [1, 3], { isr: [1, 3] }), { isr: [1, 3], eligibleLeaderReplicas: [] })
})

t.test('N-C10, N-C14, N-C16: the last one goes: ISR empty, leader remembered', async (t) => {
  t.strictSame(change({ isr: [1], elr: [2] }, [], { isr: [] }), {
    isr: [],
    leader: -1,
    eligibleLeaderReplicas: [2, 1],
    lastKnownElr: [1],
  })
})

t.test('N-C11, N-C12: elected from the ELR, the rest of it kept', async (t) => {
  const alone = { isr: [], elr: [2, 1], lastKnownElr: [1], leader: -1 }
  t.strictSame(change(alone, [2]), { isr: [2], leader: 2, eligibleLeaderReplicas: [1], lastKnownElr: [] })
  t.equal(change(alone, [3]), undefined, 'not in the ELR')
})

t.test('N-C13: the last known leader, uncleanly, only when alone and alive', async (t) => {
  const lost = { isr: [], elr: [], lastKnownElr: [1], leader: -1 }
  t.strictSame(change(lost, [1]), { isr: [1], leader: 1, leaderRecoveryState: 1, lastKnownElr: [] })
  t.equal(change(lost, [2, 3]), undefined)
  t.equal(change({ ...lost, lastKnownElr: [] }, [1, 2, 3]), undefined)
})

t.test('B61, N-C15: unclean election clears the ELR and asks for recovery', async (t) => {
  const lost = { isr: [], elr: [1], lastKnownElr: [1], leader: -1 }
  t.strictSame(change(lost, [3], { election: 'UNCLEAN' }), {
    isr: [3],
    leader: 3,
    leaderRecoveryState: 1,
    eligibleLeaderReplicas: [],
    lastKnownElr: [],
  })
  t.match(change(lost, [1, 3], { election: 'UNCLEAN' }), { leader: 1, leaderRecoveryState: undefined })
})

t.test('N-C10: whoever lost data is not eligible', async (t) => {
  t.strictSame(change({ isr: [1], elr: [2] }, [], { isr: [], uncleanlyStopped: [1] }), {
    isr: [],
    leader: -1,
    lastKnownElr: [1],
  })
})

t.test('B62: without ELR', async (t) => {
  const request = { elrEnabled: false }
  t.strictSame(change({ isr: [1] }, [], { ...request, isr: [] }), { leader: -1 })
  t.strictSame(change({ isr: [1], leader: -1 }, [1], request), { leader: 1 })
  t.equal(change({ isr: [1], leader: -1 }, [2, 3], request), undefined)
  const stale = { elr: [2], lastKnownElr: [1] }
  t.strictSame(change({ isr: [1, 3], ...stale }, [1], { ...request, isr: [1] }), {
    isr: [1],
    eligibleLeaderReplicas: [],
    lastKnownElr: [],
  })
})

t.test('B63: an ISR shrinks within its epoch, but not for brokers of before 3.6', async (t) => {
  t.strictSame(change({}, [1, 2], { isr: [1, 2], level: 12 }), { isr: [1, 2] })
  t.strictSame(change({}, [1, 2], { isr: [1, 2], level: 11 }), { isr: [1, 2], leader: 1 })
  t.strictSame(change({ isr: [1, 2] }, [1, 2, 3], { isr: [1, 2, 3], level: 11 }), { isr: [1, 2, 3] }, 'it may grow')
  t.strictSame(change({ isr: [1] }, [], { isr: [], level: 11, elrEnabled: false }), { leader: -1 })
})

t.test('B49, B63: levels below 17 name no directories', async (t) => {
  const more = { replicas: [1, 2, 3, 4], adding: [4], directoryFor: () => 'DDDDDDDDDDDDDDDDDDDDDQ' }
  t.strictSame(change({}, [1, 2, 3], { ...more, level: 16 }), { replicas: [1, 2, 3, 4], addingReplicas: [4] })
  t.match(change({}, [1, 2, 3], { ...more, level: 17 }), {
    directories: [DIRECTORY.UNASSIGNED, DIRECTORY.UNASSIGNED, DIRECTORY.UNASSIGNED, 'DDDDDDDDDDDDDDDDDDDDDQ'],
  })
})

t.test('N-C13: a last known leader that holds no replica any more is not elected', async (t) => {
  t.equal(change({ isr: [], elr: [], lastKnownElr: [4], leader: -1 }, [4]), undefined)
})
