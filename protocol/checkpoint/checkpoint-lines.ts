import { DecodeError } from '../errors.ts'
import { parseInt32 } from './numbers.ts'

const VERSION = 0

/** The text that all checkpoint files share: version, number of entries, one line for each. */
export function encodeCheckpoint(lines: readonly string[]): string {
  return [VERSION, lines.length, ...lines].map((line) => `${line}\n`).join('')
}

/**
 * The fields of each line. An empty file has no entries: that is how it is created.
 * @throws DecodeError: another version, another number of lines or of fields
 */
export function decodeCheckpoint(text: string, what: string, fieldsPerLine: number): string[][] {
  if (text === '') return []
  const lines = text.split(/\r\n|\n|\r/)
  if (lines.at(-1) === '') lines.pop()
  const version = parseInt32(lines[0], `${what}: version`)
  if (version !== VERSION) throw new DecodeError(`${what}: unknown version ${version}`)
  const count = parseInt32(lines[1], `${what}: number of entries`)
  const entries = lines.slice(2)
  if (entries.length !== count) throw new DecodeError(`${what}: ${entries.length} entries instead of ${count}`)
  return entries.map((line) => {
    const fields = line.split(/\s+/)
    if (fields.length !== fieldsPerLine) throw new DecodeError(`${what}: malformed line ${JSON.stringify(line)}`)
    return fields
  })
}
