import { assert } from '../../src/base/assert.ts'
import { ManualTime } from '../../src/base/manual-time.ts'
import { SeededRandom } from '../../src/base/seeded-random.ts'
import type { OutgoingRequest, Ready, VoterSet } from '../../src/raft/types.ts'
import {
  type Answer,
  directoryId,
  ErrorCode,
  type Network,
  type NodeOptions,
  staticVoter,
  TestNode,
  VERSIONS,
  voter,
} from './cluster.ts'
import { type Entry, MemoryLog } from './memory-log.ts'
import { API_VERSIONS } from './transcript.ts'

/** How bad the network and the machines are. Chances are out of 1000. */
export interface Faults {
  readonly loss: number
  readonly duplication: number
  readonly maxDelayMs: number
  readonly maxSyncMs: number
}

const CALM: Faults = { loss: 0, duplication: 0, maxDelayMs: 2, maxSyncMs: 2 }
const ROUGH: Faults = { loss: 100, duplication: 50, maxDelayMs: 60, maxSyncMs: 400 }
const REFUSED_MS = 5

/**
 * Some rafts, their network and their disks as a function of a seed. Every step is checked: an epoch has one leader, a
 * high watermark does not go back, and what one node calls committed is what every node calls committed, for ever.
 */
export class Simulation implements Network {
  readonly time = new ManualTime()
  readonly random: SeededRandom
  readonly nodes: TestNode[] = []
  readonly committed: Entry[] = []
  faults: Faults = CALM
  /** How many came to be. */
  voterChanges = 0
  readonly #cut = new Set<string>()
  readonly #closed = new Set<string>()
  readonly #leaders = new Map<number, number>()
  readonly #highWatermarks = new Map<TestNode, { life: number; offset: number }>()
  #values = 0

  constructor(seed: number) {
    this.random = new SeededRandom(seed)
  }

  /** A quorum of `count` under the given kraft.version, all started. */
  static of(
    seed: number,
    { count, kraftVersion, observers = 0 }: { count: number; kraftVersion: 0 | 1; observers?: number },
  ): Simulation {
    const sim = new Simulation(seed)
    const ids = Array.from({ length: count }, (_, index) => index + 1)
    const voters: VoterSet = ids.map((id) => (kraftVersion === 1 ? voter(id) : staticVoter(id)))
    for (const id of ids) sim.add(sim.optionsFor(id, voters, kraftVersion))
    for (let id = count + 1; id <= count + observers; id++) {
      sim.add({ ...sim.optionsFor(id, voters, kraftVersion), controllerRole: kraftVersion === 1, log: new MemoryLog() })
    }
    return sim
  }

  optionsFor(id: number, voters: VoterSet, kraftVersion: 0 | 1): NodeOptions {
    const bootstrapServers = voters.map((known) => known.id)
    return kraftVersion === 1
      ? { id, log: new MemoryLog(voters), bootstrapServers }
      : { id, log: new MemoryLog(), staticVoters: voters }
  }

  add(options: NodeOptions): TestNode {
    const node = new TestNode(this, options)
    this.nodes.push(node)
    node.start()
    return node
  }

  node(id: number): TestNode {
    return this.nodes.find((node) => node.id === id)!
  }

  get leader(): TestNode | undefined {
    return this.nodes
      .filter((node) => node.leads)
      .sort((one, other) => other.raft.leadership.epoch - one.raft.leadership.epoch)[0]
  }

  /** Breaks the link from one node to another, and back. */
  cut(one: number, other: number): void {
    this.#cut.add(`${one}-${other}`).add(`${other}-${one}`)
  }

  /** Nobody seems to listen where `to` is, for what comes from `from`: an odd firewall. */
  close(from: number, to: number): void {
    this.#closed.add(`${from}-${to}`)
  }

  isolate(id: number): void {
    for (const node of this.nodes) if (node.id !== id) this.cut(id, node.id)
  }

