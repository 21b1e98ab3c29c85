import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { errorName } from '../../protocol/errors.ts'
import { SeededRandom } from '../../src/base/seeded-random.ts'
import { createSystem } from '../../src/base/system.ts'
import { Peer } from '../../src/net/peer.ts'
import { Program, type RunningBroker, ready } from '../node/broker-process.ts'
import { expect, mix, Violation } from './content.ts'
import { SoakGroup } from './groups.ts'
import { Lane, SoakPartition } from './lane.ts'
import { SoakTopics } from './topics.ts'
import { offsetAt, verifyFrom } from './verify.ts'
import { sleep, within } from './waiting.ts'

const CREATE_TOPICS = 19
const REPORT_EVERY = 20
/** Nothing acknowledged for this long means that something hangs. */
const STALLED_MS = 60_000
const START_WITHIN_MS = 60_000
const MAX_ACKNOWLEDGMENTS = 250

export interface SoakOptions {
  count: number
  seed: number
  /** Leaves the data directory, which otherwise goes when all is well. */
  keep: boolean
}

/**
 * The broker as a process, killed with SIGKILL at a random moment under load, and started again on what is left, `count`
 * times. What it acknowledged must be there after each, once, in order; see verify.ts, groups.ts and topics.ts.
 */
export async function killSoak(options: SoakOptions): Promise<{ passed: number; failed: number }> {
  const soak = new KillSoak(options)
  try {
    await soak.run()
  } catch (error) {
    process.stdout.write(`${soak.describe(error as Error)}\n`)
    return { passed: soak.passed, failed: 1 }
  } finally {
    soak.end()
  }
  if (options.keep) process.stdout.write(`data: ${soak.dataDir}\n`)
  else rmSync(soak.dataDir, { recursive: true, force: true })
  return { passed: soak.passed, failed: 0 }
}

class KillSoak {
  readonly dataDir = mkdtempSync(join(tmpdir(), 'odradek-soak-'))
  passed = 0
  readonly #options: SoakOptions
  readonly #random: SeededRandom
  readonly #system = createSystem()
  /** Record times lie close to now, as producers' do: the broker forgets producers whose last record is a day old. */
  readonly #firstTimestamp = Date.now()
  readonly #lanes: readonly Lane[]
  readonly #groups: readonly SoakGroup[]
  readonly #topics: SoakTopics
  #program: Program | undefined
  #acknowledgments = 0
  #records = 0
  #wasStopped = false
  #atAcknowledgment: (() => void) | undefined
  readonly #startMs: number[] = []
  readonly #counts = { killed: 0, stopped: 0, killedAtStart: 0 }

  constructor(options: SoakOptions) {
    this.#options = options
    this.#random = new SeededRandom(options.seed)
    const partition = (topic: string, index: number, idempotent: boolean) =>
      new SoakPartition(topic, index, mix(options.seed, index + (idempotent ? 100 : 200)), idempotent)
    const partitions = [
      [partition('idempotent', 0, true)],
      [partition('idempotent', 1, true), partition('idempotent', 2, true), partition('idempotent', 3, true)],
      [partition('plain', 0, false)],
      [partition('plain', 1, false), partition('plain', 2, false)],
    ]
    this.#lanes = partitions.map((some) => {
      return new Lane(some, this.#random.fork(), this.#firstTimestamp, (records) => this.#acknowledged(records))
    })
    this.#groups = [
      new SoakGroup('without-members', 'idempotent', 4, false, this.#random.fork()),
      new SoakGroup('with-a-member', 'plain', 3, true, this.#random.fork()),
    ]
    this.#topics = new SoakTopics(this.#random.fork())
  }

  async run(): Promise<void> {
    const { count } = this.#options
    let broker = await this.#start()
    await this.#createTopics(broker)
    for (let round = 1; round <= count; round++) {
      await this.#loadAndKill(broker)
      broker = await this.#restart()
      await this.#verify(broker)
      this.passed = round
      if (round % REPORT_EVERY === 0 && round < count) this.#report(round)
    }
    await this.#finish(broker)
    this.#report(count)
  }

  describe(error: Error): string {
    const what = error instanceof Violation ? error.message : (error.stack ?? error.message)
    const log = this.#program?.stderr.trim().split('\n').slice(-20).join('\n')
    return [
      `FAILED: seed ${this.#options.seed}, round ${this.passed + 1}: ${what}`,
      `data: ${this.dataDir}`,
      ...(log ? [`the broker's log:\n${log}`] : []),
    ].join('\n')
  }

  end(): void {
    this.#program?.signal('SIGKILL')
  }

  async #start(): Promise<RunningBroker> {
    const startedMs = performance.now()
    this.#program = this.#spawn()
    const broker = await within(START_WITHIN_MS, 'the broker did not become ready', ready(this.#program))
    this.#startMs.push(performance.now() - startedMs)
    return broker
  }

  #spawn(): Program {
    return new Program({ args: ['start', '--port', '0', '--data-dir', this.dataDir] })
  }

  /** Sometimes it is killed while it starts, too. */
  async #restart(): Promise<RunningBroker> {
    while (this.#random.below(8) === 0) {
      const program = this.#spawn()
      this.#program = program
      const slept = sleep(this.#random.below(250))
      await Promise.race([slept, program.exited])
      expect(program.exit === undefined, () => `the broker ended while it started: ${program.exit?.code}`)
      await program.kill()
      this.#counts.killedAtStart++
    }
    return this.#start()
  }

