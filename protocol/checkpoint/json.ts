import { DecodeError } from '../errors.ts'

/** The fields of a file that is one JSON object. */
export class JsonFields {
  readonly #what: string
  readonly #fields: Readonly<Record<string, unknown>>

  /** @throws DecodeError unless it is */
  constructor(text: string, what: string) {
    this.#what = what
    this.#fields = parseObject(text, what)
  }

  int32(name: string): number {
    return this.#integer(name, -(2 ** 31), 2 ** 31 - 1)
  }

  /** An int64 that fits a number exactly. */
  int53(name: string): number {
    return this.#integer(name, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)
  }

  string(name: string): string {
    const value = this.#fields[name]
    if (typeof value !== 'string') throw this.#bad(name)
    return value
  }

  /** A list of objects, or null. */
  listOrNull(name: string): JsonFields[] | null {
    const value = this.#fields[name]
    if (value === null) return null
    if (!Array.isArray(value)) throw this.#bad(name)
    return value.map((item) => new JsonFields(JSON.stringify(item), `${this.#what}: ${name}`))
  }

  #integer(name: string, least: number, most: number): number {
    const value = this.#fields[name]
    if (!Number.isInteger(value) || (value as number) < least || (value as number) > most) throw this.#bad(name)
    return value as number
  }

  #bad(name: string): DecodeError {
    return new DecodeError(`${this.#what}: ${name} is missing or bad`)
  }
}

function parseObject(text: string, what: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new DecodeError(`${what}: not JSON`, { cause })
  }
  if (typeof value !== 'object' || value === null) throw new DecodeError(`${what}: not a JSON object`)
  return value as Record<string, unknown>
}
