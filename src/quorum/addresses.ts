import { ZERO_UUID } from '../../protocol/wire/uuid.ts'
import type { HostPort } from '../base/network.ts'
import type { Voter, VoterSet } from '../raft/types.ts'
import { QuorumError } from './quorum-error.ts'

/** Of a voter that has not told yet: it may be one that knows nothing else. */
const STATIC_KRAFT_VERSIONS = { minSupportedVersion: 0, maxSupportedVersion: 0 }
const PORTS = 65535

/** controller.quorum.voters: id@host:port. @throws QuorumError */
export const parseStaticVoters = (voters: readonly string[], listenerName: string): VoterSet =>
  voters.map((text): Voter => {
    const [, id, address] = /^(\d+)@(.+)$/.exec(text) ?? []
    if (id === undefined) throw new QuorumError(`controller.quorum.voters: expected id@host:port, not ${text}`)
    const endpoint = { name: listenerName, ...parseAddress(address!, 'controller.quorum.voters') }
    return { id: Number(id), directoryId: ZERO_UUID, endpoints: [endpoint], kRaftVersionFeature: STATIC_KRAFT_VERSIONS }
  })

/** controller.quorum.bootstrap.servers: host:port. @throws QuorumError */
export const parseBootstrapServers = (servers: readonly string[]): HostPort[] =>
  servers.map((server) => parseAddress(server, 'controller.quorum.bootstrap.servers'))

function parseAddress(text: string, key: string): HostPort {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]+)):(\d+)$/.exec(text) ?? []
  const host = bracketed ?? plain
  if (host === undefined || Number(port) > PORTS) throw new QuorumError(`${key}: expected host:port, not ${text}`)
  // Nobody else reaches a node there (fact A4).
  if (host === '0.0.0.0' || host === '::') throw new QuorumError(`${key}: ${host} is no address to reach a node at`)
  return { host, port: Number(port) }
}
