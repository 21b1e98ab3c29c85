import { execFileSync, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { ErrorCode } from '../../protocol/errors.ts'
import { PeerError } from '../../src/net/peer.ts'
import { REPLICATED, verify } from './cluster.ts'
import { ClusterClient, type PartitionState } from './cluster-client.ts'
import { Ledger } from './ledger.ts'
import { COMBINED, Nodes, SOAK_TIMES } from './nodes.ts'
import { type Checks, type Outcome, type SoakRun, say, withNodes } from './outcome.ts'
import { Probe } from './probe.ts'
import { sleep, spread } from './waiting.ts'

const INSIDE = 'ODRADEK_SOAK_NAMESPACE'
const PARTITIONS = 3
const ISOLATED_MS = 12_000
const PATIENCE_MS = 500

const hostOf = (id: number): string => `10.91.7.${id}`

/** Network namespaces of our own, one for each node and one for the clients, with a bridge between them. */
class Namespaces {
  readonly hub: string
  readonly #names: string[]
  readonly #prefix: string

  constructor(prefix: string, nodes: number) {
    this.#prefix = prefix
    this.hub = `${prefix}-hub`
    this.#names = Array.from({ length: nodes }, (_, i) => this.of(i + 1))
  }

  of(id: number): string {
    return `${this.#prefix}-${id}`
  }

  create(): void {
    for (const name of [this.hub, ...this.#names]) {
      ip('netns', 'add', name)
      ip('-n', name, 'link', 'set', 'lo', 'up')
    }
    ip('-n', this.hub, 'link', 'add', 'bridge', 'type', 'bridge')
    ip('-n', this.hub, 'addr', 'add', `${hostOf(254)}/24`, 'dev', 'bridge')
    ip('-n', this.hub, 'link', 'set', 'bridge', 'up')
    for (const [i, name] of this.#names.entries()) {
      const port = `node${i + 1}`
      ip('-n', this.hub, 'link', 'add', port, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name)
      ip('-n', this.hub, 'link', 'set', port, 'master', 'bridge', 'up')
      ip('-n', name, 'addr', 'add', `${hostOf(i + 1)}/24`, 'dev', 'eth0')
      ip('-n', name, 'link', 'set', 'eth0', 'up')
    }
  }

  /** Nothing goes between this node and the others any more, without a word to either; clients still reach it. */
  cut(id: number): void {
    this.#routes('add', id)
  }

  heal(id: number): void {
    this.#routes('del', id)
  }

  remove(): void {
    for (const name of [...this.#names, this.hub]) {
      try {
        ip('netns', 'del', name)
      } catch {
        // It was not made.
      }
    }
  }

  #routes(verb: 'add' | 'del', id: number): void {
    for (const [i, name] of this.#names.entries()) {
      if (i + 1 === id) continue
      ip('-n', name, 'route', verb, 'blackhole', `${hostOf(id)}/32`)
      ip('-n', this.of(id), 'route', verb, 'blackhole', `${hostOf(i + 1)}/32`)
    }
  }
}

function ip(...args: string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] })
}

/**
 * A leader is cut off from the controller and its followers, but not from its clients, which go on to send: what it
 * acknowledges with acks=all is never lost. Runs itself once more inside a network namespace, where it can reach all nodes.
 */
export async function isolatedSoak(run: SoakRun): Promise<Outcome> {
  const prefix = process.env[INSIDE]
  if (prefix !== undefined) return inside(run, new Namespaces(prefix, COMBINED.length))
  const namespaces = new Namespaces(`odradek${process.pid}`, COMBINED.length)
  process.on('exit', () => namespaces.remove())
  try {
    namespaces.create()
  } catch (error) {
    say(`skipped: no network namespaces here: ${(error as Error).message.trim()}`)
    return { passed: 0, failed: 0 }
  }
  return again(namespaces, `odradek${process.pid}`, run.seed)
}

