import { type DirEntry, type Disk, DiskError, type DiskFile, type FileStat } from './disk.ts'

/** What is about to happen to the disk: each is one step after which a machine could stop. */
export interface DiskOperation {
  kind: 'create' | 'write' | 'truncate' | 'sync' | 'rename' | 'remove' | 'makeDir' | 'syncDir' | 'lock'
  path: string
  /** Bytes to be written, for a write. */
  bytes: number
}

/**
 * Decides the fate of an operation. Nothing: it happens. A DiskError (or any other): it fails and changes nothing.
 * `{ written, error }`: a write gets that many bytes down and fails then.
 */
export type DiskHook = (operation: DiskOperation) => Error | { written: number; error: Error } | undefined

/** What a crash leaves: 'written' is the death of the process, 'synced' that of the machine. */
export type CrashKind = 'written' | 'synced'

/**
 * A disk in memory, with the same interface and failures as the real one. `crash` takes away what the chosen kind of
 * crash would; handles from before it are dead and locks are free.
 */
export class MemoryDisk implements Disk {
  /** Asked before every operation that changes something. */
  hook: DiskHook | undefined
  /** Names as programs see them, and as they would be found after the machine lost power. Values are shared. */
  #entries = new Map<string, Node>()
  #durable = new Map<string, Node>()
  /** Directories that were renamed since their parent was synced: new name to old. */
  readonly #renamed = new Map<string, string>()
  #locks = new Set<string>()
  #now: () => number
  /** Counts crashes: a handle of an earlier life is dead. */
  life = 0

  constructor(options: { wallMs?: () => number } = {}) {
    this.#now = options.wallMs ?? (() => 0)
  }

  crash(kind: CrashKind): void {
    this.life++
    this.#locks.clear()
    this.#renamed.clear()
    if (kind === 'written') return
    this.#entries = new Map(this.#durable)
    for (const node of this.#entries.values()) {
      if (node instanceof FileNode) node.revert()
    }
  }

