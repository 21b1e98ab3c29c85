import { spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import t from 'tap'
import { type Disk, DiskError } from '../../src/base/disk.ts'
import { MemoryDisk } from '../../src/base/memory-disk.ts'
import { createSystemDisk } from '../../src/base/system-disk.ts'

const kinds: Record<string, (root: string) => Disk> = {
  'the system disk': () => createSystemDisk(),
  'the memory disk': (root) => {
    const disk = new MemoryDisk()
    disk.makeDir(root)
    return disk
  },
}

const bytes = (text: string) => Buffer.from(text)

for (const [name, create] of Object.entries(kinds)) {
  t.test(name, async (t) => {
    const root = t.testdir()
    const disk = create(root)
    const at = (file: string) => path.join(root, file)

    t.test('a missing file is ENOENT unless it is to be created', async (t) => {
      t.throws(() => disk.open(at('none')), { name: 'DiskError', code: 'ENOENT' })
      t.throws(() => disk.readFile(at('none')), { code: 'ENOENT' })
      t.throws(() => disk.list(at('none')), { code: 'ENOENT' })
      t.equal(disk.stat(at('none')), undefined)
      t.equal(disk.exists(at('none')), false)
      disk.open(at('new'), { create: true }).close()
      t.equal(disk.stat(at('new'))?.size, 0)
    })

    t.test('writes are gathered, at their position, and whole', async (t) => {
      const file = disk.open(at('gathered'), { create: true })
      file.write(0, [bytes('ab'), bytes(''), bytes('cde')])
      file.write(4, [bytes('XY')])
      t.equal(file.size(), 6)
      const into = Buffer.alloc(10)
      t.equal(file.read(0, into), 6)
      t.equal(into.toString('latin1', 0, 6), 'abcdXY')
      t.equal(await file.readAsync(4, into), 2)
      t.equal(await file.readAsync(6, into), 0)
      t.equal(file.read(100, into), 0)
      file.close()
    })

    t.test('more buffers than one system call takes', async (t) => {
      const file = disk.open(at('many'), { create: true })
      const buffers = Array.from({ length: 3000 }, (_, i) => bytes(String.fromCharCode(97 + (i % 26))))
      file.write(0, buffers)
      t.same(disk.readFile(at('many')), Buffer.concat(buffers))
      file.close()
    })

    t.test('truncate cuts, and extends with zeros', async (t) => {
      const file = disk.open(at('cut'), { create: true })
      file.write(0, [bytes('abcdef')])
      file.truncate(3)
      file.truncate(5)
      t.same(disk.readFile(at('cut')), Buffer.from('abc\0\0'))
      file.truncate(10 * 1024 * 1024)
      t.equal(file.size(), 10 * 1024 * 1024)
      file.sync()
      await file.syncAsync()
      file.close()
    })

    t.test('a closed file is of no use, and closing twice does no harm', async (t) => {
      const file = disk.open(at('closed'), { create: true })
      file.close()
      file.close()
      t.throws(() => file.write(0, [bytes('a')]), DiskError)
    })

    t.test('directories are made with their parents, listed, renamed and removed', async (t) => {
      disk.makeDir(at('a/b/c'))
      disk.makeDir(at('a/b/c'))
      disk.replaceFile(at('a/b/file'), 'one')
      const names = disk.list(at('a/b')).sort((x, y) => (x.name < y.name ? -1 : 1))
      t.same(names, [
        { name: 'c', isDirectory: true },
        { name: 'file', isDirectory: false },
      ])
      t.equal(disk.stat(at('a/b'))?.isDirectory, true)
      disk.rename(at('a/b'), at('moved'))
      t.equal(disk.readFile(at('moved/file')).toString(), 'one')
      t.equal(disk.exists(at('a/b/file')), false)
      disk.syncDir(at('moved'))
      await disk.syncDirAsync(at('moved'))
      disk.removeTree(at('moved'))
      disk.removeTree(at('moved'))
      t.equal(disk.exists(at('moved/file')), false)
    })

    t.test('rename replaces a file; a missing source is ENOENT', async (t) => {
      disk.replaceFile(at('old'), 'old')
      disk.replaceFile(at('fresh'), bytes('fresh'), { sync: true })
      disk.rename(at('fresh'), at('old'))
      t.equal(disk.readFile(at('old')).toString(), 'fresh')
      t.throws(() => disk.rename(at('fresh'), at('old')), { code: 'ENOENT' })
      t.notOk(disk.exists(at('fresh.tmp')))
    })

    t.test('removing what is not there is no error', async (t) => {
      disk.remove(at('nothing'))
      disk.replaceFile(at('something'), '')
      disk.remove(at('something'))
      t.equal(disk.exists(at('something')), false)
    })

    t.test('B45: a lock is taken once, and again when it was released', async (t) => {
      const lock = disk.lock(at('.lock'))
      t.throws(() => disk.lock(at('.lock')), { code: 'ELOCKED', message: /in use by this process/ })
      lock.release()
      lock.release()
      disk.lock(at('.lock')).release()
    })
  })
}

t.test('the lock of the system disk', async (t) => {
  const disk = createSystemDisk()
  const write = (file: string, holder: object) => fs.writeFileSync(file, JSON.stringify(holder))
  const host = os.hostname()
  const linux = process.platform === 'linux'
  const boot = linux ? fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim() : ''

  t.test('names the process that holds it', { skip: !linux }, async (t) => {
    const child = spawn(process.execPath, ['-e', 'process.stdin.resume()'], { stdio: ['pipe', 'ignore', 'ignore'] })
    await once(child, 'spawn')
    const file = path.join(t.testdir(), '.lock')
    const stat = fs.readFileSync(`/proc/${child.pid}/stat`, 'utf8')
    const started = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
    write(file, { pid: child.pid, started, boot, host })
    t.throws(() => disk.lock(file), { code: 'ELOCKED', message: new RegExp(`process ${child.pid} `) })
    child.stdin!.end()
    await once(child, 'exit')
    disk.lock(file).release()
  })

  t.test('a stale one is taken over: dead, of another start, of this pid, of another boot or host', async (t) => {
    const file = path.join(t.testdir(), '.lock')
    const stale = [
      { pid: 2 ** 22 + 1, started: '1', boot, host },
      { pid: process.ppid, started: 'earlier', boot, host },
      { pid: process.pid, started: '1', boot, host },
      { pid: process.ppid, started: '1', boot: 'another', host },
      { pid: process.ppid, started: '1', boot, host: 'another' },
    ]
    for (const holder of stale) {
      write(file, holder)
      const lock = disk.lock(file)
      t.match(JSON.parse(fs.readFileSync(file, 'utf8')), { pid: process.pid, host })
      lock.release()
      t.notOk(fs.existsSync(file))
    }
  })

  t.test('an empty file, as Apache Kafka leaves it behind, is nobody’s', async (t) => {
    const file = path.join(t.testdir({ '.lock': '' }), '.lock')
    disk.lock(file).release()
    t.same(fs.readdirSync(path.dirname(file)), [])
  })
})

t.test('the memory disk', async (t) => {
  t.test('loses with the process nothing that was written', async (t) => {
    const disk = new MemoryDisk()
    disk.makeDir('/d')
    const file = disk.open('/d/f', { create: true })
    file.write(0, [bytes('abc')])
    disk.lock('/d/.lock')
    disk.crash('written')
    t.equal(disk.readFile('/d/f').toString(), 'abc')
    t.throws(() => file.size(), { code: 'EBADF' })
    disk.lock('/d/.lock')
  })

  t.test('loses with the machine what was not synced: bytes, lengths and names', async (t) => {
    const disk = new MemoryDisk()
    disk.makeDir('/d')
    const file = disk.open('/d/f', { create: true })
    file.write(0, [bytes('abc')])
    file.sync()
    disk.syncDir('/d')
    file.write(3, [bytes('def')])
    disk.replaceFile('/d/unsynced', 'x')
    disk.remove('/d/f')
    disk.crash('synced')
    t.same(
      [...disk.files()].map(([name, content]) => [name, content.toString()]),
      [['/d/f', 'abc']],
    )
  })

  t.test('fails where the hook says so, and writes no more than it says', async (t) => {
    const disk = new MemoryDisk()
    disk.makeDir('/d')
    const file = disk.open('/d/f', { create: true })
    const full = new DiskError('ENOSPC', 'full')
    disk.hook = (operation) => (operation.kind === 'write' ? { written: 2, error: full } : undefined)
    t.throws(() => file.write(0, [bytes('ab'), bytes('cd')]), full)
    disk.hook = ({ kind }) => (kind === 'create' ? full : undefined)
    t.throws(() => disk.open('/d/g', { create: true }), full)
    disk.hook = undefined
    t.equal(disk.readFile('/d/f').toString(), 'ab')
    t.notOk(disk.exists('/d/g'))
  })
})