  heal(): void {
    this.#cut.clear()
    this.#closed.clear()
  }

  run(ms: number): void {
    this.time.advance(ms)
  }

  /** Turns the clock until it holds. */
  until(what: string, holds: () => boolean, limitMs = 30_000): void {
    const endMs = this.time.monotonicMs() + limitMs
    while (!holds()) {
      assert(this.time.monotonicMs() < endMs, `not within ${limitMs} ms: ${what}`)
      this.time.advance(Math.max(1, Math.min((this.time.nextMs ?? endMs) - this.time.monotonicMs(), 100)))
    }
  }

  /** Appends a record at the leader; gives its value. */
  append(): string | undefined {
    const { leader } = this
    if (leader === undefined) return undefined
    const value = `v${++this.#values}`
    leader.append(value)
    return value
  }

  request(from: TestNode, request: OutgoingRequest, answer: (reply: Answer) => void): void {
    const { timeoutMs, to } = request
    let isAnswered = false
    const settle = (reply: Answer) => {
      if (isAnswered) return
      isAnswered = true
      answer(reply)
    }
    this.time.after(timeoutMs, () => settle(ErrorCode.REQUEST_TIMED_OUT))
    const target = this.nodes.find(({ id }) => id === to.port)
    const copies = 1 + (this.#happens(this.faults.duplication) ? 1 : 0)
    for (let copy = 0; copy < copies; copy++) this.#carry(from, target, request, settle)
  }

  #carry(
    from: TestNode,
    target: TestNode | undefined,
    { apiKey, body }: OutgoingRequest,
    settle: (reply: Answer) => void,
  ) {
    const { life } = target ?? { life: 0 }
    const passes = (one: number, other: number) => !this.#cut.has(`${one}-${other}`) && !this.#happens(this.faults.loss)
    this.time.after(this.#delayMs(), () => {
      if (target === undefined) return this.time.after(REFUSED_MS, () => settle(ErrorCode.NETWORK_EXCEPTION))
      if (!target.isUp || this.#closed.has(`${from.id}-${target.id}`))
        return this.time.after(REFUSED_MS, () => settle(ErrorCode.BROKER_NOT_AVAILABLE))
      if (apiKey === 18) return settle(API_VERSIONS)
      if (life !== target.life || !passes(from.id, target.id)) return undefined
      const request = { apiKey, version: VERSIONS[apiKey]!, body: structuredClone(body) }
      target.receive(request as never, (response) => {
        if (passes(target.id, from.id)) this.time.after(this.#delayMs(), () => settle(response as never))
      })
      return undefined
    })
  }

  #happens(chance: number): boolean {
    return chance > 0 && this.random.below(1000) < chance
  }

