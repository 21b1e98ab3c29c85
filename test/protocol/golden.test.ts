import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import t from 'tap'
import { apiByKey } from '../../protocol/api/index.ts'
import { decodeRequestHeader, decodeResponse, encodeRequest, encodeResponse } from '../../protocol/frame.ts'

// Frames recorded from foreign clients and brokers decode, and encode again to the same bytes.

const GOLDEN = resolve('test/golden')

interface GoldenFrame {
  apiKey: number
  apiVersion: number
  direction: 'request' | 'response'
  /** The frame without its size. */
  hex: string
}

const files = existsSync(GOLDEN) ? readdirSync(GOLDEN).filter((file) => file.endsWith('.json')) : []

function reencode({ apiKey, apiVersion, direction }: GoldenFrame, frame: Buffer): Buffer {
  const api = apiByKey(apiKey)!
  if (direction === 'request') {
    const { version, correlationId, clientId, body } = decodeRequestHeader(frame)
    const request = api.request.decode(body, version)
    return Buffer.concat(encodeRequest(api, version, correlationId, clientId, request)).subarray(4)
  }
  const { correlationId, body } = decodeResponse(api, apiVersion, frame)
  return Buffer.concat(encodeResponse(api, apiVersion, correlationId, body)).subarray(4)
}

for (const file of files) {
  t.test(`golden bytes of ${file}`, (t) => {
    const frames = JSON.parse(readFileSync(resolve(GOLDEN, file), 'utf8')) as GoldenFrame[]
    t.ok(frames.length > 0, 'has frames')
    for (const [index, frame] of frames.entries()) {
      const { apiKey, apiVersion, direction, hex } = frame
      const name = `${index}: ${apiByKey(apiKey)?.name} v${apiVersion} ${direction}`
      const again = reencode(frame, Buffer.from(hex, 'hex')).toString('hex')
      t.equal(again, hex, name)
    }
    t.end()
  })
}

t.ok(files.length > 0, 'there are recordings')
