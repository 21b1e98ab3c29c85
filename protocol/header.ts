import { apiByKey } from './api/index.ts'
import { message } from './schema/message.ts'
import { int16, int32, string } from './schema/types.ts'

/** What stands before the body of every request and response (protocol guide, "Headers"; KIP-482). */

/**
 * v0 was ControlledShutdown's alone; v2 ends with tagged fields. The client id keeps its classic length prefix, so that
 * the answer to an ApiVersions request of any version can be found.
 */
export const RequestHeader = message(
  'RequestHeader',
  { versions: [0, 2], flexible: 2 },
  {
    requestApiKey: int16,
    requestApiVersion: int16,
    correlationId: int32,
    clientId: string.since(1).nullable().ignorable().neverCompact(),
  },
)
export type RequestHeader = typeof RequestHeader.T

export const ResponseHeader = message(
  'ResponseHeader',
  { versions: [0, 1], flexible: 1 },
  {
    correlationId: int32,
  },
)
export type ResponseHeader = typeof ResponseHeader.T

const API_VERSIONS = 18

/** Version of the header of a request; undefined for a key that does not exist. */
export function requestHeaderVersion(key: number, version: number): 1 | 2 | undefined {
  const api = apiByKey(key)
  return api && (version >= api.request.flexible ? 2 : 1)
}

/** Version of the header of a response; undefined for a key that does not exist. */
export function responseHeaderVersion(key: number, version: number): 0 | 1 | undefined {
  const api = apiByKey(key)
  return api && (version >= api.response.flexible && key !== API_VERSIONS ? 1 : 0)
}
