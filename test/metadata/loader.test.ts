import t from 'tap'
import type { MetadataRecord } from '../../protocol/metadata/index.ts'
import { MetadataLoader } from '../../src/metadata/loader.ts'
import { record } from '../../src/metadata/record.ts'

const topic = (name: string, id: string) => record('TopicRecord', 0, { name, topicId: `${id.repeat(21)}Q` })
const begin = record('BeginTransactionRecord', 0, { name: 'test' })
const end = record('EndTransactionRecord', 0, {})
const abort = record('AbortTransactionRecord', 0, {})

function watched() {
  const loader = new MetadataLoader()
  const seen: [number, string[]][] = []
  loader.subscribe((delta, image) => {
    seen.push([image.offset, [...delta.topics.changed.values()].map(({ name }) => name)])
  })
  let offset = -1
  const handle = (...records: MetadataRecord[]) => {
    offset += records.length
    loader.handle(records, offset, 1)
  }
  return { loader, seen, handle }
}

t.test('C16: a batch is published at its end', async (t) => {
  const { loader, seen, handle } = watched()
  handle(topic('a', 'A'), topic('b', 'B'))
  handle(topic('c', 'C'))
  t.strictSame(seen, [
    [1, ['a', 'b']],
    [2, ['c']],
  ])
  t.strictSame([loader.image.offset, loader.image.epoch], [2, 1])
})

t.test('C16: a transaction over several batches is published at its end', async (t) => {
  const { loader, seen, handle } = watched()
  handle(topic('a', 'A'), begin, topic('b', 'B'))
  t.ok(loader.transactionOpen)
  t.strictSame(seen, [[0, ['a']]], 'what stands before it is seen')
  t.equal(loader.image.offset, 0)
  handle(topic('c', 'C'))
  t.notOk(loader.image.topics.byName.has('b'))
  handle(topic('d', 'D'), end)
  t.strictSame(seen.slice(1), [[5, ['b', 'c', 'd']]])
  t.notOk(loader.transactionOpen)
})

t.test('C16: an aborted one is never seen', async (t) => {
  const { loader, seen, handle } = watched()
  handle(begin, topic('a', 'A'))
  handle(abort)
  t.strictSame(seen, [[2, []]], 'only the offset moves on')
  t.equal(loader.image.topics.byName.size, 0)
})

t.test('C15: a new publisher first gets everything as one delta', async (t) => {
  const { loader, handle } = watched()
  handle(topic('a', 'A'))
  handle(topic('b', 'B'))
  const late: string[][] = []
  loader.subscribe((delta) => {
    late.push([...delta.topics.changed.values()].map(({ name }) => name).sort())
  })
  handle(topic('c', 'C'))
  t.strictSame(late, [['a', 'b'], ['c']])
})

t.test('without publishers the image is made when it is asked for', async (t) => {
  const loader = new MetadataLoader()
  loader.handle([topic('a', 'A')], 0, 1)
  loader.handle([begin, topic('b', 'B')], 2, 1)
  t.strictSame([...loader.image.topics.byName.keys()], ['a'])
  t.equal(loader.image.offset, 0)
  loader.handle([end, topic('c', 'C')], 4, 2)
  t.strictSame([...loader.image.topics.byName.keys()].sort(), ['a', 'b', 'c'])
  t.strictSame([loader.image.offset, loader.image.epoch], [4, 2])
})
