import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { transformSync } from 'esbuild'
import { MUTATIONS, type Mutation } from './mutations.ts'
import { runPool, type SeedReport } from './pool.ts'

export interface MutationOptions {
  readonly seed: number
  /** By when a bug has to be found. */
  readonly seeds: number
  readonly minutes: number
  readonly jobs: number
  readonly brokers: number | undefined
  /** Which ones; all where empty. */
  readonly names: readonly string[]
  print(line: string): void
}

const REPOSITORY = resolve(import.meta.dirname, '../../..')

/** Plants each bug in a copy of the program and runs seeds until it is found. True where all were. */
export async function runMutations(options: MutationOptions): Promise<boolean> {
  const { names } = options
  const unknown = names.filter((name) => MUTATIONS.every((mutation) => mutation.name !== name))
  if (unknown.length > 0) throw new Error(`no bug is called ${unknown.join(' or ')}; see test/sim/mutations.ts`)
  const chosen = MUTATIONS.filter(({ name }) => names.length === 0 || names.includes(name))
  let missed = 0
  for (const mutation of chosen) {
    const folder = plant(mutation)
    try {
      if (!(await hunt(mutation, join(folder, 'dist/test/sim/worker.js'), options))) missed++
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }
  options.print(`${chosen.length - missed} of ${chosen.length} planted bugs were found`)
  return missed === 0
}

async function hunt({ name }: Mutation, worker: string, options: MutationOptions): Promise<boolean> {
  const { seed, seeds, minutes, jobs, brokers, print } = options
  const tasks = Array.from({ length: seeds }, (_, index) => ({ seed: seed + index, minutes, brokers }))
  let done = 0
  const found: SeedReport[] = []
  const report = (result: SeedReport) => {
    done++
    if (result.violation) found.push(result)
    return found.length > 0
  }
  await runPool({ jobs, tasks, worker, report })
  const [first] = found
  if (first) print(`${name}: found after ${done} seeds, by seed ${first.seed}: ${firstLine(first.violation!.message)}`)
  else print(`${name}: NOT found in ${done} seeds`)
  return first !== undefined
}

const firstLine = (text: string): string => text.split('\n')[0]!.slice(0, 200)

/** What is compiled, copied, with the bug in it. */
function plant({ patches }: Mutation): string {
  const folder = mkdtempSync(join(tmpdir(), 'odradek-mutation-'))
  for (const part of ['dist/src', 'dist/protocol', 'dist/test/sim', 'package.json']) {
    cpSync(join(REPOSITORY, part), join(folder, part), { recursive: true })
  }
  symlinkSync(join(REPOSITORY, 'node_modules'), join(folder, 'node_modules'))
  for (const file of new Set(patches.map((patch) => patch.file))) {
    const target = join(folder, 'dist', file.replace(/\.ts$/, '.js'))
    if (!existsSync(target)) throw new Error(`${file} is not compiled`)
    writeFileSync(target, compile(mutated(file, patches)))
  }
  return folder
}

/** The source with the patches in it; each text to be replaced has to stand there exactly once. */
export function mutated(file: string, patches: Mutation['patches']): string {
  let source = readFileSync(join(REPOSITORY, file), 'utf8')
  for (const { find, replace } of patches.filter((patch) => patch.file === file)) {
    const parts = source.split(find)
    if (parts.length !== 2) throw new Error(`${file} holds ${parts.length - 1} times: ${find}`)
    source = parts.join(replace)
  }
  return source
}

function compile(source: string): string {
  const { code } = transformSync(source, { loader: 'ts', format: 'esm', target: 'es2023' })
  return code.replace(/(from\s*"\.[^"]*)\.ts"/g, '$1.js"')
}
