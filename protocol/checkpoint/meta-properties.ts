import { DecodeError } from '../errors.ts'
import { isUuid, ONE_UUID, TWO_UUID, ZERO_UUID } from '../wire/uuid.ts'
import { formatJavaProperties, javaDate, parseJavaProperties } from './java-properties.ts'
import { parseInt32 } from './numbers.ts'

/** Who a log directory belongs to. Version 1 always names cluster and node; absent values are null. */
export interface MetaProperties {
  version: 0 | 1
  clusterId: string | null
  nodeId: number | null
  /** KIP-858. */
  directoryId: string | null
}

const NODE_ID_KEYS = ['broker.id', 'node.id'] as const
const RESERVED_IDS = [ZERO_UUID, ONE_UUID, TWO_UUID]

/** Text of meta.properties, dated `nowMs`. */
export function encodeMetaProperties(properties: MetaProperties, nowMs: number): string {
  const { version, clusterId, nodeId, directoryId } = properties
  const entries: [string, string][] = []
  if (clusterId !== null) entries.push(['cluster.id', clusterId])
  if (directoryId !== null) entries.push(['directory.id', directoryId])
  if (nodeId !== null) entries.push([NODE_ID_KEYS[version], String(nodeId)])
  entries.push(['version', String(version)])
  return formatJavaProperties(entries, ['', javaDate(nowMs)])
}

/** @throws DecodeError: unknown version, a value that cannot be, or version 1 without cluster or node id */
export function decodeMetaProperties(text: Buffer | string): MetaProperties {
  const entries = parseJavaProperties(text)
  const version = parseInt32(entries.get('version') ?? '0', 'meta.properties: version')
  if (version !== 0 && version !== 1) throw new DecodeError(`meta.properties: unknown version ${version}`)
  const clusterId = entries.get('cluster.id') ?? null
  const nodeIdText = entries.get(NODE_ID_KEYS[version])
  const nodeId = nodeIdText === undefined ? null : parseInt32(nodeIdText, `meta.properties: ${NODE_ID_KEYS[version]}`)
  const directoryId = entries.get('directory.id') ?? null
  if (version === 1 && clusterId === null) throw new DecodeError('meta.properties: cluster.id is missing')
  if (version === 1 && nodeId === null) throw new DecodeError('meta.properties: node.id is missing')
  if (directoryId !== null && (!isUuid(directoryId) || RESERVED_IDS.includes(directoryId))) {
    throw new DecodeError(`meta.properties: bad directory.id ${directoryId}`)
  }
  return { version, clusterId, nodeId, directoryId }
}
