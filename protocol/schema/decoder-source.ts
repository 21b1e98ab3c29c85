import { identifier, methodName, Source } from './source.ts'
import { type FieldSpec, fewestBytes, isPresent, type NamedField, type StructType, type Type } from './types.ts'

/** Text of a decoder. Free variables: EMPTY_BYTES; parameter `r` is the reader. */
export class DecoderSource extends Source {
  struct(struct: StructType, flexible: boolean): string {
    return this.function('struct', struct, () => {
      const { tagged } = this.present(struct)
      const entries = struct.fields.map(([name, spec]) => `${identifier(name)}: ${this.#initial(spec, flexible)},`)
      const tags = flexible ? (tagged.length > 0 ? this.#tags(tagged) : 'r.skipTags()') : ''
      return `(r) {\nconst v = {\n${entries.join('\n')}\n}\n${tags}\nreturn v\n}`
    })
  }

  /** What a field is at first: read if it stands in order, else its default. */
  #initial(spec: FieldSpec, flexible: boolean): string {
    return isPresent(spec, this.version) && spec.tag === undefined ? this.#read(spec, flexible) : this.default(spec)
  }

  #tags(tagged: readonly NamedField[]): string {
    const cases = tagged.map(([name, spec]) => `case ${spec.tag}: v.${name} = ${this.#read(spec, true)}; break`)
    return `for (let n = r.uvarint(); n > 0; n--) {
const tag = r.uvarint()
const end = r.beginTag()
switch (tag) {
${cases.join('\n')}
default: r.position = end
}
r.endTag(end)
}`
  }

  #read(spec: FieldSpec, flexible: boolean): string {
    const read = this.#type(spec.type, flexible && !spec.neverCompact, this.nullable(spec))
    return spec.type.kind === 'struct' && this.nullable(spec) ? `(r.present() ? ${read} : null)` : read
  }

  #type(type: Type, flexible: boolean, nullable: boolean): string {
    switch (type.kind) {
      case 'struct':
        return `${this.struct(type, flexible)}(r)`
      case 'array':
        return `${this.#array(type.element, flexible)}(r, r.${methodName('arrayLength', flexible, nullable)}(${fewestBytes(type.element, this.version, flexible)}))`
      case 'string':
        return `r.${methodName('string', flexible, nullable)}()`
      case 'bytes':
      case 'records':
        return `r.${methodName('bytes', flexible, nullable)}()`
      default:
        return `r.${type.kind}()`
    }
  }

  #array(element: Type, flexible: boolean): string {
    return this.function('array', element, () => {
      const read = this.#type(element, flexible, false)
      return `(r, n) {\nif (n < 0) return null\nconst a = []\nfor (; n > 0; n--) a.push(${read})\nreturn a\n}`
    })
  }
}
