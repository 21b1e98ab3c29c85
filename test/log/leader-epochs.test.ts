import t from 'tap'
import { MemoryDisk } from '../../src/base/memory-disk.ts'
import { LeaderEpochs } from '../../src/log/leader-epochs.ts'

const PATH = '/d/leader-epoch-checkpoint'

function epochs(...entries: [number, number][]) {
  const disk = new MemoryDisk()
  disk.makeDir('/d')
  const cache = new LeaderEpochs(disk, PATH)
  for (const [epoch, startOffset] of entries) cache.assign(epoch, startOffset)
  return {
    disk,
    cache,
    text: () => disk.readFile(PATH).toString(),
    list: () => cache.entries.map((e) => [e.epoch, e.startOffset]),
  }
}

t.test('B33, B34: the file of a fresh partition that has a leader', async (t) => {
  const { text } = epochs([0, 0])
  t.equal(text(), '0\n1\n0 0\n')
})

t.test('B35: an epoch that got no data disappears at the next one', async (t) => {
  const { list, text } = epochs([0, 0], [1, 10], [2, 10])
  t.same(list(), [
    [0, 0],
    [2, 10],
  ])
  t.equal(text(), '0\n2\n0 0\n2 10\n')
})

t.test('a known epoch is left as it is, an older one replaces what contradicts it', async (t) => {
  const { cache, list } = epochs([0, 0], [3, 10])
  cache.assign(3, 15)
  t.same(list(), [
    [0, 0],
    [3, 10],
  ])
  cache.assign(3, 5)
  t.same(list(), [
    [0, 0],
    [3, 5],
  ])
})

t.test('B36: raising the log start keeps the epoch in force, from there on', async (t) => {
  const { cache, list } = epochs([0, 0], [1, 10], [2, 20])
  cache.truncateStart(15)
  t.same(list(), [
    [1, 15],
    [2, 20],
  ])
  cache.truncateStart(20)
  t.same(list(), [[2, 20]])
  cache.truncateStart(50)
  t.same(list(), [[2, 50]])
})

t.test('B36: a start below the first epoch changes nothing', async (t) => {
  const { cache, list } = epochs([1, 10])
  cache.truncateStart(5)
  t.same(list(), [[1, 10]])
})

t.test('B37: cutting the end removes epochs that begin there or later', async (t) => {
  const { cache, list } = epochs([0, 0], [1, 10], [2, 20])
  cache.truncateEnd(20)
  t.same(list(), [
    [0, 0],
    [1, 10],
  ])
  cache.truncateEnd(5)
  t.same(list(), [[0, 0]])
})

t.test('D37: where an epoch ended', async (t) => {
  const { cache } = epochs([1, 10], [3, 20], [5, 30])
  t.same(cache.endOffsetFor(5, 42), { epoch: 5, endOffset: 42 })
  t.same(cache.endOffsetFor(6, 42), { epoch: -1, endOffset: -1 })
  t.same(cache.endOffsetFor(4, 42), { epoch: 3, endOffset: 30 })
  t.same(cache.endOffsetFor(3, 42), { epoch: 3, endOffset: 30 })
  t.same(cache.endOffsetFor(0, 42), { epoch: 0, endOffset: 10 })
  t.same(epochs().cache.endOffsetFor(0, 0), { epoch: -1, endOffset: -1 })
  t.equal(cache.epochAt(25), 3)
  t.equal(cache.epochAt(5), undefined)
  t.equal(cache.previous(5), 3)
})

t.test('the file brings them back', async (t) => {
  const { disk, cache } = epochs([1, 10], [3, 20])
  t.equal(await cache.sync(), true)
  t.equal(await cache.sync(), false)
  const again = new LeaderEpochs(disk, PATH)
  again.load()
  t.same(again.entries, cache.entries)
})

t.test('bad input: a damaged file is named in one sentence', async (t) => {
  const disk = new MemoryDisk()
  disk.makeDir('/d')
  for (const text of ['1\n', '0\n2\n0 0\n', '0\n1\nx 0\n', '\0\0\0']) {
    disk.replaceFile(PATH, text)
    t.throws(() => new LeaderEpochs(disk, PATH).load(), {
      name: 'DiskError',
      code: 'EDAMAGED',
      message: /^\/d\/leader.* is damaged: /,
    })
  }
})