  /** All files with their content, for comparing in tests. Paths in order. */
  files(): Map<string, Buffer> {
    const files = [...this.#entries].filter((entry): entry is [string, FileNode] => entry[1] instanceof FileNode)
    return new Map(files.sort(([a], [b]) => (a < b ? -1 : 1)).map(([path, node]) => [path, node.content()]))
  }

  open(path: string, options?: { create?: boolean }): DiskFile {
    const name = normal(path)
    const found = this.#entries.get(name)
    if (found === DIRECTORY) throw new DiskError('EISDIR', `cannot open ${path}: EISDIR`)
    if (found !== undefined) return new MemoryFile(this, path, found)
    if (!options?.create) throw missing('open', path)
    this.#needParent('open', name)
    this.apply({ kind: 'create', path: name, bytes: 0 })
    const node = new FileNode(this.#now())
    this.#entries.set(name, node)
    return new MemoryFile(this, path, node)
  }

  exists(path: string): boolean {
    return this.#entries.has(normal(path))
  }

  stat(path: string): FileStat | undefined {
    const node = this.#entries.get(normal(path))
    if (node === undefined) return undefined
    if (node === DIRECTORY) return { size: 0, modifiedMs: 0, isDirectory: true }
    return { size: node.size, modifiedMs: node.modifiedMs, isDirectory: false }
  }

  /** As large as may be, and never full. */
  space(_path: string): { totalBytes: number; usableBytes: number } {
    return { totalBytes: Number.MAX_SAFE_INTEGER, usableBytes: Number.MAX_SAFE_INTEGER }
  }

  makeDir(path: string): void {
    const name = normal(path)
    const found = this.#entries.get(name)
    if (found === DIRECTORY || name === '') return
    if (found !== undefined) throw new DiskError('EEXIST', `cannot create directory ${path}: EEXIST`)
    this.makeDir(parentOf(name))
    this.apply({ kind: 'makeDir', path: name, bytes: 0 })
    this.#entries.set(name, DIRECTORY)
  }

  list(path: string): DirEntry[] {
    const name = normal(path)
    if (this.#entries.get(name) !== DIRECTORY) throw missing('list', path)
    const entries: DirEntry[] = []
    for (const [entry, node] of this.#entries) {
      if (parentOf(entry) === name)
        entries.push({ name: entry.slice(name.length + 1), isDirectory: node === DIRECTORY })
    }
    return entries
  }

  rename(from: string, to: string): void {
    const [source, target] = [normal(from), normal(to)]
    const node = this.#entries.get(source)
    if (node === undefined) throw missing('rename', from)
    this.#needParent('rename', target)
    const replaced = this.#entries.get(target)
    if ((node === DIRECTORY || replaced === DIRECTORY) && replaced !== undefined) {
      throw new DiskError('ENOTEMPTY', `cannot rename ${from}: ENOTEMPTY`)
    }
    this.apply({ kind: 'rename', path: source, bytes: 0 })
    if (node === DIRECTORY) this.#renamed.set(target, source)
    for (const [path, moved] of [...this.#entries]) {
      if (path !== source && !path.startsWith(`${source}/`)) continue
      this.#entries.delete(path)
      this.#entries.set(target + path.slice(source.length), moved)
    }
  }

  remove(path: string): void {
    const name = normal(path)
    const node = this.#entries.get(name)
    if (node === undefined) return
    if (node === DIRECTORY) throw new DiskError('EISDIR', `cannot remove ${path}: EISDIR`)
    this.apply({ kind: 'remove', path: name, bytes: 0 })
    this.#entries.delete(name)
  }

  removeTree(path: string): void {
    const name = normal(path)
    for (const entry of [...this.#entries.keys()]) {
      if (entry !== name && !entry.startsWith(`${name}/`)) continue
      this.apply({ kind: 'remove', path: entry, bytes: 0 })
      this.#entries.delete(entry)
    }
  }

  readFile(path: string): Buffer {
    const node = this.#entries.get(normal(path))
    if (node === undefined) throw missing('read', path)
    if (node === DIRECTORY) throw new DiskError('EISDIR', `cannot read ${path}: EISDIR`)
    return node.content()
  }

  replaceFile(path: string, data: Buffer | string, options?: { sync?: boolean }): void {
    const file = this.open(`${path}.tmp`, { create: true })
    file.truncate(0)
    file.write(0, [Buffer.from(data as string)])
    if (options?.sync) file.sync()
    file.close()
    this.rename(`${path}.tmp`, path)
    if (options?.sync) this.syncDir(parentOf(normal(path)))
  }

  /** Makes the names in this directory durable (the content of its files is the affair of each file's sync). */
  syncDir(path: string): void {
    const name = normal(path)
    if (this.#entries.get(name) !== DIRECTORY) throw missing('sync directory', path)
    this.apply({ kind: 'syncDir', path: name, bytes: 0 })
    this.#moveDurable(name)
    for (const entry of [...this.#durable.keys()]) {
      if (parentOf(entry) !== name || this.#entries.has(entry)) continue
      for (const below of [...this.#durable.keys()]) {
        if (below === entry || below.startsWith(`${entry}/`)) this.#durable.delete(below)
      }
    }
    for (const [entry, node] of this.#entries) {
      if (parentOf(entry) === name) this.#durable.set(entry, node)
    }
    // The way to the directory itself: ext4 and xfs commit parents with a synced child's creation.
    for (let dir = name; dir !== ''; dir = parentOf(dir)) this.#durable.set(dir, DIRECTORY)
  }

  /** What a directory holds is in itself, whatever it is called. */
  #moveDurable(parent: string): void {
    for (const [to, from] of this.#renamed) {
      if (parentOf(to) !== parent) continue
      this.#renamed.delete(to)
      for (const [path, node] of [...this.#durable]) {
        if (path.startsWith(`${from}/`)) this.#durable.set(to + path.slice(from.length), node)
      }
    }
  }

  async syncDirAsync(path: string): Promise<void> {
    this.syncDir(path)
  }

  lock(path: string): { release(): void } {
    const name = normal(path)
    this.#needParent('lock', name)
    if (this.#locks.has(name)) {
      throw new DiskError('ELOCKED', `${parentOf(name)} is in use by this process (it holds ${path})`)
    }
    this.apply({ kind: 'lock', path: name, bytes: 0 })
    this.#locks.add(name)
    const { life } = this
    return {
      release: () => {
        if (this.life === life) this.#locks.delete(name)
      },
    }
  }

  /** Asks the hook; throws what it says. */
  apply(operation: DiskOperation): void {
    const verdict = this.hook?.(operation)
    if (verdict === undefined) return
    throw verdict instanceof Error ? verdict : verdict.error
  }

  now(): number {
    return this.#now()
  }

  #needParent(what: string, name: string): void {
    if (this.#entries.get(parentOf(name)) !== DIRECTORY && parentOf(name) !== '') throw missing(what, name)
  }
}

const DIRECTORY = Symbol('directory')
type Node = FileNode | typeof DIRECTORY

/** A file's bytes. What lies between the stored bytes and `size` is zeros, so a preallocated file costs nothing. */
class FileNode {
  #data = Buffer.alloc(0)
  #synced = Buffer.alloc(0)
  #syncedSize = 0
  /** What was changed since the last sync lies within. */
  #dirtyFrom = 0
  #dirtyTo = 0
  size = 0
  modifiedMs: number

  constructor(nowMs: number) {
    this.modifiedMs = nowMs
  }

  write(position: number, bytes: Uint8Array): void {
    const end = position + bytes.length
    if (end > this.#data.length) {
      const grown = Buffer.alloc(Math.max(end, 2 * this.#data.length))
      this.#data.copy(grown)
      this.#data = grown
    }
    this.#data.set(bytes, position)
    this.size = Math.max(this.size, end)
    this.#touch(position, end)
  }

  read(position: number, into: Uint8Array): number {
    const length = Math.max(0, Math.min(into.length, this.size - position))
    into.fill(0, 0, length)
    into.set(this.#data.subarray(position, position + length))
    return length
  }

  truncate(size: number): void {
    if (size < this.#data.length) {
      this.#data.fill(0, size)
      this.#touch(size, this.#data.length)
    }
    this.size = size
  }

  content(): Buffer {
    const content = Buffer.alloc(this.size)
    this.read(0, content)
    return content
  }

  sync(): void {
    if (this.#synced.length < this.#data.length) {
      const grown = Buffer.alloc(this.#data.length)
      this.#synced.copy(grown)
      this.#synced = grown
    }
    if (this.#dirtyTo > this.#dirtyFrom) this.#data.copy(this.#synced, this.#dirtyFrom, this.#dirtyFrom, this.#dirtyTo)
    this.#syncedSize = this.size
    this.#dirtyFrom = this.#dirtyTo = 0
  }

  revert(): void {
    this.#data = Buffer.from(this.#synced)
    this.size = this.#syncedSize
    this.#dirtyFrom = this.#dirtyTo = 0
  }

  #touch(from: number, to: number): void {
    const isClean = this.#dirtyFrom === this.#dirtyTo
    this.#dirtyFrom = isClean ? from : Math.min(from, this.#dirtyFrom)
    this.#dirtyTo = isClean ? to : Math.max(to, this.#dirtyTo)
  }
}

class MemoryFile implements DiskFile {
  readonly path: string
  readonly #disk: MemoryDisk
  readonly #node: FileNode
  readonly #life: number
  #closed = false

  constructor(disk: MemoryDisk, path: string, node: FileNode) {
    this.#disk = disk
    this.path = path
    this.#node = node
    this.#life = disk.life
  }

  size(): number {
    this.#check()
    return this.#node.size
  }

  write(position: number, buffers: readonly Uint8Array[]): void {
    this.#check()
    const all = buffers.length === 1 ? buffers[0]! : Buffer.concat(buffers)
    const verdict = this.#disk.hook?.({ kind: 'write', path: normal(this.path), bytes: all.length })
    if (verdict instanceof Error) throw verdict
    this.#node.write(position, verdict === undefined ? all : all.subarray(0, verdict.written))
    this.#node.modifiedMs = this.#disk.now()
    if (verdict !== undefined) throw verdict.error
  }

  read(position: number, into: Uint8Array): number {
    this.#check()
    return this.#node.read(position, into)
  }

  async readAsync(position: number, into: Uint8Array): Promise<number> {
    return this.read(position, into)
  }

  truncate(size: number): void {
    this.#check()
    this.#disk.apply({ kind: 'truncate', path: normal(this.path), bytes: size })
    this.#node.truncate(size)
  }

  sync(): void {
    this.#check()
    this.#disk.apply({ kind: 'sync', path: normal(this.path), bytes: 0 })
    this.#node.sync()
  }

  async syncAsync(): Promise<void> {
    this.sync()
  }

  close(): void {
    this.#closed = true
  }

  #check(): void {
    if (this.#closed || this.#life !== this.#disk.life) throw new DiskError('EBADF', `${this.path} is closed: EBADF`)
  }
}

/** Slashes as separators, none at the end; the root is the empty string. */
function normal(path: string): string {
  return path.replaceAll('\\', '/').replace(/\/+$/, '')
}

function parentOf(name: string): string {
  return name.slice(0, Math.max(0, name.lastIndexOf('/')))
}

function missing(what: string, path: string): DiskError {
  return new DiskError('ENOENT', `cannot ${what} ${path}: ENOENT`)
}
