import type { Clock } from '../base/time.ts'
import type { ReplicaConfig } from './context.ts'
import type { Partition } from './partition.ts'
import { FollowerQuota, LeaderQuota } from './replication-quota.ts'

/** Record bytes between brokers, counted (E19 of the replication facts) and kept within their quotas. */
export class ReplicationTraffic {
  /** ReplicationBytesInPerSec, ReplicationBytesOutPerSec. */
  bytesIn = 0
  bytesOut = 0
  /** ReassignmentBytesInPerSec, ReassignmentBytesOutPerSec: of these, for replicas that a reassignment adds. */
  reassignmentBytesIn = 0
  reassignmentBytesOut = 0
  readonly leaderQuota: LeaderQuota
  readonly followerQuota: FollowerQuota
  readonly #brokerId: number

  constructor(options: { brokerId: number; clock: Clock; config: ReplicaConfig }) {
    this.#brokerId = options.brokerId
    this.leaderQuota = new LeaderQuota(options)
    this.followerQuota = new FollowerQuota(options)
  }

  /** Appended here, as a follower. */
  received(partition: Partition, bytes: number): void {
    this.bytesIn += bytes
    if (partition.adding.includes(this.#brokerId)) this.reassignmentBytesIn += bytes
    this.followerQuota.record(partition, bytes)
  }

  /** Given to a follower. */
  sent(partition: Partition, replicaId: number, bytes: number): void {
    this.bytesOut += bytes
    if (partition.adding.includes(replicaId)) this.reassignmentBytesOut += bytes
    this.leaderQuota.record(partition, bytes)
  }
}
