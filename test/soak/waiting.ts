import { Violation } from './content.ts'

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

export async function within<T>(limitMs: number, what: string, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Violation(`${what} within ${limitMs / 1000} s`)), limitMs)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Asks until the answer is as wanted, and gives it. A question that fails is asked again. */
export async function until<T>(
  limitMs: number,
  what: string,
  ask: () => Promise<T>,
  isWanted: (answer: T) => boolean,
): Promise<T> {
  const deadline = performance.now() + limitMs
  let last = 'nobody answered'
  while (performance.now() < deadline) {
    try {
      const answer = await ask()
      if (isWanted(answer)) return answer
      last = JSON.stringify(answer)
    } catch (error) {
      if (error instanceof Violation) throw error
      last = (error as Error).message
    }
    await sleep(50)
  }
  throw new Violation(`${what} within ${limitMs / 1000} s; at last: ${last.slice(0, 2000)}`)
}

/** Median and worst, for people. */
export function spread(times: readonly number[]): string {
  if (times.length === 0) return 'none'
  const sorted = [...times].sort((one, other) => one - other)
  const ms = (value: number) => `${Math.round(value)} ms`
  return `median ${ms(sorted[sorted.length >> 1]!)}, worst ${ms(sorted.at(-1)!)} (${sorted.length})`
}
