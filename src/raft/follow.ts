import type { FetchRequest, FetchResponse } from '../../protocol/api/01-fetch.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import { assert } from '../base/assert.ts'
import { requestSnapshot } from './59-fetch-snapshot.ts'
import type { Core } from './core.ts'
import type { Follower } from './follower.ts'
import { truncationPoint } from './log-match.ts'
import { requestMembership } from './membership.ts'
import { endpointsIn, heedAnswer } from './news.ts'
import { METADATA_PARTITION, METADATA_TOPIC_ID } from './partition.ts'
import type { EpochEnd, Peer, SnapshotId } from './types.ts'

/** The follower's side of Fetch: one request at a time, from the leader, or from whoever may know the leader. */

type PartitionAnswer = FetchResponse['responses'][number]['partitions'][number]

/** Fact A3. */
const MAX_WAIT_MS = 500
const FIRST_BOOTSTRAP_ID = -2

/** From the leader, unless it does not answer (fact A65, N-A18); gives the time of the next try. */
export function fetchFromBestNode(core: Core, role: Follower): number {
  const leader = core.peer(role.leaderId, role.leaderEndpoints)
  if (leader === undefined || core.channel.isBackingOff(leader.id)) return fetchFromAnyone(core)
  if (!core.isLogReady || !core.channel.isIdle) return Number.POSITIVE_INFINITY
  if (requestMembership(core, role, leader)) return Number.POSITIVE_INFINITY
  if (role.download) requestSnapshot(core, leader, role.download)
  else core.channel.send(leader, 1, fetchRequest(core))
  return Number.POSITIVE_INFINITY
}

/** From a node that knows the leader, or is it; gives the time of the next try. */
export function fetchFromAnyone(core: Core): number {
  if (!core.isLogReady || !core.channel.isIdle) return Number.POSITIVE_INFINITY
  const peers = bootstrapPeers(core)
  const ready = peers.filter(({ id }) => core.channel.isReady(id))
  const to = ready[ready.length > 1 ? core.options.random.below(ready.length) : 0]
  if (to === undefined) return Math.min(Number.POSITIVE_INFINITY, ...peers.map(({ id }) => core.channel.readyAtMs(id)))
  core.channel.send(to, 1, fetchRequest(core))
  return Number.POSITIVE_INFINITY
}

/**
 * What came is damaged. For a while nobody is asked: what the leader has to say would come by its other address, too. Twice
 * as long each time, as it may be a snapshot of any size, but not so long that leader or follower give each other up.
 */
export function pauseFetches(core: Core, role: Follower): void {
  const { retryBackoffMs, fetchTimeoutMs } = core.config
  const { endOffset } = core.log
  const times = role.damage?.endOffset === endOffset ? role.damage.times + 1 : 1
  role.damage = { endOffset, times }
  const pauseMs = Math.min(retryBackoffMs * 2 ** (times - 1), fetchTimeoutMs / 2)
  core.channel.backOff(role.leaderId, pauseMs)
  for (const { id } of bootstrapPeers(core)) core.channel.backOff(id, pauseMs)
}

/** A node of the quorum has nobody at its address any more: of interest if it is the leader's, by whatever name. */
export function nobodyListens(core: Core, { host, port }: Peer): void {
  const { role } = core
  if (role.name !== 'follower') return
  const leader = core.peer(role.leaderId, role.leaderEndpoints)
  if (leader?.host === host && leader.port === port) role.leaderGone(core)
}

/** Fact A5. Where neither servers nor voters are configured, the voters of the log are all there is. */
function bootstrapPeers(core: Core): Peer[] {
  const { bootstrapServers, endpoints } = core.options
  const isOwn = ({ host, port }: { host: string; port: number }) =>
    endpoints.some((own) => own.host === host && own.port === port)
  if (bootstrapServers.length > 0) {
    const servers = bootstrapServers.map(({ host, port }, index) => ({ id: FIRST_BOOTSTRAP_ID - index, host, port }))
    return servers.filter((server) => !isOwn(server))
  }
  return core.voters.flatMap((voter) =>
    voter.id === core.local.id ? [] : (core.peer(voter.id, voter.endpoints) ?? []),
  )
}

/** Facts A61, N-A19, N-A22. */
const fetchRequest = ({ options, local, config, log, role }: Core): FetchRequest => ({
  clusterId: options.clusterId,
  replicaId: -1,
  replicaState: { replicaId: local.id, replicaEpoch: -1n },
  maxWaitMs: MAX_WAIT_MS,
  minBytes: 0,
  maxBytes: config.fetchMaxBytes,
  isolationLevel: 0,
  sessionId: 0,
  sessionEpoch: -1,
  topics: [
    {
      topic: '',
      topicId: METADATA_TOPIC_ID,
      partitions: [
        {
          partition: METADATA_PARTITION,
          currentLeaderEpoch: role.epoch,
          fetchOffset: log.endOffset,
          lastFetchedEpoch: log.lastEpoch,
          logStartOffset: -1,
          partitionMaxBytes: 0,
          replicaDirectoryId: local.directoryId,
          highWatermark: BigInt(role.highWatermark),
        },
      ],
    },
  ],
  forgottenTopicsData: [],
  rackId: '',
})

/** Gives whether the request did not fail. */
export function answerFetch(core: Core, { errorCode, responses, nodeEndpoints }: FetchResponse): boolean {
  const partition = responses[0]?.partitions[0]
  if (errorCode !== ErrorCode.NONE || partition === undefined) return false
  const { leaderId, leaderEpoch: epoch } = partition.currentLeader
  const news = { epoch, leaderId, endpoints: endpointsIn(core, nodeEndpoints, leaderId) }
  const heeded = heedAnswer(core, partition.errorCode, news)
  if (heeded === 'current' && core.role.name === 'follower') return accept(core, core.role, partition)
  return heeded === 'moved'
}

function accept(core: Core, role: Follower, { divergingEpoch, snapshotId, records, highWatermark }: PartitionAnswer) {
  if (divergingEpoch.epoch >= 0 && divergingEpoch.endOffset >= 0) truncate(core, role, divergingEpoch)
  else if (snapshotId.epoch >= 0 && snapshotId.endOffset >= 0) {
    download(core, role, { offset: snapshotId.endOffset, epoch: snapshotId.epoch })
  } else {
    if (records !== null && records.length > 0) {
      core.effects.append = { records, leaderEpoch: role.epoch }
      core.isLogPending = true
    }
    role.leaderCommitted(highWatermark, core)
  }
  role.heard(core)
  return true
}

/** Fact A63. */
function truncate(core: Core, role: Follower, end: EpochEnd): void {
  const offset = truncationPoint(core.log, end)
  assert(
    offset >= role.highWatermark,
    `the leader's log ends at ${offset}, below the high watermark ${role.highWatermark}`,
  )
  role.diverged()
  if (offset >= core.log.endOffset) return
  core.effects.truncateTo = offset
  core.isLogPending = true
}

/** The leader has no longer what follows our log. A download of the same snapshot goes on where it is. */
function download(core: Core, role: Follower, id: SnapshotId): void {
  if (role.download?.id.offset === id.offset && role.download.id.epoch === id.epoch) return
  // What is committed would be taken back with the image.
  assert(
    id.offset >= role.highWatermark,
    `the leader's snapshot ends at ${id.offset}, below the high watermark ${role.highWatermark}`,
  )
  role.download = { id, position: 0 }
  core.effects.snapshot({ step: 'begin', id })
}
