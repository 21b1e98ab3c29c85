import type { Disk, DiskFile } from '../../src/base/disk.ts'
import type { ManualTime } from '../../src/base/manual-time.ts'
import type { Listening, Network, Socket, SocketHandlers } from '../../src/base/network.ts'
import type { System } from '../../src/base/ports.ts'
import type { SeededRandom } from '../../src/base/seeded-random.ts'
import type { Clock, Timers } from '../../src/base/time.ts'
import type { Gate } from './gate.ts'

export interface NodeSystemOptions {
  time: ManualTime
  network: Network
  disk: Disk
  random: SeededRandom
  gate: Gate
  /** Local milliseconds a true one. */
  clockRate: number
  /** How far its wall clock is off at the start. */
  wallOffsetMs: number
  /** How long what may block (an fsync, a cold read) takes. */
  diskMs(): number
  delivered(bytes: number): void
}

/** A timer is never early by what is lost between two clocks: whoever looks at the clock then would wait for ever. */
const ROUNDING_MS = 1e-6

/** The world as one machine has it: a clock that drifts, a disk that takes its time, and a gate before every call. */
export class NodeSystem implements System {
  readonly clock: Clock
  readonly timers: Timers
  readonly random: SeededRandom
  readonly disk: Disk
  readonly network: Network

  constructor({ time, network, disk, random, gate, clockRate, wallOffsetMs, diskMs, delivered }: NodeSystemOptions) {
    const startMs = time.wallMs() - time.monotonicMs() + wallOffsetMs
    this.clock = {
      wallMs: () => Math.floor(startMs + time.monotonicMs() * clockRate),
      monotonicMs: () => time.monotonicMs() * clockRate,
    }
    this.timers = {
      after: (delayMs, task) => time.after(Math.max(0, delayMs) / clockRate + ROUNDING_MS, () => gate.pass(task)),
      soon: (task) => time.soon(() => gate.pass(task)),
    }
    this.random = random
    this.network = gatedNetwork(network, gate, delivered)
    this.disk = slowDisk(disk, () => new Promise((done) => this.timers.after(diskMs(), done)))
  }
}

function gatedNetwork(network: Network, gate: Gate, delivered: (bytes: number) => void): Network {
  const wrap = (socket: Socket) => new GatedSocket(socket, gate, delivered)
  return {
    listen: (address, onSocket, options): Promise<Listening> =>
      network.listen(address, (socket) => gate.pass(() => onSocket(wrap(socket))), options),
    connect: (address, options) =>
      new Promise((resolve, reject) => {
        network.connect(address, options).then(
          (socket) => gate.pass(() => resolve(wrap(socket))),
          (error) => gate.pass(() => reject(error)),
        )
      }),
  }
}

class GatedSocket implements Socket {
  readonly #socket: Socket
  readonly #gate: Gate
  readonly #delivered: (bytes: number) => void

  constructor(socket: Socket, gate: Gate, delivered: (bytes: number) => void) {
    this.#socket = socket
    this.#gate = gate
    this.#delivered = delivered
  }

  get remote() {
    return this.#socket.remote
  }

  get local() {
    return this.#socket.local
  }

  get queuedBytes(): number {
    return this.#socket.queuedBytes
  }

  handle({ onData, onDrain, onClose }: SocketHandlers): void {
    const gate = this.#gate
    this.#socket.handle({
      onData: (chunk) => {
        this.#delivered(chunk.length)
        // The gate may keep it for later, and the chunk is ours during this call only.
        const copy = Buffer.from(chunk)
        gate.pass(() => onData(copy))
      },
      onDrain: () => gate.pass(onDrain),
      onClose: (error) => gate.pass(() => onClose(error)),
    })
  }

  write(chunks: readonly Uint8Array[], onTaken?: () => void): boolean {
    return this.#socket.write(chunks, onTaken)
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  end(): void {
    this.#socket.end()
  }

  destroy(): void {
    this.#socket.destroy()
  }
}

/** What has an asynchronous form takes time in it; the effect is there at the end, so that a crash before loses it. */
function slowDisk(disk: Disk, wait: () => Promise<void>): Disk {
  return {
    open: (path, options) => slowFile(disk.open(path, options), wait),
    exists: (path) => disk.exists(path),
    stat: (path) => disk.stat(path),
    makeDir: (path) => disk.makeDir(path),
    list: (path) => disk.list(path),
    rename: (from, to) => disk.rename(from, to),
    remove: (path) => disk.remove(path),
    removeTree: (path) => disk.removeTree(path),
    readFile: (path) => disk.readFile(path),
    replaceFile: (path, data, options) => disk.replaceFile(path, data, options),
    syncDir: (path) => disk.syncDir(path),
    syncDirAsync: async (path) => {
      await wait()
      disk.syncDir(path)
    },
    space: (path) => disk.space(path),
    lock: (path) => disk.lock(path),
  }
}

function slowFile(file: DiskFile, wait: () => Promise<void>): DiskFile {
  return {
    path: file.path,
    size: () => file.size(),
    write: (position, buffers) => file.write(position, buffers),
    read: (position, into) => file.read(position, into),
    readAsync: async (position, into) => {
      await wait()
      return file.read(position, into)
    },
    truncate: (size) => file.truncate(size),
    sync: () => file.sync(),
    syncAsync: async () => {
      await wait()
      file.sync()
    },
    close: () => file.close(),
  }
}
