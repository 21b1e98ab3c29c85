/** Arithmetic and layout of results. */

export function median(values: readonly number[]): number {
  return percentile(values, 50)
}

/** Nearest rank. */
export function percentile(values: readonly number[], percent: number): number {
  if (values.length === 0) return Number.NaN
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)]!
}

/** Medians of lists of results with the same fields; null where any is null. */
export function mediansOf<T extends { [key: string]: number | null }>(rows: readonly T[]): T {
  const keys = Object.keys(rows[0]!)
  const pick = (key: string) => {
    const values = rows.map((row) => row[key]!)
    return values.some((value) => value === null) ? null : median(values as number[])
  }
  return Object.fromEntries(keys.map((key) => [key, pick(key)])) as T
}

export function round(value: number | null, digits = 3): number | null {
  return value === null || !Number.isFinite(value) ? null : Number(value.toFixed(digits))
}

/** A result as nested objects of numbers, one line a leaf. */
export function table(result: object, prefix = ''): string {
  return Object.entries(result)
    .map(([key, value]) =>
      value !== null && typeof value === 'object' && !Array.isArray(value)
        ? table(value, `${prefix}${key}.`)
        : `${`${prefix}${key}`.padEnd(44)} ${Array.isArray(value) ? value.join(' ') : value}`,
    )
    .join('\n')
}
