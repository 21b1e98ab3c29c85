import { openSync, writeSync, writevSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'

/**
 * What the machine and Node can do when nobody looks at the bytes; a process of its own.
 *
 *   sink  appends what arrives to `files` files in turn, `writeBytes` at a time, and answers each whole request with
 *         `answerBytes`: a broker that neither parses nor checks
 *   pump  answers each request with the same `answerBytes` from memory
 *   echo  answers each request with `answerBytes`, and keeps nothing
 */
const SIZE_BYTES = 4
const [kind, json] = process.argv.slice(2)
const options = JSON.parse(json!) as { dir?: string; files?: number; writeBytes?: number; answerBytes: number }

const answer = Buffer.alloc(SIZE_BYTES + options.answerBytes)
answer.writeInt32BE(options.answerBytes, 0)

const files =
  kind === 'sink'
    ? Array.from({ length: options.files! }, (_, index) => openSync(join(options.dir!, `raw-${index}`), 'a'))
    : []
let nextFile = 0

/** Gathered, without a copy, in writes of about writeBytes. */
function append(chunks: readonly Buffer[], bytes: number): void {
  if (options.writeBytes! >= bytes) {
    writeAll(files[nextFile++ % files.length]!, chunks, bytes)
    return
  }
  let list: Buffer[] = []
  let size = 0
  for (const chunk of chunks) {
    for (let at = 0; at < chunk.length; ) {
      const piece = chunk.subarray(at, at + options.writeBytes! - size)
      list.push(piece)
      size += piece.length
      at += piece.length
      if (size === options.writeBytes) {
        writeAll(files[nextFile++ % files.length]!, list, size)
        list = []
        size = 0
      }
    }
  }
  if (size > 0) writeAll(files[nextFile++ % files.length]!, list, size)
}

function writeAll(file: number, chunks: readonly Buffer[], bytes: number): void {
  const written = writevSync(file, chunks)
  if (written === bytes) return
  const rest = Buffer.concat(chunks).subarray(written)
  for (let at = 0; at < rest.length; ) at += writeSync(file, rest, at)
}

createServer((socket) => {
  socket.setNoDelay(true)
  socket.on('error', () => socket.destroy())
  let chunks: Buffer[] = []
  let buffered = 0
  socket.on('data', (chunk: Buffer) => {
    chunks.push(chunk)
    buffered += chunk.length
    for (;;) {
      if (buffered < SIZE_BYTES) return
      if (chunks[0]!.length < SIZE_BYTES) chunks = [Buffer.concat(chunks)]
      const end = SIZE_BYTES + chunks[0]!.readInt32BE(0)
      if (buffered < end) return
      const over = buffered - end
      const last = chunks.at(-1)!
      const rest = over > 0 ? last.subarray(last.length - over) : null
      if (rest) chunks[chunks.length - 1] = last.subarray(0, last.length - over)
      if (kind === 'sink') append(chunks, end)
      chunks = rest ? [rest] : []
      buffered = over
      socket.write(answer)
    }
  })
}).listen(0, '127.0.0.1', function (this: import('node:net').Server) {
  process.send!((this.address() as import('node:net').AddressInfo).port)
})
