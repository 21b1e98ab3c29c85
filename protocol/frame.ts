import { type Api, apiByKey } from './api/index.ts'
import { DecodeError } from './errors.ts'
import { RequestHeader, ResponseHeader, requestHeaderVersion, responseHeaderVersion } from './header.ts'
import { Reader } from './wire/reader.ts'
import { Writer } from './wire/writer.ts'

/**
 * Frames: an int32 size, then a header, then a body (protocol guide, "Network"). What is encoded here begins with the
 * size; what is decoded here comes without it.
 */

export interface RequestFrame {
  readonly api: Api
  /** As the client sent it: it may be one that the API does not have. */
  readonly version: number
  readonly correlationId: number
  readonly clientId: string | null
  /** Stands at the first byte of the body. */
  readonly body: Reader
}

export function encodeRequest<A extends Api>(
  api: A,
  version: number,
  correlationId: number,
  clientId: string | null,
  body: A['request']['Input'],
): Buffer[] {
  const writer = beginFrame()
  RequestHeader.encode(writer, requestHeaderVersion(api.key, version)!, {
    requestApiKey: api.key,
    requestApiVersion: version,
    correlationId,
    clientId,
  })
  api.request.encode(writer, version, body)
  return endFrame(writer)
}

/** Reads the header of a request. Throws DecodeError, also if there is no API of its key. */
export function decodeRequestHeader(frame: Buffer): RequestFrame {
  const body = new Reader(frame)
  const key = body.int16()
  const version = body.int16()
  const api = apiByKey(key)
  if (!api) throw new DecodeError(`no API has key ${key}`)
  body.position = 0
  const { correlationId, clientId } = RequestHeader.decode(body, requestHeaderVersion(key, version)!)
  return { api, version, correlationId, clientId, body }
}

export function encodeResponse<A extends Api>(
  api: A,
  version: number,
  correlationId: number,
  body: A['response']['Input'],
): Buffer[] {
  const writer = beginFrame()
  ResponseHeader.encode(writer, responseHeaderVersion(api.key, version)!, { correlationId })
  api.response.encode(writer, version, body)
  return endFrame(writer)
}

/** Reads the response to a request of this API and version. Throws DecodeError. */
export function decodeResponse<A extends Api>(
  api: A,
  version: number,
  frame: Buffer,
): { correlationId: number; body: A['response']['T'] } {
  const reader = new Reader(frame)
  const { correlationId } = ResponseHeader.decode(reader, responseHeaderVersion(api.key, version)!)
  return { correlationId, body: api.response.decode(reader, version) }
}

function beginFrame(): Writer {
  const writer = new Writer()
  writer.int32(0)
  return writer
}

/** Puts the size, known only now, in front. */
function endFrame(writer: Writer): Buffer[] {
  const size = writer.byteLength - 4
  const chunks = writer.finish()
  chunks[0]!.writeInt32BE(size, 0)
  return chunks
}
