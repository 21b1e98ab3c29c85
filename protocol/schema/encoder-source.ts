import { identifier, literal, methodName, Source } from './source.ts'
import {
  defaultOf,
  type FieldSpec,
  isOptional,
  isPresent,
  type NamedField,
  type StructType,
  type Type,
} from './types.ts'

/** Text of an encoder. Free variables: Writer, EMPTY_BYTES, lengthOf, notInVersion; parameter `w` is the writer. */
export class EncoderSource extends Source {
  struct(struct: StructType, flexible: boolean): string {
    return this.function('struct', struct, () => {
      const { ordered, tagged } = this.present(struct)
      const absent = struct.fields.filter(([, spec]) => !isPresent(spec, this.version) && !spec.ignorable)
      const lines = [
        ...absent.map(([name, spec]) => this.#refuse(identifier(name), spec)),
        ...ordered.map(([name, spec]) => this.#ordered(identifier(name), spec, flexible)),
        ...(flexible ? this.#tags(tagged) : []),
      ]
      return `(w, v) {\n${lines.join('\n')}\n}`
    })
  }

  #refuse(name: string, spec: FieldSpec): string {
    return `if (!(${this.#isDefault(`v.${name}`, spec)})) notInVersion('${name}', ${this.version})`
  }

  #ordered(name: string, spec: FieldSpec, flexible: boolean): string {
    if (!isOptional(spec)) return this.#write('w', `v.${name}`, spec, flexible)
    return `let ${name}_ = v.${name}
if (${name}_ === undefined) ${name}_ = ${this.default(spec)}
${this.#write('w', `${name}_`, spec, flexible)}`
  }

  #tags(tagged: readonly NamedField[]): string[] {
    const given = tagged.map(([name, spec]) => `const ${name}_ = !(${this.#isDefault(`v.${name}`, spec)})`)
    const count = tagged.map(([name]) => `+${name}_`).join(' + ')
    const fields = tagged.map(
      ([name, spec]) => `if (${name}_) {
const t = new Writer()
${this.#write('t', `v.${name}`, spec, true)}
w.tagged(${spec.tag}, t)
}`,
    )
    return [...given, `w.uvarint(${count || '0'})`, ...fields]
  }

  /** A statement that writes the value of the expression `x` to the writer of that name. */
  #write(writer: string, x: string, spec: FieldSpec, flexible: boolean): string {
    const nullable = this.nullable(spec)
    const compact = flexible && !spec.neverCompact
    const write = this.#type(writer, x, spec.type, compact, nullable)
    if (!nullable) return write
    if (spec.type.kind === 'array') return `if (${x} === null) ${this.#length(writer, '-1', compact)}; else ${write}`
    if (spec.type.kind !== 'struct') return write
    return `if (${x} === null) ${writer}.int8(-1); else { ${writer}.int8(1); ${write} }`
  }

  #type(writer: string, x: string, type: Type, flexible: boolean, nullable: boolean): string {
    switch (type.kind) {
      case 'struct':
        return `${this.struct(type, flexible)}(${writer}, ${x})`
      case 'array':
        return `${this.#array(type.element, flexible)}(${writer}, ${x})`
      case 'string':
        return `${writer}.${methodName('string', flexible, nullable)}(${x})`
      case 'bytes':
      case 'records':
        return `${writer}.${methodName('bytes', flexible, nullable)}(${x})`
      default:
        return `${writer}.${type.kind}(${x})`
    }
  }

  #length(writer: string, length: string, flexible: boolean): string {
    return `${writer}.${methodName('arrayLength', flexible, false)}(${length})`
  }

  #array(element: Type, flexible: boolean): string {
    return this.function('array', element, () => {
      const write = this.#type('w', 'a[i]', element, flexible, false)
      return `(w, a) {\nconst n = lengthOf(a)\n${this.#length('w', 'n', flexible)}\nfor (let i = 0; i < n; i++) ${write}\n}`
    })
  }

  /** An expression that tells whether `x` is left out or equal to the field's default. */
  #isDefault(x: string, spec: FieldSpec): string {
    return `${x} === undefined || ${this.#equalsDefault(x, spec)}`
  }

  #equalsDefault(x: string, spec: FieldSpec): string {
    if (spec.defaultValue !== undefined) return `${x} === ${literal(spec.defaultValue)}`
    switch (spec.type.kind) {
      case 'bytes':
      case 'records':
      case 'array':
        return `(${x} !== null && ${x}.length === 0)`
      case 'struct':
        return `(${x} !== null && ${this.#structIsDefault(spec.type)}(${x}))`
      default:
        return `${x} === ${literal(defaultOf(spec))}`
    }
  }

  #structIsDefault(struct: StructType): string {
    return this.function('isDefault', struct, () => {
      const fields = struct.fields.map(([name, spec]) => `(${this.#isDefault(`v.${identifier(name)}`, spec)})`)
      return `(v) {\nreturn ${fields.join(' && ') || 'true'}\n}`
    })
  }
}
