import type { ErrorCode } from '../../protocol/errors.ts'
import type { ConfigOf } from '../base/config.ts'
import type { DiskError } from '../base/disk.ts'
import type { Clock } from '../base/time.ts'
import type { MetadataImage } from '../metadata/image.ts'
import type { ClientTraffic } from './client-traffic.ts'
import type { replicaConfig } from './config.ts'
import type { FetchMemory } from './fetch-memory.ts'
import type { IsrUpdates } from './isr-updates.ts'
import type { LogWriter } from './log-writer.ts'
import type { Partition } from './partition.ts'
import type { Purgatory } from './purgatory.ts'
import type { ReplicationTraffic } from './replication-traffic.ts'
import type { CurrentLeader, PartitionName } from './types.ts'

export type ReplicaConfig = ConfigOf<typeof replicaConfig>

/** What append, fetch and the look-ups share. The replica manager is it. */
export interface ReplicaContext {
  readonly config: ReplicaConfig
  readonly clock: Clock
  readonly writer: LogWriter
  /** Appends with acks=-1 that wait for the high watermark. */
  readonly produces: Purgatory<Partition>
  /** Fetches that wait for bytes. */
  readonly fetches: Purgatory<Partition>
  readonly fetchMemory: FetchMemory
  /** Deletions of records that wait for followers. */
  readonly deletions: Purgatory<Partition>
  /** Undefined where this broker replicates with nobody. */
  readonly isr: IsrUpdates | undefined
  /** What clients write and read. */
  readonly clientTraffic: ClientTraffic
  /** What goes to and comes from other brokers. */
  readonly traffic: ReplicationTraffic
  readonly image: MetadataImage
  /** The replica here, by topic id where the name has one; else why there is none (D10 of the replication facts). */
  find(name: PartitionName): Partition | ErrorCode
  /** Where a client that was refused should turn to; undefined where the partition is unknown. */
  currentLeader(name: PartitionName): CurrentLeader | undefined
  /** Offsets, leadership or existence of the partition changed: looks at what waits for it. */
  changed(partition: Partition): void
  /** A disk operation on the partition's log failed: takes its log directory offline. */
  logFailed(partition: Partition, error: DiskError): void
}
