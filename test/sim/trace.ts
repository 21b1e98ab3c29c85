/** Lines that are kept; older ones are forgotten unless all are wanted. */
const KEPT = 4000

interface Line {
  readonly atMs: number
  readonly who: string
  readonly what: string
  readonly fields: object | undefined
}

/** What happened when, one line an event; and a number that differs as soon as two runs do. */
export class Trace {
  /** Over every line and every delivery of bytes. */
  hash = 0
  lines = 0
  readonly #now: () => number
  readonly #kept: Line[] = []
  readonly #keepAll: boolean

  constructor(now: () => number, { keepAll = false } = {}) {
    this.#now = now
    this.#keepAll = keepAll
  }

  note(who: string, what: string, fields?: object): void {
    const line = { atMs: this.#now(), who, what, fields }
    this.lines++
    this.mix(Math.round(line.atMs * 1000))
    for (let i = 0; i < what.length; i++) this.mix(what.charCodeAt(i))
    this.#kept.push(line)
    if (!this.#keepAll && this.#kept.length >= 2 * KEPT) this.#kept.splice(0, KEPT)
  }

  mix(value: number): void {
    this.hash = (Math.imul(this.hash ^ value, 0x01000193) + 0x9e3779b9) | 0
  }

  /** The last `count` lines as text. */
  tail(count = Number.POSITIVE_INFINITY): string[] {
    return this.#kept.slice(-Math.min(count, this.#kept.length)).map(format)
  }
}

function format({ atMs, who, what, fields }: Line): string {
  const more = fields === undefined ? '' : ` ${Object.entries(fields).map(pair).join(' ')}`
  return `${(atMs / 1000).toFixed(4).padStart(9)} ${who.padEnd(10)} ${what}${more}`
}

function pair([key, value]: [string, unknown]): string {
  if (value instanceof Error) return `${key}=${value.message}`
  return `${key}=${typeof value === 'bigint' ? value : JSON.stringify(value)}`
}
