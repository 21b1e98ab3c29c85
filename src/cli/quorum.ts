import type { CommandModule } from 'yargs'
import { withClient } from './client.ts'
import { clusterInfo } from './cluster-info.ts'
import { type BootstrapArguments, bootstrapServer, tabbedTable } from './options.ts'
import { nodeJson, type QuorumInfo, type QuorumReplica, quorumInfo } from './quorum-info.ts'

/** `odradek quorum status|replication`, as kafka-metadata-quorum describe prints it. */
export const quorumCommand: CommandModule = {
  command: 'quorum',
  describe: 'the metadata quorum: who leads, who follows and how far',
  builder: (yargs) =>
    yargs
      .options(bootstrapServer)
      .command('status', 'leader, epoch, lag, voters and observers', {}, (args) =>
        status(args as unknown as BootstrapArguments),
      )
      .command('replication', 'a line for each voter and observer', {}, (args) =>
        replication(args as unknown as BootstrapArguments),
      )
      .demandCommand(1, 'Say what to show: quorum status or replication.'),
  handler: () => {},
}

async function status({ bootstrapServer }: BootstrapArguments): Promise<void> {
  const text = await withClient(bootstrapServer, async (client) => {
    const { clusterId } = await clusterInfo(client)
    return statusText(clusterId, await quorumInfo(client))
  })
  process.stdout.write(text)
}

function statusText(clusterId: string, quorum: QuorumInfo): string {
  const { leaderId, leaderEpoch, highWatermark, currentVoters, observers } = quorum
  const { lag, lagMs } = furthestBehind(quorum)
  const list = (replicas: readonly QuorumReplica[]) => `[${replicas.map((one) => nodeJson(quorum, one)).join(', ')}]`
  const lines: [string, string | number][] = [
    ['ClusterId', clusterId],
    ['LeaderId', leaderId],
    ['LeaderEpoch', leaderEpoch],
    ['HighWatermark', highWatermark],
    ['MaxFollowerLag', lag],
    ['MaxFollowerLagTimeMs', lagMs],
    ['CurrentVoters', list(currentVoters)],
    ['CurrentObservers', list(observers)],
  ]
  return lines.map(([name, value]) => `${`${name}:`.padEnd(24)}${value}\n`).join('')
}

/** The voter with the shortest log; 0 ms where that is the leader, -1 where nobody knows. */
function furthestBehind({ leaderId, currentVoters }: QuorumInfo): { lag: number; lagMs: number } {
  const leader = currentVoters.find(({ replicaId }) => replicaId === leaderId)
  if (leader === undefined) return { lag: 0, lagMs: -1 }
  const last = currentVoters.reduce((one, other) => (other.logEndOffset < one.logEndOffset ? other : one))
  const lag = leader.logEndOffset - last.logEndOffset
  if (last === leader) return { lag, lagMs: 0 }
  const known = leader.lastCaughtUpTimestamp >= 0 && last.lastCaughtUpTimestamp >= 0
  return { lag, lagMs: known ? leader.lastCaughtUpTimestamp - last.lastCaughtUpTimestamp : -1 }
}

const COLUMNS = [
  'NodeId',
  'DirectoryId',
  'LogEndOffset',
  'Lag',
  'LastFetchTimestamp',
  'LastCaughtUpTimestamp',
  'Status',
]

async function replication({ bootstrapServer }: BootstrapArguments): Promise<void> {
  const quorum = await withClient(bootstrapServer, quorumInfo)
  const { leaderId, currentVoters, observers } = quorum
  const leader = currentVoters.filter(({ replicaId }) => replicaId === leaderId)
  const followers = currentVoters.filter(({ replicaId }) => replicaId !== leaderId)
  const end = leader[0]?.logEndOffset ?? 0
  const rows = [
    ...leader.map((one) => rowOf(one, end, 'Leader')),
    ...followers.map((one) => rowOf(one, end, 'Follower')),
    ...observers.map((one) => rowOf(one, end, 'Observer')),
  ]
  process.stdout.write(tabbedTable(COLUMNS, rows))
}

const rowOf = (replica: QuorumReplica, end: number, role: string): (string | number)[] => [
  replica.replicaId,
  replica.replicaDirectoryId,
  replica.logEndOffset,
  end - replica.logEndOffset,
  replica.lastFetchTimestamp,
  replica.lastCaughtUpTimestamp,
  role,
]
