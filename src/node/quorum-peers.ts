import type { ApiKey, ApiOf } from '../../protocol/api/index.ts'
import type { HostPort } from '../base/network.ts'
import type { System } from '../base/ports.ts'
import { Peer } from '../net/peer.ts'

/** How the quorum talks to its other members: a connection to each, made when it is needed (fact A6). */
export function quorumPeers(system: Pick<System, 'network' | 'timers'>, nodeId: number) {
  const connections = new Map<string, Promise<Peer>>()

  const connect = (address: HostPort, timeoutMs: number): Promise<Peer> => {
    const key = `${address.host}:${address.port}`
    const known = connections.get(key)
    if (known) return known
    const connecting = Peer.connect({
      system,
      address,
      clientId: `raft-client-${nodeId}`,
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
    async send<Key extends ApiKey>(
      to: HostPort,
      key: Key,
      body: ApiOf<Key>['request']['Input'],
      { timeoutMs }: { timeoutMs: number },
    ): Promise<ApiOf<Key>['response']['T']> {
      const peer = await connect(to, timeoutMs)
      try {
        return await peer.send(key, body, { timeoutMs })
      } catch (error) {
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
