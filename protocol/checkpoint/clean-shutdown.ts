import { DecodeError } from '../errors.ts'
import { JsonFields } from './json.ts'

const VERSION = 0

/** Text of .kafka_cleanshutdown: the broker stopped in order, and with which epoch (KIP-966). -1: not known. */
export function encodeCleanShutdown(brokerEpoch: bigint): string {
  return `{"version":${VERSION},"brokerEpoch":${brokerEpoch}}`
}

/** The broker epoch. @throws DecodeError; whoever reads may take that for an unknown epoch: the file's presence counts */
export function decodeCleanShutdown(text: string): bigint {
  const fields = new JsonFields(text, '.kafka_cleanshutdown')
  const version = fields.int32('version')
  if (version !== VERSION) throw new DecodeError(`.kafka_cleanshutdown: unknown version ${version}`)
  return BigInt(fields.int53('brokerEpoch'))
}