  #delayMs(): number {
    return this.random.below(this.faults.maxDelayMs) + 1
  }

  sync(_: TestNode, done: () => void): void {
    this.time.after(this.random.below(this.faults.maxSyncMs) + 1, done)
  }

  observe(node: TestNode, { leadership, highWatermark }: Ready): void {
    if (leadership?.role === 'leader') this.#checkLeader(node, leadership.epoch)
    if (highWatermark !== undefined) this.#checkCommitted(node, highWatermark)
    assert(node.log.endOffset >= node.highWatermark, `node ${node.id} lost committed records`)
  }

  #checkLeader(node: TestNode, epoch: number): void {
    const known = this.#leaders.get(epoch)
    assert(known === undefined || known === node.id, `epoch ${epoch} has the leaders ${known} and ${node.id}`)
    this.#leaders.set(epoch, node.id)
    for (const [offset, { value }] of this.committed.entries()) {
      const isThere = offset < node.log.startOffset || node.log.entry(offset)?.value === value
      assert(isThere, `leader ${node.id} of epoch ${epoch} lacks the committed record ${offset}`)
    }
  }

  #checkCommitted(node: TestNode, highWatermark: number): void {
    const { life } = node
    const known = this.#highWatermarks.get(node)
    const before = known?.life === life ? known.offset : 0
    assert(highWatermark >= before, `the high watermark of node ${node.id} went back`)
    this.#highWatermarks.set(node, { life, offset: highWatermark })
    for (let offset = Math.max(node.log.startOffset, before); offset < highWatermark; offset++) {
      const entry = node.log.entry(offset)
      assert(entry !== undefined, `node ${node.id} has committed ${offset} and does not have it`)
      const agreed = this.committed[offset]
      if (agreed === undefined) {
        assert(offset === this.committed.length, `node ${node.id} committed ${offset} before what comes first`)
        this.committed.push(entry)
      } else {
        const isSame = agreed.epoch === entry.epoch && agreed.value === entry.value
        assert(isSame, `node ${node.id} has another record at ${offset}`)
      }
    }
  }

  /** Some time full of trouble. */
  trouble(ms: number): void {
    const endMs = this.time.monotonicMs() + ms
    this.faults = ROUGH
    while (this.time.monotonicMs() < endMs) {
      this.time.advance(this.random.below(200) + 1)
      this.#mishap()
    }
    this.faults = CALM
    this.heal()
    for (const node of this.nodes) if (!node.isUp) node.start()
  }

  #mishap(): void {
    const node = this.nodes[this.random.below(this.nodes.length)]!
    const other = this.nodes[this.random.below(this.nodes.length)]!
    const dice = this.random.below(100)
    if (dice < 55) this.append()
    else if (dice < 60) this.#changeVoters(node)
    else if (dice < 62 && node !== other) this.close(node.id, other.id)
    else if (dice < 70 && node !== other) this.cut(node.id, other.id)
    else if (dice < 75) this.isolate(node.id)
    else if (dice < 85) this.heal()
    else if (dice < 90 && node.isUp) node.crash(this.random.below(node.log.endOffset + 1))
    else if (dice < 91) this.#blackOut()
    else if (dice < 97 && !node.isUp) node.start()
    else if (dice < 98 && node.isUp) node.resign()
    else if (node.isUp && node.highWatermark > node.log.startOffset) this.#takeSnapshot(node)
  }

  /** Takes a node out of the voters or puts it in, if the leader agrees. */
  #changeVoters({ id }: TestNode): void {
    const { leader } = this
    if (leader === undefined || leader.log.kraftVersion === 0) return
    const isVoter = leader.raft.voters.some((known) => known.id === id)
    const key = { clusterId: null, voterId: id, voterDirectoryId: directoryId(id) }
    const addition = { ...key, timeoutMs: 0, listeners: voter(id).endpoints, ackWhenCommitted: true }
    const [apiKey, body] = isVoter ? [81, key] : [80, addition]
    leader.receive({ apiKey, version: VERSIONS[apiKey]!, body } as never, (answer) => {
      if (typeof answer !== 'number' && 'errorCode' in answer && answer.errorCode === ErrorCode.NONE)
        this.voterChanges++
    })
  }

  /** All lose power at once, and are back at once. */
  #blackOut(): void {
    const running = this.nodes.filter((node) => node.isUp)
    for (const node of running) node.crash()
    for (const node of running) node.start()
  }

  #takeSnapshot(node: TestNode): void {
    if ((node.log.latestSnapshot?.offset ?? 0) >= node.highWatermark) return
    node.snapshot(node.highWatermark)
    if (this.random.below(2) === 0) node.log.clean()
  }

  /** A new record is committed by every node that runs. */
  settle(): void {
    this.until('a leader', () => this.leader !== undefined)
    this.until('a record that everybody has committed', () => {
      const { leader } = this
      if (leader === undefined) return false
      if (leader.log.entries.at(-1)?.value !== `v${this.#values}`) this.append()
      return this.nodes.every((node) => !node.isUp || node.highWatermark === leader.log.endOffset)
    })
  }
}
