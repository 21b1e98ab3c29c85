import fc from 'fast-check'
import t from 'tap'
import { formatJavaProperties, javaDate, parseJavaProperties } from '../../../protocol/checkpoint/java-properties.ts'
import { DecodeError } from '../../../protocol/errors.ts'

const read = (text: string) => [...parseJavaProperties(text)]

t.test('B40: separators, spaces, comments and blank lines', async (t) => {
  const text = [
    '# a comment = no',
    '  ! another \\',
    'broker.id=1',
    '',
    '   \t ',
    'spaced   =   value with end  ',
    'colon:v:w=x',
    'space value of it',
    '\ttab\t:\tvalue',
    'empty',
    'empty2=',
    '=no key',
    'twice=1',
    'twice=2',
    'listeners=PLAINTEXT://:9092,CONTROLLER://:9093',
  ].join('\n')
  t.same(read(text), [
    ['broker.id', '1'],
    ['spaced', 'value with end  '],
    ['colon', 'v:w=x'],
    ['space', 'value of it'],
    ['tab', 'value'],
    ['empty', ''],
    ['empty2', ''],
    ['', 'no key'],
    ['twice', '2'],
    ['listeners', 'PLAINTEXT://:9092,CONTROLLER://:9093'],
  ])
})

t.test('B40: all line ends', async (t) => {
  t.same(read('a=1\r\nb=2\rc=3\n\r\nd=4'), [
    ['a', '1'],
    ['b', '2'],
    ['c', '3'],
    ['d', '4'],
  ])
})

t.test('B40: continuation lines', async (t) => {
  t.same(read('a=1,\\\n   2,\\\r\n\t3\nb=x\\\\\nc=y\\\\\\\nz'), [
    ['a', '1,2,3'],
    ['b', 'x\\'],
    ['c', 'y\\z'],
  ])
  t.same(read('a=1\\\n# not a comment\n'), [['a', '1# not a comment']])
  t.same(read('a=1\\\n\nb=2'), [
    ['a', '1'],
    ['b', '2'],
  ])
  t.same(read('a=1\\'), [['a', '1']])
  t.same(read('\\\n b=2'), [['b', '2']])
})

t.test('B40: escapes', async (t) => {
  t.same(read('k\\=e\\ y\\:=v\\t\\n\\r\\f\\\\ \\u00e4\\u20AC\\q\\"'), [['k=e y:', 'v\t\n\r\f\\ ä€q"']])
  t.same(read('a=\\uD83D\\uDE00'), [['a', '😀']])
  for (const bad of ['a=\\u12', 'a=\\u12g4', '\\u=1']) t.throws(() => read(bad), DecodeError)
})

t.test('B40: bytes are Latin-1', async (t) => {
  t.same([...parseJavaProperties(Buffer.from([0x61, 0x3d, 0xe4]))], [['a', 'ä']])
})

t.test('B40: what is written is read, and is ASCII', async () => {
  const text = fc.string({ unit: 'binary', maxLength: 12 })
  fc.assert(
    fc.property(fc.uniqueArray(fc.tuple(text, text), { selector: ([key]) => key }), (entries) => {
      const written = formatJavaProperties(entries, ['', 'comment'])
      t.same(read(written), entries)
      return /^[\n -~]*$/.test(written)
    }),
  )
})

t.test('B40: arbitrary text is read or refused', async () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'\\\n\r =:#!\tu0aF') }), (text) => {
      try {
        parseJavaProperties(text)
        return true
      } catch (error) {
        return error instanceof DecodeError
      }
    }),
  )
})

t.test('B40: how Java escapes', async (t) => {
  t.equal(
    formatJavaProperties([[' a b', '  c d=e:f#g!\\\tä€']]),
    '\\ a\\ b=\\  c d\\=e\\:f\\#g\\!\\\\\\t\\u00E4\\u20AC\n',
  )
})

t.test('B40: how Java dates', async (t) => {
  t.equal(javaDate(0), 'Thu Jan 01 00:00:00 UTC 1970')
  t.equal(javaDate(1700000000000), 'Tue Nov 14 22:13:20 UTC 2023')
})
