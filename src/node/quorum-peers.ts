import type { ApiKey } from '../../protocol/api/index.ts'
import { EncodeError, ErrorCode, ProtocolError } from '../../protocol/errors.ts'
import type { HostPort } from '../base/network.ts'
import type { System } from '../base/ports.ts'
import type { Login } from '../net/login.ts'
import { Peer, PeerError } from '../net/peer.ts'
import type { QuorumPeers } from '../quorum/ports.ts'

/** How the quorum talks to its other members: a connection to each, made when it is needed (fact A6). */
export function quorumPeers(
  system: Pick<System, 'network' | 'timers'>,
  nodeId: number,
  login: Login | undefined,
): QuorumPeers {
  const connections = new Map<string, Promise<Peer>>()

  const connect = (address: HostPort, timeoutMs: number): Promise<Peer> => {
    const key = `${address.host}:${address.port}`
    const known = connections.get(key)
    if (known) return known
    const connecting = Peer.connect({
      system,
      address,
      clientId: `raft-client-${nodeId}`,
      login,
      connectTimeoutMs: timeoutMs,
      requestTimeoutMs: timeoutMs,
    })
    connections.set(key, connecting)
    const forget = () => {
      if (connections.get(key) === connecting) connections.delete(key)
    }
    connecting.then((peer) => peer.onClose(forget), forget)
    return connecting
  }

  return {
    async send(to, apiKey, body, { timeoutMs }) {
      const peer = await connect({ host: to.host, port: to.port }, timeoutMs)
      try {
        return (await peer.send(apiKey as ApiKey, body as never, { timeoutMs })) as never
      } catch (error) {
        // What the peer's versions cannot say says nothing against the connection.
        if (error instanceof EncodeError || (error instanceof PeerError && error.code === 'EVERSION')) {
          throw new ProtocolError(ErrorCode.UNSUPPORTED_VERSION, error.message, { cause: error })
        }
        // Whoever did not answer in time may be behind a connection that is dead and does not know it.
        peer.close()
        throw error
      }
    },
    close(): void {
      for (const connecting of connections.values())
        connecting.then(
          (peer) => peer.close(),
          () => {},
        )
    },
  }
}
