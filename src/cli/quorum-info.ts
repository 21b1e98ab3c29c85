import { ErrorCode } from '../../protocol/errors.ts'
import { ZERO_UUID } from '../../protocol/wire/uuid.ts'
import { API, type Client, check } from './client.ts'
import { CommandError } from './command-error.ts'

const METADATA_TOPIC = '__cluster_metadata'

export interface QuorumReplica {
  readonly replicaId: number
  readonly replicaDirectoryId: string
  readonly logEndOffset: number
  readonly lastFetchTimestamp: number
  readonly lastCaughtUpTimestamp: number
}

export interface QuorumInfo {
  readonly leaderId: number
  readonly leaderEpoch: number
  readonly highWatermark: number
  readonly currentVoters: readonly QuorumReplica[]
  readonly observers: readonly QuorumReplica[]
  readonly nodes: readonly {
    readonly nodeId: number
    readonly listeners: readonly { readonly name: string; readonly host: string; readonly port: number }[]
  }[]
}

const REQUEST = { topics: [{ topicName: METADATA_TOPIC, partitions: [{ partitionIndex: 0 }] }] }

/** Undefined where this client is not told: it takes DESCRIBE on the cluster. */
export async function quorumLeader(client: Client): Promise<number | undefined> {
  const { errorCode, topics } = await client.send(API.DESCRIBE_QUORUM, REQUEST)
  if (errorCode !== ErrorCode.CLUSTER_AUTHORIZATION_FAILED) check(errorCode, 'Quorum')
  return topics[0]?.partitions[0]?.leaderId
}

/** The metadata quorum as its leader sees it. */
export async function quorumInfo(client: Client): Promise<QuorumInfo> {
  const response = await client.send(API.DESCRIBE_QUORUM, REQUEST)
  check(response.errorCode, 'Quorum', response.errorMessage)
  const partition = response.topics[0]?.partitions[0]
  if (partition === undefined) throw new CommandError('The broker does not tell of the metadata quorum.')
  check(partition.errorCode, 'Quorum', partition.errorMessage)
  return { ...partition, nodes: response.nodes }
}

/** One node as kafka-metadata-quorum prints it: JSON with a blank behind colons and commas. */
export function nodeJson({ nodes }: QuorumInfo, { replicaId, replicaDirectoryId }: QuorumReplica): string {
  const listeners = nodes.find(({ nodeId }) => nodeId === replicaId)?.listeners ?? []
  const endpoints = listeners.map(
    ({ name, host, port }) => `"${name}://${host.includes(':') ? `[${host}]` : host}:${port}"`,
  )
  const fields = [
    `"id": ${replicaId}`,
    ...(replicaDirectoryId === ZERO_UUID ? [] : [`"directoryId": "${replicaDirectoryId}"`]),
    ...(endpoints.length === 0 ? [] : [`"endpoints": [${endpoints.join(', ')}]`]),
  ]
  return `{${fields.join(', ')}}`
}
