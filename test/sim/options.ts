/** What the command line asks for. */
export interface SimOptions {
  readonly seed: number
  readonly seeds: number
  readonly minutes: number
  readonly jobs: number
  readonly brokers: number | undefined
  readonly trace: boolean
  readonly mutations: boolean
  /** Which of them; all where empty. */
  readonly names: readonly string[]
}

const USAGE = `npm run sim -- [mutations [NAME ...]] [--seed N] [--seeds K] [--minutes M] [--jobs J] [--brokers B] [--trace]

  --seed N      the first seed; a random one unless given
  --seeds K     so many seeds, N to N+K-1 (1)
  --minutes M   simulated minutes of faults in each (1)
  --jobs J      processes at a time (2)
  --brokers B   nodes, 1 to 7; 3 to 5 by the seed unless given
  --trace       prints all that happened, not only the end of it
  mutations     plants known bugs (those named, or all), and says after how many seeds each was found`

/** Throws an Error with the usage where the command line is not understood. */
export function parseOptions(args: readonly string[], randomSeed: number): SimOptions {
  const values = new Map<string, number>()
  let mutations = false
  let trace = false
  const names: string[] = []
  const rest = [...args]
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === 'mutations') mutations = true
    else if (word === '--trace') trace = true
    else if (/^--(seed|seeds|minutes|jobs|brokers)$/.test(word)) values.set(word.slice(2), number(rest.shift()))
    else if (mutations && !word.startsWith('-')) names.push(word)
    else throw new Error(USAGE)
  }
  return {
    seed: values.get('seed') ?? randomSeed,
    seeds: values.get('seeds') ?? (mutations ? 1000 : 1),
    minutes: values.get('minutes') ?? 1,
    jobs: values.get('jobs') ?? 2,
    brokers: values.get('brokers'),
    trace,
    mutations,
    names,
  }
}

function number(text: string | undefined): number {
  const value = Number(text)
  if (text === undefined || !(value >= 0)) throw new Error(USAGE)
  return value
}
