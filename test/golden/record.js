// A recording proxy. It stands between a client and a broker whose advertised address is this proxy, and keeps one rich
// frame for each (API key, version, direction). See README.md.
//
//   node test/golden/record.js --route 19192=127.0.0.1:19092 --out test/golden/kafkajs.json
//
// --route may be given for each node (and each listener) of a cluster.
// Ends on SIGINT or SIGTERM and then writes; an existing file is added to.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { parseArgs } from 'node:util'

const { values: options } = parseArgs({
  options: { route: { type: 'string', multiple: true }, out: { type: 'string' } },
})

/** Frames above are left out; of the others the longest below PREFERRED_BYTES is kept, else the shortest above. */
const MAX_BYTES = 8 * 1024
const PREFERRED_BYTES = 1536
const SIZE_BYTES = 4

const kept = new Map()
const nameOf = ({ apiKey, apiVersion, direction }) => `${apiKey}/${apiVersion}/${direction}`
const bytesOf = ({ hex }) => hex.length / 2
if (existsSync(options.out)) for (const frame of JSON.parse(readFileSync(options.out, 'utf8'))) kept.set(nameOf(frame), frame)

function richer(frame, known) {
  if (!known) return true
  const [a, b] = [bytesOf(frame), bytesOf(known)]
  if (a <= PREFERRED_BYTES) return b > PREFERRED_BYTES || a > b
  return b > PREFERRED_BYTES && a < b
}

function keep(apiKey, apiVersion, direction, bytes) {
  if (bytes.length > MAX_BYTES) return
  const frame = { apiKey, apiVersion, direction, hex: bytes.toString('hex') }
  if (richer(frame, kept.get(nameOf(frame)))) kept.set(nameOf(frame), frame)
}

/** Calls back with each whole frame, without its size. */
function splitter(onFrame) {
  let buffered = Buffer.alloc(0)
  return (chunk) => {
    buffered = buffered.length ? Buffer.concat([buffered, chunk]) : chunk
    while (buffered.length >= SIZE_BYTES) {
      const end = SIZE_BYTES + buffered.readInt32BE(0)
      if (buffered.length < end) return
      onFrame(buffered.subarray(SIZE_BYTES, end))
      buffered = buffered.subarray(end)
    }
  }
}

function record(client, target) {
  const broker = connect(target)
  const pending = new Map() // correlation id -> { apiKey, apiVersion }; acks=0 leaves its entry behind
  const onRequest = splitter((frame) => {
    const [apiKey, apiVersion] = [frame.readInt16BE(0), frame.readInt16BE(2)]
    pending.set(frame.readInt32BE(4), { apiKey, apiVersion })
    keep(apiKey, apiVersion, 'request', frame)
  })
  const onResponse = splitter((frame) => {
    const correlationId = frame.readInt32BE(0)
    const request = pending.get(correlationId)
    if (!request) return
    pending.delete(correlationId)
    keep(request.apiKey, request.apiVersion, 'response', frame)
  })
  client.on('data', (chunk) => {
    onRequest(chunk)
    broker.write(chunk)
  })
  broker.on('data', (chunk) => {
    onResponse(chunk)
    client.write(chunk)
  })
  for (const [one, other] of [
    [client, broker],
    [broker, client],
  ]) {
    one.on('error', () => other.destroy())
    one.on('close', () => other.destroy())
  }
}

function finish() {
  const frames = [...kept.values()].sort(
    (a, b) => a.apiKey - b.apiKey || a.apiVersion - b.apiVersion || a.direction.localeCompare(b.direction),
  )
  writeFileSync(options.out, `[\n${frames.map((frame) => JSON.stringify(frame)).join(',\n')}\n]\n`)
  console.log(`${frames.length} frames, ${frames.reduce((sum, frame) => sum + bytesOf(frame), 0)} bytes: ${options.out}`)
  process.exit(0)
}
process.on('SIGINT', finish)
process.on('SIGTERM', finish)
for (const route of options.route) {
  const [, from, host, port] = /^(\d+)=(.+):(\d+)$/.exec(route)
  const server = createServer((client) => record(client, { host, port: Number(port) }))
  server.listen(Number(from), '127.0.0.1', () => console.log(`recording: 127.0.0.1:${from} -> ${host}:${port}`))
}
