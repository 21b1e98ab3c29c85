import { EncodeError } from '../errors.ts'
import { Writer } from '../wire/writer.ts'
import { interpretEncoder } from './interpret.ts'
import type { Decoder, Encoder, Layout } from './message.ts'
import {
  defaultOf,
  EMPTY_BYTES,
  type FieldSpec,
  fewestBytes,
  isOptional,
  isPresent,
  type NamedField,
  type StructType,
  type Type,
} from './types.ts'

/**
 * Codecs as generated JavaScript, one function for each struct and array of a message's version, as one would write
 * them by hand. This is the only file that turns text into code. Everything in that text is fixed here but for field
 * names, which pass `identifier`, and default values, which pass `literal`.
 */

let allowed: boolean | undefined

/** Whether this process may generate code; it may not under `--disallow-code-generation-from-strings`. */
export function canGenerateCode(): boolean {
  if (allowed === undefined) {
    try {
      allowed = new Function('return true')() as boolean
    } catch {
      allowed = false
    }
  }
  return allowed
}

export function compileDecoder(layout: Layout): Decoder<unknown> {
  const source = new DecoderSource(layout)
  const entry = source.struct(layout.struct, layout.flexible)
  return evaluate(source.text(entry, 'decode'), { EMPTY_BYTES }) as Decoder<unknown>
}

export function compileEncoder(layout: Layout): Encoder<unknown> {
  const source = new EncoderSource(layout)
  const entry = source.struct(layout.struct, layout.flexible)
  const write = evaluate(source.text(entry, 'encode'), {
    Writer,
    EMPTY_BYTES,
    lengthOf,
    notInVersion,
  }) as Encoder<unknown>
  return (writer, value) => {
    try {
      write(writer, value)
    } catch (error) {
      // The interpreter knows which field it is at when it fails in the same way.
      interpretEncoder(layout)(new Writer(), value)
      throw error
    }
  }
}

function evaluate(source: string, scope: Record<string, unknown>): unknown {
  return new Function(...Object.keys(scope), source)(...Object.values(scope))
}

function notInVersion(field: string, version: number): never {
  throw new EncodeError(`field ${field} is not in version ${version}`)
}

function lengthOf(value: unknown): number {
  if (!Array.isArray(value)) throw new EncodeError(`${value} is no array`)
  return value.length
}

/** A field name, as it may stand after a dot or before a colon. */
function identifier(name: string): string {
  if (!/^[a-zA-Z][a-zA-Z0-9]*$/.test(name)) throw new Error(`not a field name: ${JSON.stringify(name)}`)
  return name
}

/** A scalar default or null as an expression. */
function literal(value: unknown): string {
  if (typeof value === 'bigint') return `${value}n`
  if (value === null || ['number', 'boolean', 'string'].includes(typeof value)) return JSON.stringify(value)
  throw new Error(`not a default value: ${value}`)
}

/** Text of one codec: a function for each struct and array, made once for its type. */
abstract class Source {
  protected readonly layout: Layout
  readonly #functions: string[] = []
  readonly #names = {
    struct: new Map<Type, string>(),
    array: new Map<Type, string>(),
    isDefault: new Map<Type, string>(),
  }

  constructor(layout: Layout) {
    this.layout = layout
  }

  text(entry: string, direction: string): string {
    const { name, version } = this.layout
    const header = "'use strict'\n"
    return `${header}${this.#functions.join('\n')}\nreturn ${entry}\n//# sourceURL=codec/${identifier(name)}.v${version}.${direction}`
  }

  protected get version(): number {
    return this.layout.version
  }

  /** Name of the type's function for a purpose, whose text (all after its name) is made by `body` at the first call. */
  protected function(purpose: 'struct' | 'array' | 'isDefault', type: Type, body: () => string): string {
    const names = this.#names[purpose]
    let name = names.get(type)
    if (name === undefined) {
      name = `${purpose}${names.size}`
      names.set(type, name)
      this.#functions.push(`function ${name}${body()}`)
    }
    return name
  }

  /** The default of a field as an expression. */
  protected default(spec: FieldSpec): string {
    if (spec.defaultValue !== undefined) return literal(spec.defaultValue)
    switch (spec.type.kind) {
      case 'array':
        return '[]'
      case 'bytes':
      case 'records':
        return 'EMPTY_BYTES'
      case 'struct':
        return `{ ${spec.type.fields.map(([name, inner]) => `${identifier(name)}: ${this.default(inner)}`).join(', ')} }`
      default:
        return literal(defaultOf(spec))
    }
  }

  protected present(struct: StructType): { ordered: NamedField[]; tagged: NamedField[] } {
    const present = struct.fields.filter(([, spec]) => isPresent(spec, this.version))
    return {
      ordered: present.filter(([, spec]) => spec.tag === undefined),
      tagged: present.filter(([, spec]) => spec.tag !== undefined).sort((a, b) => a[1].tag! - b[1].tag!),
    }
  }

  protected nullable(spec: FieldSpec): boolean {
    return spec.nullableSince <= this.version
  }
}

/** `compactNullableString` and its like. */
function methodName(kind: string, compact: boolean, nullable: boolean): string {
  const name = `${compact ? 'compact-' : ''}${nullable ? 'nullable-' : ''}${kind}`
  return name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())
}

class DecoderSource extends Source {
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

class EncoderSource extends Source {
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
