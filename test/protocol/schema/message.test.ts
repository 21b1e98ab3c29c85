import { execFileSync } from 'node:child_process'
import t from 'tap'
import { DecodeError, EncodeError } from '../../../protocol/errors.ts'
import { compileDecoder, compileEncoder } from '../../../protocol/schema/compile.ts'
import { message } from '../../../protocol/schema/message.ts'
import { array, boolean, int8, int16, int32, int64, records, string, struct } from '../../../protocol/schema/types.ts'
import { Reader } from '../../../protocol/wire/reader.ts'
import { Writer } from '../../../protocol/wire/writer.ts'

const Sample = message(
  'Sample',
  { key: 7, versions: [0, 3], flexible: 2 },
  {
    id: int32,
    name: string.nullableSince(1),
    added: int16.since(1).default(-1),
    hint: string.since(1).default('').ignorable(),
    gone: boolean.until(0),
    items: array({ at: int8, note: string.since(2).ignorable() }),
    cursor: struct({ topic: string }).nullable().default(null).versions(1, 3),
    tagged: int64.default(-1n).tag(3, 2),
    place: struct({ x: int32, y: int32.default(5) }).tag(0, 2),
    maybe: struct({ z: int8 }).nullable().default(null).tag(1, 3),
    list: array(string).nullable().default(null).tag(2, 2),
  },
)
type Sample = typeof Sample.T

const encode = (version: number, value: typeof Sample.Input): string => {
  const writer = new Writer()
  Sample.encode(writer, version, value)
  return writer.finishContiguous().toString('hex')
}
const decode = (version: number, hex: string): Sample => Sample.decode(new Reader(Buffer.from(hex, 'hex')), version)

t.test('fields of some versions are at their defaults in the others', (t) => {
  t.equal(encode(0, { id: 1, name: 'a', items: [{ at: 2 }] }), '00000001000161000000000102')
  t.strictSame(decode(0, '00000001000161010000000102'), {
    id: 1,
    name: 'a',
    added: -1,
    hint: '',
    gone: true,
    items: [{ at: 2, note: '' }],
    cursor: null,
    tagged: -1n,
    place: { x: 0, y: 5 },
    maybe: null,
    list: null,
  })
  t.end()
})

t.test('flexible versions: compact lengths, and tagged fields in the order of their tags', (t) => {
  const value = { id: 1, name: null, items: [], cursor: { topic: 't' }, tagged: 2n, place: { x: 1 }, list: ['a'] }
  const fixed = `00000001${'00'}ffff${'01'}${'01'}01${'0274'}00`
  t.equal(
    encode(2, value),
    `${fixed}03${'00'}09${'00000001'}${'00000005'}00${'02'}03${'02'}${'0261'}${'03'}08${'0000000000000002'}`,
  )
  t.end()
})

t.test('a tagged struct that may be null has the byte that says so within its size', (t) => {
  const bytes = encode(3, { id: 1, name: null, items: [], maybe: { z: 9 } })
  t.match(bytes, /0101030109..$/)
  t.strictSame(decode(3, bytes).maybe, { z: 9 })
  t.equal(decode(3, bytes.replace(/0101030109..$/, '010101ff')).maybe, null)
  t.end()
})

t.test('unknown tagged fields are skipped, wherever they stand', (t) => {
  const known = encode(2, { id: 1, name: null, items: [{ at: 1 }] })
  t.ok(known.endsWith('00'))
  const unknown = `${known.slice(0, -2)}02${'09'}02abcd${'7f'}00`
  t.strictSame(decode(2, unknown), decode(2, known))
  t.end()
})

t.test('a tagged field whose size is not that of its content is refused', (t) => {
  const known = encode(2, { id: 1, name: null, items: [] }).slice(0, -2)
  t.throws(() => decode(2, `${known}01${'03'}07${'00000000000000'}00`), DecodeError)
  t.throws(() => decode(2, `${known}01${'03'}09${'0000000000000001'}00`), {
    message: 'tagged field ends -1 bytes away from where its size says',
  })
  t.throws(() => decode(2, `${known}01${'03'}7f`), DecodeError)
  t.end()
})

