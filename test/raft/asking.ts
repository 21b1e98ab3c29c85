import { ZERO_UUID } from '../../protocol/wire/uuid.ts'
import { CLUSTER_ID, directoryId, type TestNode, VERSIONS, voter } from './cluster.ts'
import type { Simulation } from './simulation.ts'

export type Body = Record<string, unknown>

/** The answer of a node. It must come at once, or within the time given; undefined if it has not come at once. */
export function ask(sim: Simulation, node: TestNode, apiKey: number, body: object, withinMs = 0): Body {
  return askVersion(sim, node, apiKey, VERSIONS[apiKey]!, body, withinMs)
}

export function askVersion(
  sim: Simulation,
  node: TestNode,
  apiKey: number,
  version: number,
  body: object,
  withinMs = 0,
): Body {
  let answer: unknown
  node.receive({ apiKey, version, body: { clusterId: CLUSTER_ID, ...body } } as never, (response) => {
    answer = response
  })
  if (withinMs > 0) sim.until('an answer', () => answer !== undefined, withinMs)
  return answer as Body
}

/** The only partition of an answer. */
export function partitionOf(answer: Body): Body {
  const topics = (answer.topics ?? answer.responses) as { partitions: Body[] }[]
  return topics[0]!.partitions[0]!
}

/** About the metadata log, in the form of the APIs that name it. */
export const inTopic = (partition: object, topicName = '__cluster_metadata') => ({
  topics: [{ topicName, partitions: [{ partitionIndex: 0, ...partition }] }],
})

export interface Vote {
  readonly id: number
  readonly epoch: number
  readonly last: { readonly epoch: number; readonly offset: number }
  readonly preVote?: boolean
  readonly voter?: { readonly id: number; readonly directoryId: string }
}

export const vote = ({ id, epoch, last, preVote = false, voter: addressed }: Vote) => ({
  voterId: addressed?.id ?? -1,
  ...inTopic({
    replicaEpoch: epoch,
    replicaId: id,
    replicaDirectoryId: directoryId(id),
    voterDirectoryId: addressed?.directoryId ?? ZERO_UUID,
    lastOffsetEpoch: last.epoch,
    lastOffset: last.offset,
    preVote,
  }),
})

export const begin = (leaderId: number, leaderEpoch: number, more: object = {}) => ({
  voterId: -1,
  ...inTopic({ voterDirectoryId: ZERO_UUID, leaderId, leaderEpoch }),
  leaderEndpoints: voter(leaderId).endpoints,
  ...more,
})

export const end = (leaderId: number, leaderEpoch: number, candidates: readonly number[]) => ({
  ...inTopic({
    leaderId,
    leaderEpoch,
    preferredSuccessors: [],
    preferredCandidates: candidates.map((id) => ({ candidateId: id, candidateDirectoryId: directoryId(id) })),
  }),
  leaderEndpoints: voter(leaderId).endpoints,
})

export interface Position {
  readonly id?: number
  readonly directory?: string
  readonly epoch: number
  readonly offset: number
  readonly lastEpoch: number
  readonly maxWaitMs?: number
  readonly highWatermark?: bigint
}

export const fetch = (position: Position) => ({
  replicaId: -1,
  replicaState: { replicaId: position.id ?? 9, replicaEpoch: -1n },
  maxWaitMs: position.maxWaitMs ?? 0,
  minBytes: 0,
  maxBytes: 1048576,
  topics: [
    {
      topic: '',
      topicId: 'AAAAAAAAAAAAAAAAAAAAAQ',
      partitions: [
        {
          partition: 0,
          currentLeaderEpoch: position.epoch,
          fetchOffset: position.offset,
          lastFetchedEpoch: position.lastEpoch,
          replicaDirectoryId: position.directory ?? directoryId(position.id ?? 9),
          highWatermark: position.highWatermark ?? 9223372036854775807n,
        },
      ],
    },
  ],
})

export const fetchSnapshot = (leaderEpoch: number, id: { offset: number; epoch: number }, position: number) => ({
  replicaId: 9,
  maxBytes: 10,
  topics: [
    {
      name: '__cluster_metadata',
      partitions: [
        {
          partition: 0,
          currentLeaderEpoch: leaderEpoch,
          snapshotId: { endOffset: id.offset, epoch: id.epoch },
          position,
          replicaDirectoryId: directoryId(9),
        },
      ],
    },
  ],
})

export const addition = (id: number, directory = directoryId(id)) => ({
  timeoutMs: 0,
  voterId: id,
  voterDirectoryId: directory,
  listeners: voter(id).endpoints,
  ackWhenCommitted: true,
})

export const removal = (id: number, directory = directoryId(id)) => ({ voterId: id, voterDirectoryId: directory })

export const update = (id: number, currentLeaderEpoch: number, port = id) => ({
  currentLeaderEpoch,
  voterId: id,
  voterDirectoryId: directoryId(id),
  listeners: [{ name: 'CONTROLLER', host: 'node', port }],
  kRaftVersionFeature: { minSupportedVersion: 0, maxSupportedVersion: 1 },
})
