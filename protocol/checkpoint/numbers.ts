import { DecodeError } from '../errors.ts'

const DECIMAL = /^[+-]?[0-9]+$/

/** A whole decimal number between the bounds. @throws DecodeError naming `what` */
function parseWhole(text: string | undefined, what: string, least: number, most: number): number {
  const value = text !== undefined && DECIMAL.test(text) ? Number(text) : Number.NaN
  if (!(value >= least && value <= most)) throw new DecodeError(`${what} is not a number of its range: ${text}`)
  return value
}

export const parseInt32 = (text: string | undefined, what: string): number =>
  parseWhole(text, what, -(2 ** 31), 2 ** 31 - 1)

/** An int64 that fits a number exactly. */
export const parseInt53 = (text: string | undefined, what: string): number =>
  parseWhole(text, what, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)
