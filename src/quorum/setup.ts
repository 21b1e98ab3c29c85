import type { HostPort } from '../base/network.ts'
import type { ElectionState, RaftConfig, VoterEndpoint, VoterSet } from '../raft/types.ts'
import type { QuorumConfig } from './config.ts'
import { QuorumError } from './quorum-error.ts'

export const raftConfigOf = (config: QuorumConfig): RaftConfig => ({
  electionTimeoutMs: config['controller.quorum.election.timeout.ms'],
  electionBackoffMaxMs: config['controller.quorum.election.backoff.max.ms'],
  fetchTimeoutMs: config['controller.quorum.fetch.timeout.ms'],
  requestTimeoutMs: config['controller.quorum.request.timeout.ms'],
  retryBackoffMs: config['controller.quorum.retry.backoff.ms'],
  fetchMaxBytes: config['controller.quorum.fetch.max.bytes'],
  fetchSnapshotMaxBytes: config['controller.quorum.fetch.snapshot.max.bytes'],
  autoJoin: config['controller.quorum.auto.join.enable'],
})

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|::1)$/

/** No other node can be meant: then the quorum of a directory that is empty is this node. */
export function areOnlySelf(servers: readonly HostPort[], endpoints: readonly VoterEndpoint[]): boolean {
  return servers.every(({ host, port }) =>
    endpoints.some((own) => own.port === port && (own.host === host || LOOPBACK.test(host))),
  )
}

interface Node {
  readonly nodeId: number
  readonly directoryId: string
  readonly dir: string
  readonly isController: boolean
  readonly config: QuorumConfig
}

/** What an epoch is written as has no larger number. */
const LAST_EPOCH = 2 ** 31 - 1

interface Found {
  /** The newest one that quorum-state or log knows. */
  readonly epoch: number
  readonly stored: ElectionState | undefined
  /** Voters of the log, undefined under kraft.version 0. */
  readonly logged: VoterSet | undefined
  readonly configured: VoterSet
  readonly bootstrapServers: readonly HostPort[]
}

/** Finds out before any other node is heard what cannot become a part of a quorum. @throws QuorumError */
export function ensureSound(node: Node, found: Found): void {
  const problem =
    roleProblem(node, found) ??
    epochProblem(node, found) ??
    (found.logged ? loggedProblem(node, found) : configuredProblem(node, found))
  if (problem !== undefined) throw new QuorumError(problem)
}

/** Facts A14, N-A24. */
function roleProblem({ isController, dir, config }: Node, { stored }: Found): string | undefined {
  if (isController) return undefined
  if (stored?.votedKey) return `the metadata log in ${dir} has voted, and this node is no controller`
  return config['controller.quorum.auto.join.enable']
    ? 'controller.quorum.auto.join.enable is for controllers, and this node is none'
    : undefined
}

/** A node that does not stand can follow a leader of that epoch. */
function epochProblem({ isController, dir }: Node, { epoch }: Found): string | undefined {
  if (!isController || epoch < LAST_EPOCH) return undefined
  return `the metadata log in ${dir} is in epoch ${epoch}, the last that there can be: nobody can be elected any more`
}

function loggedProblem(
  { nodeId, directoryId, dir }: Node,
  { logged = [], bootstrapServers }: Found,
): string | undefined {
  const [only, ...others] = logged
  if (only?.id === nodeId && others.length === 0 && only.directoryId !== directoryId) {
    return `the metadata log in ${dir} belongs to directory id ${only.directoryId}, not ${directoryId}`
  }
  const isMember = logged.some(({ id }) => id === nodeId)
  const isReachable = bootstrapServers.length > 0 || logged.some(({ endpoints }) => endpoints.length > 0)
  if (isMember || isReachable) return undefined
  const ids = logged.map(({ id }) => id).join(', ')
  return `the metadata log in ${dir} has the voters ${ids}, and node ${nodeId} has no way to them`
}

/** Fact A5. */
function configuredProblem(
  { nodeId, isController }: Node,
  { configured, bootstrapServers }: Found,
): string | undefined {
  if (configured.length === 0 && bootstrapServers.length === 0) {
    return 'neither controller.quorum.voters nor controller.quorum.bootstrap.servers says where the controllers are'
  }
  if (configured.length === 0 || !isController || configured.some(({ id }) => id === nodeId)) return undefined
  const ids = configured.map(({ id }) => id).join(', ')
  return `controller.quorum.voters has the voters ${ids}, and controller ${nodeId} is none of them`
}
