import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { type DirEntry, type Disk, DiskError, type DiskFile, type FileStat } from './disk.ts'

/** The machine's own file systems, over node:fs. */
export function createSystemDisk(): Disk {
  return new SystemDisk()
}

class SystemDisk implements Disk {
  open(file: string, options?: { create?: boolean }): DiskFile {
    const { O_RDWR, O_CREAT } = fs.constants
    return attempt(
      'open',
      file,
      () => new SystemFile(file, fs.openSync(file, options?.create ? O_RDWR | O_CREAT : O_RDWR)),
    )
  }

  exists(file: string): boolean {
    return fs.existsSync(file)
  }

  stat(file: string): FileStat | undefined {
    return attempt('stat', file, () => {
      const stat = fs.statSync(file, { throwIfNoEntry: false })
      return stat && { size: stat.size, modifiedMs: Math.floor(stat.mtimeMs), isDirectory: stat.isDirectory() }
    })
  }

  space(file: string): { totalBytes: number; usableBytes: number } {
    return attempt('statfs', file, () => {
      const { bsize, blocks, bavail } = fs.statfsSync(file)
      return { totalBytes: bsize * blocks, usableBytes: bsize * bavail }
    })
  }

  makeDir(dir: string): void {
    attempt('create directory', dir, () => fs.mkdirSync(dir, { recursive: true }))
  }

  list(dir: string): DirEntry[] {
    return attempt('list', dir, () =>
      fs.readdirSync(dir, { withFileTypes: true }).map((entry) => ({
        name: entry.name,
        isDirectory: entry.isSymbolicLink() ? isDirectory(path.join(dir, entry.name)) : entry.isDirectory(),
      })),
    )
  }

  rename(from: string, to: string): void {
    attempt('rename', from, () => fs.renameSync(from, to))
  }

  remove(file: string): void {
    attempt('remove', file, () => unlessMissing(() => fs.unlinkSync(file)))
  }

  removeTree(dir: string): void {
    attempt('remove', dir, () => fs.rmSync(dir, { recursive: true, force: true }))
  }

  readFile(file: string): Buffer {
    return attempt('read', file, () => fs.readFileSync(file))
  }

  replaceFile(file: string, data: Buffer | string, options?: { sync?: boolean }): void {
    const temporary = `${file}.tmp`
    attempt('write', temporary, () => {
      const fd = fs.openSync(temporary, 'w')
      try {
        fs.writeFileSync(fd, data)
        if (options?.sync) fs.fsyncSync(fd)
      } finally {
        fs.closeSync(fd)
      }
    })
    this.rename(temporary, file)
    if (options?.sync) this.syncDir(path.dirname(file))
  }

  syncDir(dir: string): void {
    // A directory cannot be opened for fsync on Windows, where NTFS journals the entry by itself.
    if (process.platform === 'win32') return
    attempt('sync directory', dir, () => {
      const fd = fs.openSync(dir, 'r')
      try {
        fs.fsyncSync(fd)
      } finally {
        fs.closeSync(fd)
      }
    })
  }

  async syncDirAsync(dir: string): Promise<void> {
    if (process.platform === 'win32') return
    const fd = attempt('sync directory', dir, () => fs.openSync(dir, 'r'))
    try {
      await new Promise<void>((resolve, reject) => {
        fs.fsync(fd, (error) => (error ? reject(diskError('sync directory', dir, error)) : resolve()))
      })
    } finally {
      fs.closeSync(fd)
    }
  }

  lock(file: string): { release(): void } {
    return attempt('lock', file, () => takeLock(file))
  }
}

function isDirectory(file: string): boolean {
  return fs.statSync(file, { throwIfNoEntry: false })?.isDirectory() ?? false
}

class SystemFile implements DiskFile {
  readonly path: string
  readonly #fd: number
  #closed = false

  constructor(file: string, fd: number) {
    this.path = file
    this.#fd = fd
  }

