import { type Disk, DiskError, type DiskFile } from './disk.ts'
import type { HostPort, Listening, Network, Socket, SocketHandlers } from './network.ts'
import type { System } from './ports.ts'
import type { Timer, Timers } from './time.ts'

/**
 * The world as one node sees it, out of which it can be taken at once, as `kill -9` does: from then on no timer and no
 * socket calls back, no disk operation ends, listeners are gone, connections are reset, files are closed and locks are
 * free. What was written stays written; nobody says goodbye. The system below stays as it is for others.
 */
export class MortalSystem implements System {
  readonly clock: System['clock']
  readonly random: System['random']
  readonly timers: Timers
  readonly disk: Disk
  readonly network: Network
  /** What has to be undone at the end: sockets, listeners, open files, locks. */
  readonly #belongings = new Set<() => void>()
  #alive = true

  constructor(system: System) {
    this.clock = system.clock
    this.random = system.random
    this.timers = this.#mortalTimers(system.timers)
    this.disk = this.#mortalDisk(system.disk)
    this.network = this.#mortalNetwork(system.network)
  }

  get alive(): boolean {
    return this.#alive
  }

  kill(): void {
    this.#alive = false
    for (const undo of [...this.#belongings]) undo()
    this.#belongings.clear()
  }

  /** Passes a result on while this node lives; afterwards whoever waits waits for ever, and gets what came late undone. */
  #whileAlive<T>(result: Promise<T>, undo: (late: T) => void = () => {}): Promise<T> {
    return new Promise((resolve, reject) => {
      result.then(
        (value) => (this.#alive ? resolve(value) : undo(value)),
        (error) => {
          if (this.#alive) reject(error)
        },
      )
    })
  }

  #mortalTimers(timers: Timers): Timers {
    const guarded = (task: () => void) => () => {
      if (this.#alive) task()
    }
    return {
      after: (delayMs, task): Timer => (this.#alive ? timers.after(delayMs, guarded(task)) : NEVER),
      soon: (task) => {
        if (this.#alive) timers.soon(guarded(task))
      },
    }
  }

  #mortalNetwork(network: Network): Network {
    return {
      listen: async (address, onSocket, options) => {
        const adopt = (socket: Socket) => (this.#alive ? onSocket(this.#mortalSocket(socket)) : socket.destroy())
        const listening = await this.#whileAlive(network.listen(address, adopt, options), (late) => late.close())
        return this.#mortalListening(listening)
      },
      connect: async (address, options) => {
        const socket = await this.#whileAlive(network.connect(address, options), (late) => late.destroy())
        return this.#mortalSocket(socket)
      },
    }
  }

  #mortalListening(listening: Listening): Listening {
    const close = () => {
      this.#belongings.delete(close)
      return listening.close()
    }
    this.#belongings.add(close)
    return { bound: listening.bound, close }
  }

  #mortalSocket(socket: Socket): Socket {
    const destroy = () => socket.destroy()
    this.#belongings.add(destroy)
    return new MortalSocket(
      socket,
      () => this.#alive,
      () => this.#belongings.delete(destroy),
    )
  }

  #mortalDisk(disk: Disk): Disk {
    const check = (path: string) => {
      if (!this.#alive) throw new DiskError('EKILLED', `the process that used ${path} is dead`)
    }
    const own = (undo: () => void): (() => void) => {
      const once = () => {
        if (this.#belongings.delete(once)) undo()
      }
      this.#belongings.add(once)
      return once
    }
    const checked =
      <Rest extends unknown[], Result>(operation: (path: string, ...rest: Rest) => Result) =>
      (path: string, ...rest: Rest): Result => {
        check(path)
        return operation(path, ...rest)
      }
    return {
      open: checked((path, options) => this.#mortalFile(disk.open(path, options), check, own)),
      exists: checked((path) => disk.exists(path)),
      stat: checked((path) => disk.stat(path)),
      makeDir: checked((path) => disk.makeDir(path)),
      list: checked((path) => disk.list(path)),
      rename: checked((from, to: string) => disk.rename(from, to)),
      remove: checked((path) => disk.remove(path)),
      removeTree: checked((path) => disk.removeTree(path)),
      readFile: checked((path) => disk.readFile(path)),
      replaceFile: checked((path, data: Buffer | string, options?: { sync?: boolean }) =>
        disk.replaceFile(path, data, options),
      ),
      syncDir: checked((path) => disk.syncDir(path)),
      space: checked((path) => disk.space(path)),
      syncDirAsync: checked((path) => this.#whileAlive(disk.syncDirAsync(path))),
      lock: checked((path) => ({ release: own(disk.lock(path).release) })),
    }
  }

  #mortalFile(file: DiskFile, check: (path: string) => void, own: (undo: () => void) => () => void): DiskFile {
    const { path } = file
    const checked =
      <Args extends unknown[], Result>(operation: (...args: Args) => Result) =>
      (...args: Args): Result => {
        check(path)
        return operation(...args)
      }
    return {
      path,
      size: checked(() => file.size()),
      write: checked((position: number, buffers: readonly Uint8Array[]) => file.write(position, buffers)),
      read: checked((position: number, into: Uint8Array) => file.read(position, into)),
      readAsync: checked((position: number, into: Uint8Array) => this.#whileAlive(file.readAsync(position, into))),
      truncate: checked((size: number) => file.truncate(size)),
      sync: checked(() => file.sync()),
      syncAsync: checked(() => this.#whileAlive(file.syncAsync())),
      close: own(() => file.close()),
    }
  }
}

const NEVER: Timer = { cancel: () => {} }

/** A socket whose owner may be dead: then it is silent. */
class MortalSocket implements Socket {
  readonly remote: HostPort
  readonly local: HostPort
  readonly #socket: Socket
  readonly #isAlive: () => boolean
  readonly #forget: () => void

  constructor(socket: Socket, isAlive: () => boolean, forget: () => void) {
    this.remote = socket.remote
    this.local = socket.local
    this.#socket = socket
    this.#isAlive = isAlive
    this.#forget = forget
  }

  handle({ onData, onDrain, onClose, space }: SocketHandlers): void {
    this.#socket.handle({
      onData: (chunk) => this.#isAlive() && onData(chunk),
      ...(space ? { space: () => (this.#isAlive() ? space() : undefined) } : {}),
      onDrain: () => this.#isAlive() && onDrain(),
      onClose: (error) => {
        this.#forget()
        if (this.#isAlive()) onClose(error)
      },
    })
  }

  write(chunks: readonly Uint8Array[], onTaken?: () => void): boolean {
    return this.#isAlive() ? this.#socket.write(chunks, onTaken) : true
  }

  get queuedBytes(): number {
    return this.#socket.queuedBytes
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  end(): void {
    if (this.#isAlive()) this.#socket.end()
  }

  destroy(): void {
    this.#socket.destroy()
  }
}