  async #createTopics(broker: RunningBroker): Promise<void> {
    const peer = await this.#connect(broker)
    const topic = (name: string, numPartitions: number) => ({
      name,
      numPartitions,
      replicationFactor: 1,
      assignments: [],
      // Small segments: they roll within a few rounds.
      configs: [{ name: 'segment.bytes', value: String(1 << 20) }],
    })
    const { topics } = await peer.send(CREATE_TOPICS, {
      topics: [topic('idempotent', 4), topic('plain', 3)],
      timeoutMs: 30_000,
    })
    for (const { name, errorCode } of topics) expect(errorCode === 0, () => `creating ${name}: ${errorName(errorCode)}`)
    peer.close()
  }

  async #loadAndKill(broker: RunningBroker): Promise<void> {
    const { program } = broker
    // Not sent again by themselves: what waits from the last round goes first.
    const workers = [...this.#lanes, ...this.#groups, this.#topics]
    const peers = await Promise.all(workers.map(() => this.#connect(broker)))
    const running = workers.map((worker, index) => worker.run(peers[index]!))
    const target = this.#acknowledgments + 1 + this.#random.below(MAX_ACKNOWLEDGMENTS)
    const reached = new Promise<void>((resolve) => {
      this.#atAcknowledgment = () => this.#acknowledgments >= target && resolve()
    })
    const failed = Promise.all(running).then(() => {
      throw new Violation(`the broker closed its connections: ${JSON.stringify(program.exit ?? 'it still runs')}`)
    })
    await Promise.race([within(STALLED_MS, 'nothing is acknowledged any more', reached), failed])
    await Promise.race([sleep(this.#random.below(5)), failed])
    if (this.#random.below(8) === 0) await this.#stop(program)
    else {
      await program.kill()
      this.#counts.killed++
      this.#wasStopped = false
    }
    failed.catch(() => {})
    await Promise.all(running)
    for (const peer of peers) peer.close()
  }

  async #stop(program: Program): Promise<void> {
    program.signal('SIGTERM')
    const { code, signal } = await within(STALLED_MS, 'the broker did not stop', program.exited)
    expect(code === 0, () => `stopped with SIGTERM under load the broker ended with ${code ?? signal}`)
    this.#counts.stopped++
    this.#wasStopped = true
  }

  async #verify(broker: RunningBroker): Promise<void> {
    const peer = await this.#connect(broker)
    const ids = this.#lanes.flatMap(({ producerIds }) => producerIds)
    expect(new Set(ids).size === ids.length, () => `a producer id was given twice: ${ids.sort((a, b) => a - b)}`)
    for (const partition of this.#lanes.flatMap(({ partitions }) => partitions)) {
      const { verifiedEnd, verifiedNumber } = partition
      const checked = await verifyFrom(peer, partition, verifiedEnd, verifiedNumber, this.#firstTimestamp)
      partition.verifiedEnd = checked.end
      partition.verifiedNumber = checked.lastNumber
      partition.snapshotOffsets = readdirSync(join(this.dataDir, partition.name))
        .filter((file) => file.endsWith('.snapshot'))
        .map((file) => Number.parseInt(file, 10))
        .filter((offset) => this.#wasStopped || offset < checked.end)
    }
    for (const group of this.#groups) await group.verify(peer)
    await this.#topics.verify(peer)
    peer.close()
  }

  /** Everything once more from offset 0, after the last answers, and again after a clean stop. */
  async #finish(broker: RunningBroker): Promise<void> {
    let peer = await this.#connect(broker)
    for (const lane of this.#lanes) await lane.settle(peer)
    await this.#verifyAll(peer)
    peer.close()
    await this.#stop(broker.program)
    const again = await this.#start()
    await this.#verify(again)
    peer = await this.#connect(again)
    await this.#verifyAll(peer)
    peer.close()
    await this.#stop(again.program)
  }

  async #verifyAll(peer: Peer): Promise<void> {
    for (const partition of this.#lanes.flatMap(({ partitions }) => partitions)) {
      await verifyFrom(peer, partition, 0, -1, this.#firstTimestamp)
      if (!partition.idempotent) continue
      const end = await offsetAt(peer, partition, -1)
      expect(end === partition.next, () => `${partition.name}: ends at ${end} after ${partition.next} records`)
    }
  }

  #connect({ host, port }: RunningBroker): Promise<Peer> {
    return Peer.connect({ system: this.#system, address: { host, port }, clientId: 'soak' })
  }

  #acknowledged(records: number): void {
    this.#acknowledgments++
    this.#records += records
    this.#atAcknowledgment?.()
  }

  #report(round: number): void {
    const times = this.#startMs.splice(0).sort((one, other) => one - other)
    const { killed, stopped, killedAtStart } = this.#counts
    process.stdout.write(
      `${round}/${this.#options.count} rounds: ${this.#records} records in ${this.#acknowledgments} acknowledged requests; ` +
        `killed ${killed}, killed while starting ${killedAtStart}, stopped ${stopped}; ` +
        `${this.#lanes.reduce((sum, { forgotten }) => sum + forgotten, 0)} resent batches were forgotten; ` +
        `started in ${Math.round(times[times.length >> 1]!)} ms (median), ${Math.round(times.at(-1)!)} ms (longest)\n`,
    )
  }
}
