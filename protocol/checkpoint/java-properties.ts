import { DecodeError } from '../errors.ts'

const LINE_END = /\r\n|\n|\r/
const LEADING_SPACE = /^[ \t\f]+/
const ESCAPES: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', f: '\f' }
const UNESCAPES: Readonly<Record<string, string>> = { '\t': '\\t', '\n': '\\n', '\r': '\\r', '\f': '\\f' }

/**
 * Reads Java's properties format, as `java.util.Properties.load` does: `server.properties`, `meta.properties`.
 * A later entry replaces an earlier one of the same key. Bytes are Latin-1, as there.
 * @throws DecodeError for a `\u` without four hexadecimal digits
 */
export function parseJavaProperties(input: Buffer | string): Map<string, string> {
  const text = typeof input === 'string' ? input : input.toString('latin1')
  const entries = new Map<string, string>()
  for (const line of logicalLines(text.split(LINE_END))) {
    const [key, value] = splitEntry(line)
    entries.set(unescapeText(key), unescapeText(value))
  }
  return entries
}

/** Joins lines that end in a backslash with the next; leaves out blank lines and comments. */
function* logicalLines(lines: string[]): Generator<string> {
  let line = ''
  for (const [index, natural] of lines.entries()) {
    const text = natural.replace(LEADING_SPACE, '')
    if (line === '' && (text === '' || text.startsWith('#') || text.startsWith('!'))) continue
    line += text
    const isLast = index === lines.length - 1 || (index === lines.length - 2 && lines.at(-1) === '')
    if (endsInBackslash(line)) {
      line = line.slice(0, -1)
      if (!isLast) continue
    }
    yield line
    line = ''
  }
  if (line !== '') yield line
}

function endsInBackslash(line: string): boolean {
  let start = line.length
  while (start > 0 && line[start - 1] === '\\') start--
  return (line.length - start) % 2 === 1
}

/** The key ends at the first `=`, `:` or space that is not escaped; one `=` or `:` with spaces about it is dropped. */
function splitEntry(line: string): [key: string, value: string] {
  let end = 0
  while (end < line.length && !'=: \t\f'.includes(line[end]!)) end += line[end] === '\\' ? 2 : 1
  const value = line.slice(end).replace(/^[ \t\f]*[=:]?[ \t\f]*/, '')
  return [line.slice(0, end), value]
}

function unescapeText(text: string): string {
  if (!text.includes('\\')) return text
  return text.replace(/\\(?:u([0-9a-fA-F]{4})|(.?))/gs, (_, code: string | undefined, other: string) => {
    if (code !== undefined) return String.fromCharCode(Number.parseInt(code, 16))
    if (other === 'u') throw new DecodeError('properties: \\u needs four hexadecimal digits')
    return ESCAPES[other] ?? other
  })
}

/** Writes entries as `java.util.Properties.store` does, in the order given, behind comment lines. Pure ASCII. */
export function formatJavaProperties(
  entries: Iterable<readonly [key: string, value: string]>,
  comments: readonly string[] = [],
): string {
  const lines = comments.map((comment) => `#${comment}`)
  for (const [key, value] of entries) lines.push(`${escapeText(key, / /g)}=${escapeText(value, /^ /)}`)
  return lines.map((line) => `${line}\n`).join('')
}

function escapeText(text: string, spaces: RegExp): string {
  return text
    .replace(/[\\=:#!]/g, '\\$&')
    .replace(spaces, '\\ ')
    .replace(/[\t\n\r\f]/g, (control) => UNESCAPES[control]!)
    .replace(/[^ -~]/g, (character) => `\\u${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`)
}

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** A time in ms as `java.util.Date.toString` writes it in a JVM on UTC. */
export function javaDate(timeMs: number): string {
  const date = new Date(timeMs)
  const two = (number: number) => String(number).padStart(2, '0')
  const time = [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()].map(two).join(':')
  const day = `${DAYS[date.getUTCDay()]} ${MONTHS[date.getUTCMonth()]} ${two(date.getUTCDate())}`
  return `${day} ${time} UTC ${date.getUTCFullYear()}`
}
