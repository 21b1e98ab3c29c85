import { createRequire } from 'node:module'
import type { LoggerOptions, Logger as PinoLogger } from 'pino'
import { LOG_LEVELS, type LogFields, type Logger, type LogLevel } from './logger.ts'

export interface LoggerSettings {
  level?: LogLevel
  /** `text`: one line for people. `json`: one object a line, as pino writes it. */
  format?: 'text' | 'json'
  /** Where lines go, each with its newline. Default: standard error. */
  sink?: { write(line: string): unknown }
}

/** A logger that writes one line an event: text by ourselves, JSON by pino, which takes 20 ms to load and so waits for its first line. */
export function createLogger({ level = 'info', format = 'text', sink = process.stderr }: LoggerSettings = {}): Logger {
  const enabled = LOG_LEVELS.slice(0, LOG_LEVELS.indexOf(level) + 1)
  if (format === 'text')
    return new LineLogger(enabled, {}, (at, message, fields) => sink.write(line(at, message, fields)))
  let pino: PinoLogger | undefined
  return new LineLogger(enabled, {}, (at, message, fields) => {
    pino ??= loadPino({ level: 'trace', base: null, formatters: { level: (label) => ({ level: label }) } }, sink)
    const { error, ...others } = fields
    pino[at](error === undefined ? others : { ...others, err: error }, message)
  })
}

function loadPino(options: LoggerOptions, sink: { write(line: string): unknown }): PinoLogger {
  const { pino } = createRequire(import.meta.url)('pino') as typeof import('pino')
  return pino({ ...options, timestamp: pino.stdTimeFunctions.isoTime }, { write: (text) => void sink.write(text) })
}

type Write = (level: LogLevel, message: string, fields: LogFields) => void

class LineLogger implements Logger {
  readonly #enabled: readonly LogLevel[]
  readonly #fields: LogFields
  readonly #write: Write

  constructor(enabled: readonly LogLevel[], fields: LogFields, write: Write) {
    this.#enabled = enabled
    this.#fields = fields
    this.#write = write
  }

  error(message: string, fields?: LogFields): void {
    this.#log('error', message, fields)
  }

  warn(message: string, fields?: LogFields): void {
    this.#log('warn', message, fields)
  }

  info(message: string, fields?: LogFields): void {
    this.#log('info', message, fields)
  }

  debug(message: string, fields?: LogFields): void {
    this.#log('debug', message, fields)
  }

  child(fields: LogFields): Logger {
    return new LineLogger(this.#enabled, { ...this.#fields, ...fields }, this.#write)
  }

  #log(level: LogLevel, message: string, fields: LogFields | undefined): void {
    if (this.#enabled.includes(level)) this.#write(level, message, { ...this.#fields, ...fields })
  }
}

/** `17:30:01.123 warn  message (topic=orders partition=3)`; an error's stack follows where the line itself is an error. */
function line(level: LogLevel, message: string, fields: LogFields): string {
  const time = new Date().toISOString().slice(11, 23)
  const shown = Object.entries(fields).filter(([, value]) => value !== undefined)
  const notes = shown.map(([name, value]) => `${name}=${text(value)}`).join(' ')
  const trace =
    level === 'error' ? shown.map(([, value]) => (value instanceof Error ? traceOf(value) : '')).join('') : ''
  return `${time} ${level.padEnd(5)} ${oneLine(message)}${notes === '' ? '' : ` (${notes})`}\n${trace}`
}

function text(value: unknown): string {
  if (value instanceof Error) return oneLine(value.message)
  if (typeof value === 'string') return oneLine(value)
  if (typeof value !== 'object' || value === null) return String(value)
  return JSON.stringify(value, (_, inner) => (typeof inner === 'bigint' ? inner.toString() : inner))
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL_CHARACTERS = /[\u0000-\u001f\u007f-\u009f]/g

/** What a client sent may be in a message: control characters must not forge lines or colours. */
function oneLine(value: string): string {
  return value.replace(CONTROL_CHARACTERS, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`)
}

function traceOf(error: Error): string {
  const cause = error.cause instanceof Error ? `    caused by ${error.cause.stack ?? error.cause.message}\n` : ''
  return `    ${error.stack ?? error.message}\n${cause}`
}