  size(): number {
    return attempt('stat', this.path, () => fs.fstatSync(this.#fd).size)
  }

  write(position: number, buffers: readonly Uint8Array[]): void {
    attempt('write', this.path, () => {
      if (buffers.length === 1) return this.#writeOne(position, buffers[0]!)
      let total = 0
      for (const buffer of buffers) total += buffer.length
      const written = fs.writevSync(this.#fd, buffers, position)
      // The system took less than all (a signal, a nearly full disk): the rest goes one by one until it says why.
      if (written < total) this.#writeRest(position, buffers, written)
    })
  }

  #writeRest(position: number, buffers: readonly Uint8Array[], written: number): void {
    let start = 0
    for (const buffer of buffers) {
      const done = Math.min(Math.max(written - start, 0), buffer.length)
      if (done < buffer.length) this.#writeOne(position + start + done, buffer.subarray(done))
      start += buffer.length
    }
  }

  #writeOne(position: number, buffer: Uint8Array): void {
    for (let done = 0; done < buffer.length; ) {
      done += fs.writeSync(this.#fd, buffer, done, buffer.length - done, position + done)
    }
  }

  read(position: number, into: Uint8Array): number {
    return attempt('read', this.path, () => {
      let done = 0
      while (done < into.length) {
        const read = fs.readSync(this.#fd, into, done, into.length - done, position + done)
        if (read === 0) break
        done += read
      }
      return done
    })
  }

  readAsync(position: number, into: Uint8Array): Promise<number> {
    return new Promise((resolve, reject) => {
      const step = (done: number): void => {
        fs.read(this.#fd, into, done, into.length - done, position + done, (error, read) => {
          if (error) reject(diskError('read', this.path, error))
          else if (read === 0 || done + read === into.length) resolve(done + read)
          else step(done + read)
        })
      }
      step(0)
    })
  }

  truncate(size: number): void {
    attempt('truncate', this.path, () => fs.ftruncateSync(this.#fd, size))
  }

  sync(): void {
    attempt('sync', this.path, () => fs.fdatasyncSync(this.#fd))
  }

  syncAsync(): Promise<void> {
    return new Promise((resolve, reject) => {
      fs.fdatasync(this.#fd, (error) => (error ? reject(diskError('sync', this.path, error)) : resolve()))
    })
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    attempt('close', this.path, () => fs.closeSync(this.#fd))
  }
}

function attempt<T>(what: string, file: string, action: () => T): T {
  try {
    return action()
  } catch (error) {
    throw diskError(what, file, error)
  }
}

function diskError(what: string, file: string, cause: unknown): DiskError {
  if (cause instanceof DiskError) return cause
  const code = (cause as NodeJS.ErrnoException).code ?? 'EIO'
  return new DiskError(code, `cannot ${what} ${file}: ${code}`, cause)
}

function unlessMissing(action: () => void): void {
  try {
    action()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}

/**
 * Locks. Node has no flock, so a lock file names its holder: pid, when that process started, the boot and the host.
 * A holder that is gone, or whose pid now belongs to another process, has left a stale file that is taken over.
 * A holder on another host cannot be asked; a container that is made anew on its old volume looks the same, and that
 * is by far the more frequent case, so such a file counts as stale.
 *
 * Apache Kafka holds an fcntl lock on an empty file of the same name: on Linux that one is looked up in /proc/locks.
 */
interface Holder {
  pid: number
  /** Start of the process in clock ticks since boot, where the system tells. */
  started: string
  boot: string
  host: string
}

/** Paths that this process holds: its own pid in a file proves nothing, in a container it is 1 every time. */
const held = new Set<string>()

/** How often the take-over of a stale lock is tried while others do the same. */
const MAX_LOCK_ATTEMPTS = 8

function takeLock(file: string): { release(): void } {
  const key = path.join(fs.realpathSync(path.dirname(file)), path.basename(file))
  if (held.has(key)) throw lockedBy(file, 'this process')
  const self: Holder = { pid: process.pid, started: startOf(process.pid), boot: bootId(), host: os.hostname() }
  const mine = `${file}.${process.pid}`
  fs.writeFileSync(mine, `${JSON.stringify(self)}\n`)
  try {
    for (let attempt = 0; !linked(mine, file); attempt++) {
      if (attempt === MAX_LOCK_ATTEMPTS) throw lockedBy(file, 'another process that starts at the same time')
      const seen = readOrNothing(file)
      if (seen === undefined) continue
      const holder = liveHolder(file, seen)
      if (holder !== undefined) throw lockedBy(file, holder)
      removeStale(file, seen)
    }
  } finally {
    unlessMissing(() => fs.unlinkSync(mine))
  }
  held.add(key)
  return {
    release() {
      if (held.delete(key)) unlessMissing(() => fs.unlinkSync(file))
    },
  }
}

/** Puts the complete file in place if there is none: the one step that cannot be shared by two. */
function linked(from: string, to: string): boolean {
  try {
    fs.linkSync(from, to)
    return true
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') return false
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'EOPNOTSUPP' && code !== 'ENOSYS') throw error
  }
  // File systems without hard links (FAT, some network mounts): as good as it gets there.
  try {
    fs.copyFileSync(from, to, fs.constants.COPYFILE_EXCL)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/** Moves the file aside and looks at it again: it may be a new lock that another process took in the meantime. */
function removeStale(file: string, seen: string): void {
  const aside = `${file}.${process.pid}.stale`
  unlessMissing(() => fs.renameSync(file, aside))
  if (readOrNothing(aside) !== seen) linked(aside, file)
  unlessMissing(() => fs.unlinkSync(aside))
}

function readOrNothing(file: string): string | undefined {
  try {
    return fs.readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** Who holds the lock file with this content, in words; undefined if nobody does. */
function liveHolder(file: string, content: string): string | undefined {
  const holder = parseHolder(content)
  if (holder === undefined) {
    const pid = kernelLockHolder(file)
    return pid === undefined ? undefined : `process ${pid}`
  }
  if (holder.host !== os.hostname() || holder.boot !== bootId() || holder.pid === process.pid) return undefined
  if (!isAlive(holder.pid) || startOf(holder.pid) !== holder.started) return undefined
  return `process ${holder.pid}`
}

function parseHolder(content: string): Holder | undefined {
  try {
    const holder = JSON.parse(content) as Partial<Holder> | null
    return typeof holder?.pid === 'number' ? { started: '', boot: '', host: '', ...holder, pid: holder.pid } : undefined
  } catch {
    return undefined
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function procFile(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

const bootId = () => procFile('/proc/sys/kernel/random/boot_id').trim()

/**
 * Field 22 of /proc/<pid>/stat; the second field is the program's name in brackets and may hold spaces. Nothing for a
 * process that is dead and only waits for its parent to look.
 */
function startOf(pid: number): string {
  const stat = procFile(`/proc/${pid}/stat`)
  const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return state === 'Z' || state === 'X' ? '' : (fields[18] ?? '')
}

function kernelLockHolder(file: string): number | undefined {
  const { ino } = fs.statSync(file)
  const line = procFile('/proc/locks')
    .split('\n')
    .find((line) => line.includes(' POSIX ') && line.includes(' WRITE ') && line.includes(`:${ino} `))
  const pid = Number(line?.trim().split(/\s+/)[4])
  return pid > 0 ? pid : undefined
}

function lockedBy(file: string, holder: string): DiskError {
  return new DiskError('ELOCKED', `${path.dirname(file)} is in use by ${holder} (it holds ${file})`)
}
