import { type ChildProcess, fork, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Child processes of a measurement: each part has a process of its own, so that CPU time can be told apart. */

const BINARY = fileURLToPath(new URL('../../bin/odradek.js', import.meta.url))
const START_DEADLINE_MS = 20_000

export interface Target {
  readonly address: string
  /** null where it cannot be known: a foreign broker without --pid. */
  readonly pid: number | null
  stop(): Promise<void>
}

export interface StartedBroker extends Target {
  /** From spawn until the banner said 'bootstrap:' and 'ready in'. */
  readonly readyMs: number
  readonly spawnedAt: number
}

/** A broker of our own, as a user starts it. `spawnedAt` is in ms of performance.now(). */
export function startBroker(dataDir: string, args: readonly string[] = []): Promise<StartedBroker> {
  const spawnedAt = performance.now()
  const child = spawn(process.execPath, [BINARY, 'start', '--port', '0', '--data-dir', dataDir, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  return new Promise((resolve, reject) => {
    const fail = (why: string) => {
      child.kill('SIGKILL')
      reject(new Error(`the broker ${why}; it said:\n${said}`))
    }
    const timer = setTimeout(() => fail('was not ready in time'), START_DEADLINE_MS)
    child.once('exit', (code) => fail(`ended with ${code}`))
    const onText = (text: string) => {
      said += text
      const address = /bootstrap: (\S+:\d+)/.exec(said)?.[1]
      if (address === undefined || !/ready in/.test(said)) return
      clearTimeout(timer)
      child.stdout.removeAllListeners('data')
      child.stderr.removeAllListeners('data')
      child.stdout.resume()
      child.stderr.resume()
      child.removeAllListeners('exit')
      const readyMs = performance.now() - spawnedAt
      resolve({ address, pid: child.pid!, readyMs, spawnedAt, stop: () => endOf(child, 'SIGTERM') })
    }
    child.stdout.setEncoding('utf8').on('data', onText)
    child.stderr.setEncoding('utf8').on('data', onText)
  })
}

function endOf(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve()
    child.once('exit', () => resolve())
    child.kill(signal)
  })
}

/** One of the servers of raw.ts. */
export function startRaw(kind: 'sink' | 'pump' | 'echo', options: object): Promise<Target> {
  const child = fork(fileURLToPath(new URL('./raw.js', import.meta.url)), [kind, JSON.stringify(options)])
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`raw ${kind} ended with ${code}`)))
    child.once('message', (port) => {
      child.removeAllListeners('exit')
      resolve({ address: `127.0.0.1:${port}`, pid: child.pid!, stop: () => endOf(child, 'SIGKILL') })
    })
  })
}

/** Runs the load generator in its own process and gives back what it measured. */
export function runLoad<Result>(options: object): Promise<Result> {
  // As a message and not as an argument: it holds a request of 1 MiB.
  const child = fork(fileURLToPath(new URL('./load.js', import.meta.url)))
  child.send(options)
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`the load generator ended with ${code}`)))
    child.once('message', (result) => resolve(result as Result))
  })
}

/** CPU time of a process so far, in seconds; null where /proc is missing or the process is unknown. */
export function cpuSeconds(pid: number | null): number | null {
  const fields = procFile(pid, 'stat')
    ?.replace(/^.*\) /s, '')
    .split(' ')
  // utime and stime are fields 14 and 15 of stat(5), in clock ticks of 1/100 s; two fields stand before the ')'.
  return fields ? (Number(fields[11]) + Number(fields[12])) / 100 : null
}

/** Resident memory in MiB. */
export function residentMiB(pid: number | null): number | null {
  const kib = /^VmRSS:\s+(\d+)/m.exec(procFile(pid, 'status') ?? '')?.[1]
  return kib === undefined ? null : Number(kib) / 1024
}

function procFile(pid: number | null, name: string): string | null {
  try {
    return pid === null ? null : readFileSync(`/proc/${pid}/${name}`, 'utf8')
  } catch {
    return null
  }
}
