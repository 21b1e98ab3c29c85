import type { Layout } from './message.ts'
import { defaultOf, type FieldSpec, isPresent, type NamedField, type StructType, type Type } from './types.ts'

/**
 * Text of generated codecs. Everything in it is fixed in this folder but for field names, which pass `identifier`, and
 * default values, which pass `literal`.
 */

/** A field name, as it may stand after a dot or before a colon. */
export function identifier(name: string): string {
  if (!/^[a-zA-Z][a-zA-Z0-9]*$/.test(name)) throw new Error(`not a field name: ${JSON.stringify(name)}`)
  return name
}

/** A scalar default or null as an expression. */
export function literal(value: unknown): string {
  if (typeof value === 'bigint') return `${value}n`
  if (value === null || ['number', 'boolean', 'string'].includes(typeof value)) return JSON.stringify(value)
  throw new Error(`not a default value: ${value}`)
}

/** Text of one codec: a function for each struct and array, made once for its type. */
export abstract class Source {
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
    const url = `codec/${identifier(name)}.v${version}.${direction}`
    return ["'use strict'", ...this.#functions, `return ${entry}`, `//# sourceURL=${url}`].join('\n')
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
export function methodName(kind: string, compact: boolean, nullable: boolean): string {
  const name = `${compact ? 'compact-' : ''}${nullable ? 'nullable-' : ''}${kind}`
  return name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())
}
