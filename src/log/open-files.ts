import type { Disk, DiskFile } from '../base/disk.ts'

/** Segment files that stay open, over all logs. Further ones are closed, the longest unused first. */
export const MAX_OPEN_FILES = 1000

interface OpenFile {
  file: DiskFile
  users: number
  /** To be closed when the last user is done: another file has taken its name, or it is to go. */
  dropped: boolean
}

/**
 * Open segment files by path. A file in use is never closed under its user: on a real disk the number of a closed
 * descriptor may already belong to another file.
 */
export class OpenFiles {
  readonly #disk: Disk
  readonly #limit: number
  /** In order of last use. */
  readonly #files = new Map<string, OpenFile>()

  constructor(disk: Disk, limit = MAX_OPEN_FILES) {
    this.#disk = disk
    this.#limit = limit
  }

  get size(): number {
    return this.#files.size
  }

  /** Runs `action` with the file; the file may be closed afterwards. */
  use<T>(path: string, action: (file: DiskFile) => T, create = false): T {
    const open = this.#take(path, create)
    try {
      return action(open.file)
    } finally {
      this.#leave(open)
    }
  }

  async useAsync<T>(path: string, action: (file: DiskFile) => Promise<T>): Promise<T> {
    const open = this.#take(path, false)
    try {
      return await action(open.file)
    } finally {
      this.#leave(open)
    }
  }

  /** Closes the file at `path`, as soon as nobody uses it. To be called before a rename or removal. */
  drop(path: string): void {
    const open = this.#files.get(path)
    if (open === undefined) return
    this.#files.delete(path)
    open.dropped = true
    if (open.users === 0) open.file.close()
  }

  #take(path: string, create: boolean): OpenFile {
    let open = this.#files.get(path)
    if (open === undefined) {
      this.#makeRoom()
      open = { file: this.#disk.open(path, { create }), users: 0, dropped: false }
    } else {
      this.#files.delete(path)
    }
    this.#files.set(path, open)
    open.users++
    return open
  }

  #leave(open: OpenFile): void {
    open.users--
    if (open.dropped && open.users === 0) open.file.close()
  }

  #makeRoom(): void {
    if (this.#files.size < this.#limit) return
    for (const [path, open] of this.#files) {
      if (open.users > 0) continue
      this.drop(path)
      return
    }
  }
}
