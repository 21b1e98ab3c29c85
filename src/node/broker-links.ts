import type { System } from '../base/ports.ts'
import type { MetadataImage } from '../metadata/image.ts'
import type { Login } from '../net/login.ts'
import { Peer } from '../net/peer.ts'
import type { LeaderLink, LeaderLinks } from '../replica/ports.ts'

const FETCH = 1
const LIST_OFFSETS = 2

export interface BrokerLinksOptions {
  readonly system: Pick<System, 'network' | 'timers'>
  readonly nodeId: number
  /** The listener that brokers use among themselves. */
  readonly listener: string
  readonly config: { readonly 'replica.socket.timeout.ms': number }
  /** Where brokers ask who comes. */
  readonly login?: Login | undefined
  image(): MetadataImage
}

/** How followers reach leaders: over the network, as any other client of theirs. */
export function brokerLinks({ system, nodeId, listener, config, login, image }: BrokerLinksOptions): LeaderLinks {
  return {
    async connect(brokerId) {
      const broker = image().cluster.brokers.get(brokerId)
      const address = broker?.endpoints.find(({ name }) => name === listener)
      if (address === undefined) throw new Error(`broker ${brokerId} has no address for ${listener}`)
      const timeoutMs = config['replica.socket.timeout.ms']
      const peer = await Peer.connect({
        system,
        address: { host: address.host, port: address.port },
        clientId: `broker-${nodeId}-fetcher`,
        login,
        connectTimeoutMs: timeoutMs,
        requestTimeoutMs: timeoutMs,
      })
      const link: LeaderLink = {
        fetch: (request, version) => peer.send(FETCH, request, { version }),
        listOffsets: (request, version) => peer.send(LIST_OFFSETS, request, { version }),
        close: () => peer.close(),
      }
      return link
    },
  }
}
