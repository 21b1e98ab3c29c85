import { formatHostPort } from '../net/listener.ts'
import type { Broker } from './broker.ts'
import type { Cluster } from './cluster.ts'
import type { NodeSetup } from './options.ts'
import { VERSION } from './version.ts'

/** What a person sees when the broker serves: where to connect, what clients will be told, where data is. */
export function banner(broker: Broker, setup: NodeSetup, readyMs: number): string {
  const [first] = broker.listeners
  const controller = broker.controllerEndpoint
  const lines = [
    `odradek ${VERSION}  node ${broker.nodeId}  cluster ${broker.clusterId}`,
    ...(first ? [`bootstrap: ${formatHostPort(first.advertised)}`] : []),
    ...(controller ? [`controller: ${formatHostPort(controller)}`] : []),
    ...broker.listeners.map(
      ({ name, bound, advertised }) =>
        `listening ${name} ${bound.map(formatHostPort).join(', ')} -> clients are told ${formatHostPort(advertised)}`,
    ),
    setup.temporary
      ? 'data: a temporary directory, removed at exit (keep it with --data-dir)'
      : `data: ${setup.dataDirs.join(', ')}`,
    ...adminLine([broker]),
    `ready in ${Math.round(readyMs)} ms`,
  ]
  return `${lines.join('\n')}\n`
}

function adminLine(brokers: readonly Broker[]): string[] {
  const urls = brokers.flatMap(({ adminAddress }) =>
    adminAddress ? `http://${formatHostPort(adminAddress)}/metrics` : [],
  )
  return urls.length === 0 ? [] : [`metrics: ${urls.join(', ')}`]
}

/** The same for a cluster in one process. */
export function clusterBanner(cluster: Cluster, dataDir: string, temporary: boolean, readyMs: number): string {
  const lines = [
    `odradek ${VERSION}  nodes ${cluster.nodes.map(({ id }) => id).join(', ')}  cluster ${cluster.clusterId}`,
    `bootstrap: ${cluster.nodes.map(({ broker }) => formatHostPort(broker!.listeners[0]!.advertised)).join(',')}`,
    temporary ? 'data: a temporary directory, removed at exit (keep it with --data-dir)' : `data: ${dataDir}`,
    ...adminLine(cluster.nodes.map(({ broker }) => broker!)),
    `ready in ${Math.round(readyMs)} ms`,
  ]
  return `${lines.join('\n')}\n`
}
