import { createHash } from 'node:crypto'
import type { BrokerConfig } from './config.ts'

/**
 * The cluster id of nodes that nobody gave one (by CLUSTER_ID, or by formatting their storage). They start apart from
 * each other and must come to the same id: it follows from how all of them are told to find the quorum. Undefined for a
 * node without company, which takes a random one.
 */
export function clusterIdByConfig(config: BrokerConfig): string | undefined {
  const voters = config['controller.quorum.voters']
  const servers = config['controller.quorum.bootstrap.servers']
  const others = voters.length > 0 ? voters : servers
  if (others.length === 0) return undefined
  return uuidOf([...others].sort().join(','))
}

/** A name-based UUID (version 8 of RFC 9562) in Kafka's text form, never one that starts with `-`. */
function uuidOf(name: string): string {
  for (let attempt = 0; ; attempt++) {
    const bytes = createHash('sha256').update(`odradek cluster ${attempt} ${name}`).digest().subarray(0, 16)
    bytes[6] = (bytes[6]! & 0x0f) | 0x80
    bytes[8] = (bytes[8]! & 0x3f) | 0x80
    const text = bytes.toString('base64url')
    if (!text.startsWith('-')) return text
  }
}
