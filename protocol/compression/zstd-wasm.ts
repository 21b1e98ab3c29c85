import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { reasonOf, tooLarge, unavailable, undecodable } from './failures.ts'
import { resolvePackage } from './packages.ts'
import { inspectZstd } from './zstd-frame.ts'

/** The little that is used of a global for which Node's types have no declaration. */
declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => object
  Instance: new (module: object, imports: object) => object
  RuntimeError: ErrorConstructor
}

/** libzstd as its package exposes it: C functions on addresses in one growing memory. */
interface Zstd {
  HEAPU8: Uint8Array
  init(): void
  instantiateWasm: (imports: object, receive: (instance: object) => unknown) => unknown
  _malloc(bytes: number): number
  _free(address: number): void
  _ZSTD_isError(result: number): number
  _ZSTD_compressBound(bytes: number): number
  _ZSTD_compress(to: number, room: number, from: number, bytes: number, level: number): number
  _ZSTD_decompress(to: number, room: number, from: number, bytes: number): number
}

const PACKAGE = '@bokuweb/zstd-wasm'
/** WebAssembly memory never shrinks: an instance that grew beyond this is dropped after use. */
const KEEP_MEMORY_BYTES = 32 * 1024 * 1024
const ERROR_ROOM_TOO_SMALL = 70

let compiled: object | undefined
let current: Zstd | undefined

/**
 * The package itself starts asynchronously; its glue has a hook for who instantiates the module, and done in place
 * there the codec is usable on return. Takes about 15 ms the first time and 1 ms later.
 */
function instance(): Zstd {
  if (current !== undefined) return current
  try {
    const require = createRequire(import.meta.url)
    const folder = dirname(resolvePackage(PACKAGE))
    // Only a file of the package is read: this is a load of code, as an import is, not I/O of the broker.
    compiled ??= new WebAssembly.Module(require('node:fs').readFileSync(join(folder, 'zstd.wasm')))
    const module = compiled
    const glue = join(folder, 'zstd.js')
    delete require.cache[glue]
    const zstd = (require(glue) as { Module: Zstd }).Module
    zstd.instantiateWasm = (imports, receive) => receive(new WebAssembly.Instance(module, imports))
    zstd.init()
    zstd._ZSTD_compressBound(0)
    current = zstd
    return zstd
  } catch (cause) {
    throw unavailable('zstd', PACKAGE, cause)
  }
}

/** Runs `use` with the input in the instance's memory and `room` bytes for the output. Frees both. */
function withMemory(
  data: Buffer,
  room: number,
  use: (zstd: Zstd, from: number, to: number) => number,
): Buffer | number {
  const zstd = instance()
  const from = zstd._malloc(data.length + 1)
  const to = zstd._malloc(room + 1)
  try {
    if (from === 0 || to === 0) throw undecodable('zstd', 'out of memory')
    zstd.HEAPU8.set(data, from)
    const result = use(zstd, from, to)
    if (zstd._ZSTD_isError(result) !== 0) return -(result | 0)
    return Buffer.from(zstd.HEAPU8.subarray(to, to + result))
  } finally {
    zstd._free(to)
    zstd._free(from)
    if (zstd.HEAPU8.length > KEEP_MEMORY_BYTES) current = undefined
  }
}

export function compressZstdWasm(data: Buffer, level: number): Buffer {
  const room = instance()._ZSTD_compressBound(data.length)
  const result = withMemory(data, room, (zstd, from, to) => zstd._ZSTD_compress(to, room, from, data.length, level))
  if (typeof result === 'number') throw new Error(`zstd failed with error ${result}`)
  return result
}

export function decompressZstdWasm(data: Buffer, maxBytes: number): Buffer {
  const room = Math.min(inspectZstd(data).maxBytes, maxBytes)
  const result = inflate(data, room)
  if (typeof result !== 'number') return result
  if (result === ERROR_ROOM_TOO_SMALL && room === maxBytes) throw tooLarge('zstd', maxBytes)
  throw undecodable('zstd', `error ${result}`)
}

function inflate(data: Buffer, room: number): Buffer | number {
  try {
    return withMemory(data, room, (zstd, from, to) => zstd._ZSTD_decompress(to, room, from, data.length))
  } catch (error) {
    if (!(error instanceof WebAssembly.RuntimeError)) throw error
    // A trap leaves the instance in an unknown state.
    current = undefined
    throw undecodable('zstd', reasonOf(error), error)
  }
}
