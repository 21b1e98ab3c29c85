import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The repository, wherever the compiled test lies in it. */
export const ROOT = findRoot(dirname(fileURLToPath(import.meta.url)))
export const PROGRAM = join(ROOT, 'bin/odradek.js')

export interface ProcessOptions {
  args?: readonly string[]
  /** Beside PATH and the like; no KAFKA_* of ours leaks in. */
  env?: Readonly<Record<string, string>>
  cwd?: string
  /** What the command line begins with, such as `ip netns exec NAME`; it must become this process. */
  prefix?: readonly string[]
}

export interface Exit {
  code: number | null
  signal: NodeJS.Signals | null
}

/** `bin/odradek.js` as a process of its own, with what it wrote. */
export class Program {
  readonly child: ChildProcess
  readonly exited: Promise<Exit>
  stdout = ''
  stderr = ''
  exit: Exit | undefined
  readonly #watchers = new Set<() => void>()

  constructor({ args = [], env = {}, cwd = ROOT, prefix = [] }: ProcessOptions) {
    const [command = '', ...rest] = [...prefix, process.execPath, PROGRAM, ...args]
    this.child = spawn(command, rest, { cwd, env: { ...cleanEnvironment(), ...env } })
    this.child.stdout!.setEncoding('utf8').on('data', (text: string) => this.#wrote('stdout', text))
    this.child.stderr!.setEncoding('utf8').on('data', (text: string) => this.#wrote('stderr', text))
    // A command that ended before it read all of its input is no failure of the test's.
    this.child.stdin!.on('error', () => {})
    this.exited = new Promise((resolve, reject) => {
      this.child.on('error', reject)
      this.child.on('close', (code, signal) => {
        this.exit = { code, signal }
        for (const watcher of [...this.#watchers]) watcher()
        resolve(this.exit)
      })
    })
    programs.add(this)
    void this.exited.catch(() => {}).finally(() => programs.delete(this))
  }

  /** Resolves when `found` gives something of what was written; rejects if the process ends before that. */
  waitFor<T>(what: string, found: (program: Program) => T | undefined | null | false): Promise<T> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const value = found(this)
        if (value !== undefined && value !== null && value !== false) {
          this.#watchers.delete(look)
          resolve(value)
        } else if (this.exit) {
          this.#watchers.delete(look)
          reject(
            new Error(`ended (${this.exit.code ?? this.exit.signal}) before ${what}:\n${this.stdout}${this.stderr}`),
          )
        }
      }
      this.#watchers.add(look)
      look()
    })
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name)
  }

  async kill(): Promise<Exit> {
    this.child.kill('SIGKILL')
    return this.exited
  }

  #wrote(stream: 'stdout' | 'stderr', text: string): void {
    this[stream] += text
    for (const watcher of [...this.#watchers]) watcher()
  }
}

export interface RunningBroker {
  program: Program
  host: string
  port: number
  bootstrap: string
}

/** Starts a broker on a port of the system's choice; resolves when its banner says that it is ready. */
export async function startBrokerProcess({ args = [], ...options }: ProcessOptions = {}): Promise<RunningBroker> {
  const program = new Program({ ...options, args: ['start', '--port', '0', ...args] })
  return ready(program)
}

export async function ready(program: Program): Promise<RunningBroker> {
  await program.waitFor('it was ready', ({ stdout }) => /^ready in \d+ ms$/m.test(stdout))
  const [, host = '', port = ''] = /^bootstrap: (.*):(\d+)$/m.exec(program.stdout) ?? []
  return { program, host, port: Number(port), bootstrap: `${host}:${port}` }
}

/** Runs a command to its end. */
export async function run(
  args: readonly string[],
  { input, ...options }: Omit<ProcessOptions, 'args'> & { input?: string | Buffer } = {},
): Promise<{ code: number | null; signal: NodeJS.Signals | null; stdout: string; stderr: string }> {
  const program = new Program({ ...options, args })
  program.child.stdin!.end(input ?? '')
  const { code, signal } = await program.exited
  return { code, signal, stdout: program.stdout, stderr: program.stderr }
}

/** Processes of this test that still run; whatever becomes of the test, they go with it. */
const programs = new Set<Program>()
process.on('exit', () => {
  for (const { child } of programs) child.kill('SIGKILL')
})

function cleanEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) =>
      !name.startsWith('KAFKA_') && !name.startsWith('TAP') && name !== 'CLUSTER_ID' && name !== 'NODE_OPTIONS',
  )
  return Object.fromEntries(kept)
}

function findRoot(from: string): string {
  return existsSync(join(from, 'package.json')) ? from : findRoot(dirname(from))
}
