import type { CommandModule } from 'yargs'
import { API, type Client, withClient } from './client.ts'
import { clusterInfo } from './cluster-info.ts'
import { type BootstrapArguments, bootstrapServer, table } from './options.ts'
import { quorumLeader } from './quorum-info.ts'

/** `odradek cluster`: what it is called, who is in it, and what it has agreed on. */
export const clusterCommand: CommandModule = {
  command: 'cluster',
  describe: 'id, controller, brokers and feature levels',
  builder: (yargs) => yargs.options(bootstrapServer),
  handler: async (args) => {
    const { bootstrapServer } = args as unknown as BootstrapArguments
    process.stdout.write(await withClient(bootstrapServer, describeCluster))
  },
}

async function describeCluster(client: Client): Promise<string> {
  const { clusterId, controllerId, brokers } = await clusterInfo(client)
  const leader = client.serves(API.DESCRIBE_QUORUM) ? await quorumLeader(client) : controllerId
  const versions = await client.send(API.API_VERSIONS, { clientSoftwareName: 'odradek', clientSoftwareVersion: '0' })
  const features = versions.finalizedFeatures.map(({ name, maxVersionLevel }) => `${name}=${maxVersionLevel}`)
  const rows = brokers.map(({ id, host, port, rack, isFenced }) => [
    id,
    `${host}:${port}`,
    rack ?? '-',
    isFenced ? 'fenced' : 'active',
  ])
  return [
    `Cluster: ${clusterId}\n`,
    `Controller: ${leader ?? 'told only to who may DESCRIBE the cluster'}\n`,
    `Features: ${features.sort().join(', ')}\n\n`,
    table(['BROKER', 'ADDRESS', 'RACK', 'STATE'], rows),
  ].join('')
}
