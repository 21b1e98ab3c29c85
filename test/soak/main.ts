// Soaks: the same thing hundreds of times, on the real program, from a seed that is printed.
//   npm run soak -- kill --count 200 [--seed 7] [--keep]
import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import { killSoak } from './kill.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    count: { type: 'string', default: '20' },
    seed: { type: 'string' },
    keep: { type: 'boolean', default: false },
  },
})
const soaks = { kill: killSoak }
const soak = soaks[positionals[0] as keyof typeof soaks]
const count = Number(values.count)
if (!soak || !Number.isInteger(count) || count < 1) {
  process.stderr.write('usage: npm run soak -- kill --count N [--seed S] [--keep]\n')
  process.exit(2)
}
const seed = values.seed === undefined ? randomInt(2 ** 31) : Number(values.seed)
process.stdout.write(`soak ${positionals[0]}: ${count} rounds, seed ${seed}\n`)
const { passed, failed } = await soak({ count, seed, keep: values.keep })
process.stdout.write(`${passed} passed, ${failed} failed\n`)
process.exit(failed === 0 ? 0 : 1)
