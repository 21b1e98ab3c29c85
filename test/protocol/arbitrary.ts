import fc from 'fast-check'
import type { Layout } from '../../protocol/schema/message.ts'
import { defaultOf, type FieldSpec, isPresent, type StructType, type Type } from '../../protocol/schema/types.ts'
import { INT53_UNBOUNDED } from '../../protocol/wire/reader.ts'
import { uuidFromBytes } from '../../protocol/wire/uuid.ts'

/** Values of a message in one version: what decode can give back, so fields that the version lacks have defaults. */
export const arbitraryMessage = ({ struct, version }: Layout): fc.Arbitrary<Record<string, unknown>> =>
  arbitraryStruct(struct, version)

const arbitraryStruct = (struct: StructType, version: number): fc.Arbitrary<Record<string, unknown>> =>
  fc.record(Object.fromEntries(struct.fields.map(([name, spec]) => [name, arbitraryField(spec, version)])), {
    noNullPrototype: true,
  })

function arbitraryField(spec: FieldSpec, version: number): fc.Arbitrary<unknown> {
  const byDefault = fc.constant(null).map(() => defaultOf(spec))
  if (!isPresent(spec, version)) return byDefault
  const value = arbitraryType(spec.type, version)
  const nullable = spec.nullableSince <= version ? fc.option(value, { nil: null }) : value
  return spec.tag === undefined ? nullable : fc.oneof(nullable, byDefault)
}

const bytes = fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array))
const utf8 = fc.string({ unit: 'binary', maxLength: 40 })

function arbitraryType(type: Type, version: number): fc.Arbitrary<unknown> {
  switch (type.kind) {
    case 'struct':
      return arbitraryStruct(type, version)
    case 'array':
      return fc.array(arbitraryType(type.element, version), { maxLength: 3 })
    case 'int8':
      return fc.integer({ min: -0x80, max: 0x7f })
    case 'int16':
      return fc.integer({ min: -0x8000, max: 0x7fff })
    case 'uint16':
      return fc.nat({ max: 0xffff })
    case 'int32':
      return fc.integer()
    case 'uint32':
      return fc.nat({ max: 0xffffffff })
    case 'int64':
      return fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
    case 'int53':
      return fc.oneof(fc.maxSafeInteger(), fc.constantFrom(-1, INT53_UNBOUNDED, -INT53_UNBOUNDED))
    case 'float64':
      return fc.double()
    case 'boolean':
      return fc.boolean()
    case 'string':
      return utf8
    case 'uuid':
      return fc.uint8Array({ minLength: 16, maxLength: 16 }).map((array) => uuidFromBytes(Buffer.from(array)))
    case 'bytes':
    case 'records':
      return bytes
  }
}
