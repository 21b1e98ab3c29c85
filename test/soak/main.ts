// Soaks: the same thing many times or for many minutes, on the real program, from a seed that is printed.
//   npm run soak -- kill --count 200 [--seed 7] [--keep]
//   npm run soak -- cluster|rolling|fourth --minutes 10 [--seed 7] [--keep]
//   npm run soak -- controller --count 10 [--layout combined|separate]
//   npm run soak -- minority|unclean|isolated
import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import { SeededRandom } from '../../src/base/seeded-random.ts'
import { clusterSoak } from './cluster.ts'
import { controllerSoak } from './controller.ts'
import { fourthSoak } from './fourth.ts'
import { isolatedSoak } from './isolated.ts'
import { killSoak } from './kill.ts'
import { minoritySoak } from './minority.ts'
import { LAYOUTS } from './nodes.ts'
import type { Outcome, SoakRun } from './outcome.ts'
import { rollingSoak } from './rolling.ts'
import { uncleanSoak } from './unclean.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    count: { type: 'string' },
    minutes: { type: 'string' },
    seed: { type: 'string' },
    layout: { type: 'string' },
    keep: { type: 'boolean', default: false },
  },
})

const seed = values.seed === undefined ? randomInt(2 ** 31) : Number(values.seed)
const count = Number(values.count ?? 20)
const run = (minutes: number): SoakRun => ({
  seed,
  random: new SeededRandom(seed),
  minutes: Number(values.minutes ?? minutes),
  keep: values.keep,
  layouts: values.layout === undefined ? Object.keys(LAYOUTS) : [values.layout],
})
const soaks: Readonly<Record<string, () => Promise<Outcome>>> = {
  kill: () => killSoak({ count, seed, keep: values.keep }),
  cluster: () => clusterSoak(run(10)),
  rolling: () => rollingSoak(run(2)),
  controller: () => controllerSoak(run(1), Number(values.count ?? 10)),
  fourth: () => fourthSoak(run(1)),
  isolated: () => isolatedSoak(run(1)),
  minority: () => minoritySoak(run(1)),
  unclean: () => uncleanSoak(run(1)),
}
const name = positionals[0] ?? ''
const soak = soaks[name]
const isLayout = values.layout === undefined || values.layout in LAYOUTS
if (!soak || !isLayout || !Number.isInteger(count) || count < 1 || !(Number(values.minutes ?? 1) > 0)) {
  const names = Object.keys(soaks).join('|')
  process.stderr.write(
    `usage: npm run soak -- ${names} [--count N | --minutes M] [--layout combined|separate] [--seed S] [--keep]\n`,
  )
  process.exit(2)
}
process.stdout.write(`soak ${name}: seed ${seed}\n`)
const { passed, failed } = await soak()
process.stdout.write(`${passed} passed, ${failed} failed\n`)
process.exit(failed === 0 ? 0 : 1)
