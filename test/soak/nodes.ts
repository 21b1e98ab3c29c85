import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { HostPort } from '../../src/base/network.ts'
import type { SeededRandom } from '../../src/base/seeded-random.ts'
import { Program, ready } from '../node/broker-process.ts'
import { expect, Violation } from './content.ts'
import { sleep, within } from './waiting.ts'

const START_WITHIN_MS = 60_000
const STOP_WITHIN_MS = 60_000
/** Below the ports that systems give to outgoing connections: a node that comes back must find its own free. */
const PORTS = { first: 18_000, count: 10_000 }

export type Role = 'broker' | 'controller'

export interface NodesOptions {
  readonly random: SeededRandom
  /** What each node is, by node id from 1 on. */
  readonly roles: readonly (readonly Role[])[]
  /** For all nodes, beside what names and connects them. */
  readonly config: Readonly<Record<string, string>>
  /** Where each node listens; default 127.0.0.1. */
  readonly host?: (id: number) => string
  /** What each node's command line begins with, such as `ip netns exec`. */
  readonly prefix?: (id: number) => readonly string[]
}

export const COMBINED: readonly (readonly Role[])[] = Array.from({ length: 3 }, () => ['broker', 'controller'])

/** `controllers` that are nothing else, and three brokers, which have the smaller ids. */
export function separate(controllers: number): readonly (readonly Role[])[] {
  const brokers = Array.from({ length: 3 }, () => ['broker'] as const)
  return [...brokers, ...Array.from({ length: controllers }, () => ['controller'] as const)]
}

/** Both ways to run three brokers, by name. */
export const LAYOUTS: Readonly<Record<string, readonly (readonly Role[])[]>> = {
  combined: COMBINED,
  separate: separate(3),
}

/** Sooner than the defaults, so that many failures fit into minutes. */
export const SOAK_TIMES = { 'broker.session.timeout.ms': '3000', 'broker.heartbeat.interval.ms': '500' }

/** One node: a process that is killed, stopped and started on the same server.properties file, data and ports. */
export class SoakNode {
  readonly id: number
  readonly roles: readonly Role[]
  readonly address: HostPort
  readonly #file: string
  readonly #prefix: readonly string[]
  #program: Program | undefined
  /** The end of each life's log. */
  readonly logs: string[] = []

  constructor(id: number, roles: readonly Role[], address: HostPort, file: string, prefix: readonly string[]) {
    this.id = id
    this.roles = roles
    this.address = address
    this.#file = file
    this.#prefix = prefix
  }

  get isBroker(): boolean {
    return this.roles.includes('broker')
  }

  get isRunning(): boolean {
    return this.#program !== undefined && this.#program.exit === undefined
  }

  /** Resolves when it says that it is ready. */
  async start(): Promise<void> {
    this.#program = new Program({ args: ['start', '--config', this.#file], prefix: this.#prefix })
    await within(START_WITHIN_MS, `node ${this.id} was not ready`, ready(this.#program))
  }

  async kill(): Promise<void> {
    const program = this.#program!
    expect(program.exit === undefined, () => `node ${this.id} has ended by itself:\n${program.stderr}`)
    await program.kill()
    this.#keepLog()
  }

  /** With SIGTERM; it must end as asked. */
  async stop(): Promise<void> {
    const program = this.#program!
    program.signal('SIGTERM')
    const { code, signal } = await within(STOP_WITHIN_MS, `node ${this.id} did not stop`, program.exited)
    this.#keepLog()
    expect(code === 0, () => `node ${this.id} ended with ${code ?? signal} after SIGTERM:\n${program.stderr}`)
  }

  end(): void {
    if (!this.isRunning) return
    this.#program!.signal('SIGKILL')
    this.#keepLog()
  }

  #keepLog(): void {
    this.logs.push(this.#program!.stderr.trim().split('\n').slice(-15).join('\n'))
  }
}

/** The nodes of a cluster, each a process with a server.properties file as for Apache Kafka. */
export class Nodes {
  readonly dir = mkdtempSync(join(tmpdir(), 'odradek-soak-'))
  readonly all: SoakNode[] = []
  readonly #options: NodesOptions
  #voters = ''

  private constructor(options: NodesOptions) {
    this.#options = options
  }

  static async start(options: NodesOptions): Promise<Nodes> {
    const nodes = new Nodes(options)
    const ports = await freePorts(options.random, 2 * options.roles.length)
    const controllers = options.roles.flatMap((roles, i) => (roles.includes('controller') ? [i] : []))
    nodes.#voters = controllers.map((i) => `${i + 1}@${nodes.#host(i + 1)}:${ports[2 * i + 1]}`).join(',')
    for (const [i, roles] of options.roles.entries()) nodes.#make(i + 1, roles, ports.slice(2 * i, 2 * i + 2))
    try {
      await Promise.all(nodes.all.map((node) => node.start()))
    } catch (error) {
      process.stdout.write(`${nodes.describe()}\n`)
      nodes.end()
      throw error
    }
    return nodes
  }

  get brokers(): SoakNode[] {
    return this.all.filter(({ isBroker }) => isBroker)
  }

  get bootstrap(): string[] {
    return this.brokers.map(({ address: { host, port } }) => `${host}:${port}`)
  }

  node(id: number): SoakNode {
    const node = this.all.find((one) => one.id === id)
    if (node === undefined) throw new Violation(`there is no node ${id}`)
    return node
  }

  /** Another broker for the cluster, not started yet. */
  async add(): Promise<SoakNode> {
    return this.#make(this.all.length + 1, ['broker'], await freePorts(this.#options.random, 2))
  }

  describe(): string {
    return this.all
      .map(({ id, logs, isRunning }) => `node ${id}${isRunning ? '' : ' (down)'}:\n${logs.slice(-2).join('\n---\n')}`)
      .join('\n')
  }

  end(): void {
    for (const node of this.all) node.end()
  }

  remove(): void {
    rmSync(this.dir, { recursive: true, force: true })
  }

  #host(id: number): string {
    return this.#options.host?.(id) ?? '127.0.0.1'
  }

  #make(id: number, roles: readonly Role[], [client, controller]: readonly number[]): SoakNode {
    const host = this.#host(id)
    const listeners = [
      ...(roles.includes('broker') ? [`PLAINTEXT://${host}:${client}`] : []),
      ...(roles.includes('controller') ? [`CONTROLLER://${host}:${controller}`] : []),
    ]
    const properties = {
      'process.roles': roles.join(','),
      'node.id': String(id),
      'controller.quorum.voters': this.#voters,
      listeners: listeners.join(','),
      'controller.listener.names': 'CONTROLLER',
      'log.dirs': join(this.dir, `node-${id}`),
      ...this.#options.config,
    }
    mkdirSync(this.dir, { recursive: true })
    const file = join(this.dir, `server-${id}.properties`)
    const lines = Object.entries(properties).map(([key, value]) => `${key}=${value}\n`)
    writeFileSync(file, lines.join(''))
    const node = new SoakNode(id, roles, { host, port: client! }, file, this.#options.prefix?.(id) ?? [])
    this.all.push(node)
    return node
  }
}

async function freePorts(random: SeededRandom, count: number): Promise<number[]> {
  const found = new Set<number>()
  while (found.size < count) {
    const port = PORTS.first + random.below(PORTS.count)
    if (await isFree(port)) found.add(port)
    else await sleep(1)
  }
  return [...found]
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