/** The same command in the clients' namespace; its output is ours, and so is its outcome. */
async function again(namespaces: Namespaces, prefix: string, seed: number): Promise<Outcome> {
  const command = ['netns', 'exec', namespaces.hub, process.execPath, ...process.argv.slice(1), '--seed', String(seed)]
  const child = spawn('ip', command, {
    env: { ...process.env, [INSIDE]: prefix },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  process.on('exit', () => child.kill('SIGKILL'))
  let outcome = { passed: 0, failed: 1 }
  for await (const line of createInterface({ input: child.stdout })) {
    const [, passed, failed] = /^(\d+) passed, (\d+) failed$/.exec(line) ?? []
    if (passed !== undefined) outcome = { passed: Number(passed), failed: Number(failed) }
    else if (!line.startsWith('soak ')) say(line)
  }
  return outcome
}

function inside(run: SoakRun, namespaces: Namespaces): Promise<Outcome> {
  const start = () =>
    Nodes.start({
      random: run.random,
      roles: COMBINED,
      config: { ...SOAK_TIMES, ...REPLICATED },
      host: hostOf,
      prefix: (id) => ['ip', 'netns', 'exec', namespaces.of(id)],
    })
  return withNodes(run, 'a leader that only its clients reach', start, (nodes, checks) =>
    isolate(run, nodes, checks, namespaces),
  )
}

async function isolate(run: SoakRun, nodes: Nodes, checks: Checks, namespaces: Namespaces): Promise<void> {
  const client = new ClusterClient(nodes)
  const probe = new Probe(client, new Ledger('probe', PARTITIONS, false))
  const stubborn = new Ledger('stubborn', PARTITIONS, false)
  for (const { topic } of [probe.ledger, stubborn]) await client.createTopic(topic, PARTITIONS, 3)
  probe.start()
  const endMs = performance.now() + run.minutes * 60_000
  const outages: number[] = []
  const count = { rounds: 0, before: 0, cutOff: 0, whileCutOff: 0 }
  do {
    await client.waitForIsr(null)
    const victim = nodes.all[count.rounds++ % nodes.all.length]!
    const led = (await client.partitions(null)).filter(({ leader }) => leader === victim.id)
    const sender = new Stubborn(client, stubborn, victim.id, indexesOf(led, stubborn.topic))
    sender.start()
    await sleep(1000)
    const cutMs = performance.now()
    namespaces.cut(victim.id)
    client.avoided.add(victim.id)
    await sleep(ISOLATED_MS)
    const healedMs = performance.now()
    namespaces.heal(victim.id)
    client.avoided.delete(victim.id)
    for (const index of indexesOf(led, probe.ledger.topic)) outages.push(probe.unavailableMs(index, cutMs) ?? Infinity)
    await client.waitForIsr(null)
    await sender.stop()
    count.before += sender.acknowledged(0, cutMs)
    count.cutOff += sender.sent(cutMs, healedMs)
    count.whileCutOff += sender.acknowledged(cutMs, healedMs)
  } while (performance.now() < endMs)
  await probe.stop()
  say(`cut off ${count.rounds} leaders for ${ISOLATED_MS} ms each, a client writing to them all the time:`)
  say(
    `  ${count.before} records acknowledged before, ${count.cutOff} sent and ${count.whileCutOff} acknowledged while cut off`,
  )
  say(`others could write to their partitions again after ${spread(outages)}`)
  checks.check(
    'a leader that is cut off acknowledges nothing with acks=all',
    count.whileCutOff === 0 && count.cutOff > 0,
  )
  checks.check(
    'its partitions are available elsewhere',
    outages.every((ms) => ms < ISOLATED_MS),
  )
  for (const ledger of [probe.ledger, stubborn]) await verify(client, ledger, checks)
  await client.close()
}

const indexesOf = (partitions: readonly PartitionState[], of: string): number[] =>
  partitions.filter(({ topic }) => topic === of).map(({ index }) => index)

/** A client that believes in one leader, whatever happens: it sends acks=all to that broker, one request after the other. */
class Stubborn {
  readonly #client: ClusterClient
  readonly #ledger: Ledger
  readonly #to: number
  readonly #partitions: readonly number[]
  readonly #requests: { sentMs: number; taken: boolean }[] = []
  #running: Promise<unknown> | undefined
  #ending = false

  constructor(client: ClusterClient, ledger: Ledger, to: number, partitions: readonly number[]) {
    this.#client = client
    this.#ledger = ledger
    this.#to = to
    this.#partitions = partitions
  }

  start(): void {
    this.#running = Promise.all(this.#partitions.map((partition) => this.#loop(partition)))
  }

  async stop(): Promise<void> {
    this.#ending = true
    await this.#running
  }

  sent(fromMs: number, toMs: number): number {
    return this.#requests.filter(({ sentMs }) => sentMs >= fromMs && sentMs < toMs).length
  }

  acknowledged(fromMs: number, toMs: number): number {
    return this.#requests.filter(({ sentMs, taken }) => taken && sentMs >= fromMs && sentMs < toMs).length
  }

  async #loop(partition: number): Promise<void> {
    const { topic } = this.#ledger
    while (!this.#ending) {
      const { first, values } = this.#ledger.take(partition, 1)
      const request = { sentMs: performance.now(), taken: false }
      this.#requests.push(request)
      try {
        const options = { timeoutMs: PATIENCE_MS }
        const { errorCode, baseOffset } = await this.#client.produce(this.#to, topic, partition, values, options)
        request.taken = errorCode === ErrorCode.NONE
        if (request.taken) this.#ledger.acknowledge(partition, first, 1, Number(baseOffset))
      } catch (error) {
        if (!(error instanceof PeerError)) throw error
      }
      await sleep(20)
    }
  }
}