t.test('a value that the version has no field for is refused, unless it is the default or may be ignored', (t) => {
  const value = { id: 1, name: 'a', items: [] }
  t.throws(() => encode(0, { ...value, added: 3 }), { name: 'EncodeError', message: /added/ })
  t.throws(() => encode(1, { ...value, gone: true }), EncodeError)
  t.throws(() => encode(1, { ...value, place: { x: 1 } }), EncodeError)
  t.equal(encode(0, { ...value, added: -1, hint: 'ignored', place: { x: 0, y: 5 } }), encode(0, value))
  t.equal(encode(1, { ...value, items: [{ at: 1, note: 'ignored' }] }), encode(1, { ...value, items: [{ at: 1 }] }))
  t.end()
})

t.test('null where the version does not allow it', (t) => {
  t.throws(() => encode(0, { id: 1, name: null, items: [] }), { message: 'Sample v0: name: null is no string' })
  t.throws(() => decode(0, '00000001ffff'), DecodeError)
  t.equal(decode(1, '00000001ffffffff000000000000ff').name, null)
  t.end()
})

t.test('what may not be left out is asked for, with the name of the field', (t) => {
  t.throws(() => encode(0, { name: 'a', items: [] } as never), { message: 'Sample v0: id: undefined is no int32' })
  t.throws(() => encode(0, { id: 1, name: 'a', items: {} } as never), EncodeError)
  t.throws(() => encode(0, { id: 1, name: 'a', items: [null] } as never), EncodeError)
  t.throws(() => encode(0, { id: 1, name: 'a', items: [{ at: 300 }] }), {
    message: 'Sample v0: items: at: 300 is no int8',
  })
  t.end()
})

t.test('versions that do not exist', (t) => {
  t.throws(() => encode(4, { id: 1, name: 'a', items: [] }), { message: 'Sample has no version 4' })
  t.throws(() => decode(-1, ''), { name: 'DecodeError', message: 'Sample has no version -1' })
  t.equal(Sample.has(3), true)
  t.equal(Sample.has(4), false)
  t.end()
})

t.test('records are slices when read and references when written', (t) => {
  const Holder = message('Holder', { versions: [0, 0], flexible: 'never' }, { records: records.nullable() })
  const parts = [Buffer.alloc(5000, 1), Buffer.alloc(6000, 2)]
  const writer = new Writer()
  Holder.encode(writer, 0, { records: parts })
  const chunks = writer.finish()
  t.equal(chunks[1], parts[0])
  t.equal(chunks[2], parts[1])
  const frame = Buffer.concat(chunks)
  const decoded = Holder.decode(new Reader(frame), 0).records!
  t.equal(decoded.buffer, frame.buffer)
  t.same(decoded, Buffer.concat(parts))
  t.end()
})

t.test('only names become code', (t) => {
  for (const name of ['a-b', 'a b', '', '1a', 'a}', '__proto__']) {
    const Odd = message('Odd', { versions: [0, 0], flexible: 0 }, { [name]: int8 })
    t.throws(() => compileDecoder(Odd.layout(0)), /not a field name/)
    t.throws(() => compileEncoder(Odd.layout(0)), /not a field name/)
  }
  const Quoted = message(
    'Quoted',
    { versions: [0, 1], flexible: 0 },
    { text: string.since(1).default('\'"`${\n\u2028') },
  )
  t.equal((compileDecoder(Quoted.layout(0))(new Reader(Buffer.of(0))) as { text: string }).text, '\'"`${\n\u2028')
  t.end()
})

t.test('types are inferred from the definition', (t) => {
  const value: Sample = decode(0, '00000001000161000000000102')
  const number: number = value.items[0]!.at
  const big: bigint = value.tagged
  const nullable: string | null = value.name
  // @ts-expect-error id may not be left out
  const missing: typeof Sample.Input = { name: 'a', items: [] }
  // @ts-expect-error name may be null
  const notNull: string = value.name
  t.ok([number, big, nullable, missing, notNull])
  t.end()
})

t.test('the interpreter serves where code may not be generated', (t) => {
  const script = `
    const { ProduceRequest } = await import(${JSON.stringify(new URL('../../../protocol/api/00-produce.js', import.meta.url).href)})
    const { Writer } = await import(${JSON.stringify(new URL('../../../protocol/wire/writer.js', import.meta.url).href)})
    const writer = new Writer()
    ProduceRequest.encode(writer, 9, { acks: 1, timeoutMs: 2, topicData: [] })
    console.log(writer.finishContiguous().toString('hex'))`
  const flags = ['--disallow-code-generation-from-strings', '--input-type=module', '--eval', script]
  const output = execFileSync(process.execPath, flags, { encoding: 'utf8' })
  t.equal(output.trim(), '00' + '0001' + '00000002' + '01' + '00')
  t.end()
})
