import type { FetchRequest, FetchResponse } from '../../protocol/api/01-fetch.ts'
import type { ListOffsetsRequest, ListOffsetsResponse } from '../../protocol/api/02-list-offsets.ts'
import type { AlterPartitionRequest, AlterPartitionResponse } from '../../protocol/api/56-alter-partition.ts'
import type { BrokerEpoch } from '../base/brand.ts'

/**
 * One connection to a leader, for one fetcher. Each call rejects where the connection breaks or no answer comes within
 * `replica.socket.timeout.ms`; the fetcher then closes the link and asks for another.
 */
export interface LeaderLink {
  /** `version` is what the cluster's metadata.version says (fact N-B7): whoever registered at that level serves it. */
  fetch(request: typeof FetchRequest.Input, version: number): Promise<FetchResponse>
  listOffsets(request: typeof ListOffsetsRequest.Input, version: number): Promise<ListOffsetsResponse>
  /** Calls under way reject. */
  close(): void
}

/** Connections to other brokers, over the listener that brokers use among themselves. */
export interface LeaderLinks {
  /** Rejects where the broker is not registered or cannot be reached. Looks its address up anew each time. */
  connect(brokerId: number): Promise<LeaderLink>
}

/** The way to the active controller, whoever that is at present. */
export interface AlterPartitionChannel {
  /** A request of v3; `alterPartitionAt` makes it fit an older controller. Rejects where nobody answers. */
  alterPartition(request: typeof AlterPartitionRequest.Input): Promise<AlterPartitionResponse>
}

/** What a broker needs to replicate with others. Without it a replica manager holds partitions of one replica. */
export interface ReplicationPorts {
  readonly links: LeaderLinks
  readonly controller: AlterPartitionChannel
  /** Of this broker's registration; -1 before it. */
  brokerEpoch(): BrokerEpoch
}

/** The first version that names the members' broker epochs (KIP-903). */
const EPOCHS_SINCE = 3

/** The request as `version` has it: below v3 members are ids alone. */
export function alterPartitionAt(
  request: typeof AlterPartitionRequest.Input,
  version: number,
): typeof AlterPartitionRequest.Input {
  if (version >= EPOCHS_SINCE) return request
  const topics = request.topics.map((topic) => ({
    ...topic,
    partitions: topic.partitions.map(({ newIsrWithEpochs = [], ...partition }) => ({
      ...partition,
      newIsr: newIsrWithEpochs.map(({ brokerId }) => brokerId),
    })),
  }))
  return { ...request, topics }
}
