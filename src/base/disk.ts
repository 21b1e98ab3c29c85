/**
 * The disk as the broker sees it. Paths are absolute, in the platform's notation. Every failure is a `DiskError`;
 * what it means for a partition is decided by its log (KIP-112: the log directory goes offline).
 *
 * Writes are synchronous: they end in the page cache, and one gathered write a turn of the event loop costs less than
 * a trip through the thread pool. What can block for long (fsync, a read outside the page cache) has an async form.
 */
export interface Disk {
  /** Opens for reading and writing; creates the file where `create` is set, else a missing file is a DiskError ENOENT. */
  open(path: string, options?: { create?: boolean }): DiskFile
  exists(path: string): boolean
  stat(path: string): FileStat | undefined
  /** Size of the volume that `path` is on, and what of it is free for us. */
  space(path: string): { totalBytes: number; usableBytes: number }
  /** Creates the directory and its missing parents. */
  makeDir(path: string): void
  list(path: string): DirEntry[]
  /** Atomic; replaces a file at `to`. Directories too, where `to` does not exist. */
  rename(from: string, to: string): void
  /** Removes a file; a missing one is no error. */
  remove(path: string): void
  /** Removes a directory and all below it; a missing one is no error. */
  removeTree(path: string): void
  readFile(path: string): Buffer
  /** Writes `<path>.tmp`, optionally fsyncs file and directory, and renames it over `path`. */
  replaceFile(path: string, data: Buffer | string, options?: { sync?: boolean }): void
  syncDir(path: string): void
  syncDirAsync(path: string): Promise<void>
  /** Takes the exclusive lock at `path` for this process, or throws DiskError ELOCKED that names the holder. */
  lock(path: string): { release(): void }
}

export interface DiskFile {
  readonly path: string
  size(): number
  /** Writes all buffers one after the other from `position` on, whole or throws. */
  write(position: number, buffers: readonly Uint8Array[]): void
  /** Reads up to `into.length` bytes; returns how many there were. */
  read(position: number, into: Uint8Array): number
  readAsync(position: number, into: Uint8Array): Promise<number>
  /** Cuts or extends (with zeros, sparse where the file system can) to `size` bytes. */
  truncate(size: number): void
  /** fdatasync. */
  sync(): void
  syncAsync(): Promise<void>
  close(): void
}

export interface FileStat {
  size: number
  modifiedMs: number
  isDirectory: boolean
}

export interface DirEntry {
  name: string
  isDirectory: boolean
}

/** A failed disk operation: `code` is the system's (ENOSPC, EIO, ENOENT, …), ELOCKED, or EDAMAGED for what a file says. */
export class DiskError extends Error {
  readonly code: string
  constructor(code: string, message: string, cause?: unknown) {
    super(message, { cause })
    this.name = 'DiskError'
    this.code = code
  }
}
