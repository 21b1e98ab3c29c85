import fc from 'fast-check'
import t from 'tap'
import { ErrorCode } from '../../protocol/errors.ts'
import { batches } from '../../protocol/records/batch.ts'
import { readRecords } from '../../protocol/records/record.ts'
import { type Cluster, clusterWithTopic, type Node } from './cluster.ts'

const BROKERS = [1, 2, 3]

type Step =
  | { kind: 'append'; acks: number; via: number }
  | { kind: 'run'; ms: number }
  | { kind: 'pause' | 'resume' | 'kill' | 'start' | 'elect' | 'deafen' | 'tell'; id: number }

const id = fc.constantFrom(...BROKERS)
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('append' as const), acks: fc.constantFrom(-1, -1, 1), via: id }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant('run' as const), ms: fc.constantFrom(0, 100, 600, 3_000, 20_000) }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constantFrom('pause', 'resume', 'kill', 'start', 'elect', 'deafen', 'tell'),
      id,
    }),
  },
)

/** A cluster under random trouble, and what its clients were told. */
class Trial {
  readonly cluster: Cluster
  readonly acked: { offset: number; value: string }[] = []
  latest = 0
  #values = 0

  constructor(cluster: Cluster) {
    this.cluster = cluster
  }

  async run(steps: readonly Step[]): Promise<void> {
    for (const each of steps) {
      await this.#step(each)
      await this.cluster.time.settle()
      await this.#look()
    }
  }

  async #step(each: Step): Promise<void> {
    const { cluster } = this
    if (each.kind === 'run') return cluster.run(each.ms)
    if (each.kind === 'append') return this.#append(each.acks, cluster.node(each.via))
    const node = cluster.node(each.id)
    if (each.kind === 'pause') cluster.pause(each.id)
    else if (each.kind === 'resume') cluster.resume(each.id)
    else if (each.kind === 'deafen') node.hearsMetadata = false
    else if (each.kind === 'tell') this.tell(node)
    else if (each.kind === 'elect') this.elect(each.id)
    else if (each.kind === 'kill') this.kill(node)
    else this.start(node)
  }

  /** At whoever takes itself for the leader. */
  #append(acks: number, via: Node): void {
    if (!via.isUp || via.partition()?.isLeader !== true) return
    const value = `v${this.#values++}`
    this.cluster.append([value], { acks, via, timeoutMs: 5_000 }).then(({ errorCode, baseOffset }) => {
      if (errorCode === ErrorCode.NONE && acks === -1) this.acked.push({ offset: baseOffset, value })
    })
  }

  /** A consumer that asks the leader where the end is. */
  async #look(): Promise<void> {
    const { leader } = this.cluster.registration()
    if (leader < 0 || !this.cluster.node(leader).isUp) return
    const { replicas } = this.cluster.node(leader)
    if (replicas.partition('t', 0)?.leaderEpoch !== this.cluster.registration().leaderEpoch) return
    const request = { replicaId: -1, isolationLevel: 0, apiVersion: 11 }
    const entry = { topic: 't', partition: 0, currentLeaderEpoch: -1, timestamp: -1 }
    const [result] = await replicas.listOffsets(request, [entry])
    if (result!.errorCode !== ErrorCode.NONE) return
    if (result!.offset < this.latest) throw new Error(`the end went back from ${this.latest} to ${result!.offset}`)
    this.latest = result!.offset
  }

  tell(node: Node): void {
    node.hearsMetadata = true
    node.hear()
  }

  /** A clean election of a live member of the ISR. */
  elect(id: number): void {
    const { isr, leader } = this.cluster.registration()
    if (id !== leader && isr.includes(id) && this.cluster.node(id).isUp) this.cluster.change({ leader: id })
  }

  kill(node: Node): void {
    if (!node.isUp) return
    const { cluster } = this
    cluster.kill(node.id)
    cluster.fence(node.id)
    const { isr, leader } = cluster.registration()
    const rest = isr.filter((other) => other !== node.id)
    if (rest.length === 0) {
      if (leader === node.id) cluster.change({ leader: -1 })
    } else if (leader !== node.id) cluster.change({ isr: rest })
    else cluster.change({ isr: rest, leader: rest.find((other) => cluster.node(other).isUp) ?? -1 })
  }

  start(node: Node): void {
    if (node.isUp) return
    node.hearsMetadata = true
    this.cluster.start(node.id)
    const { isr, leader } = this.cluster.registration()
    if (leader < 0 && isr.includes(node.id)) this.cluster.change({ leader: node.id })
  }

  async heal(): Promise<void> {
    for (const node of this.cluster.nodes) {
      this.start(node)
      this.tell(node)
    }
    this.cluster.resume(...BROKERS)
    await this.cluster.run(60_000)
  }
}

function valuesOf(bytes: Buffer): Map<number, string> {
  const values = new Map<number, string>()
  for (const batch of batches(bytes)) {
    for (const { offset, value } of readRecords(batch)) values.set(offset, value!.toString())
  }
  return values
}

t.test('whatever happens: logs agree, what was acknowledged is there, and the end never goes back', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async (steps) => {
      const trial = new Trial(await clusterWithTopic())
      await trial.run(steps)
      await trial.heal()
      const { cluster } = trial
      const leader = cluster.leader()
      const end = leader.partition().highWatermark
      if (end !== leader.partition().log.logEndOffset) throw new Error('healed, and not all is committed')
      if (cluster.registration().isr.length !== 3) throw new Error(`the ISR stays ${cluster.registration().isr}`)
      for (const other of BROKERS) {
        if (!cluster.bytes(other).equals(cluster.bytes(leader.id))) throw new Error(`broker ${other} has another log`)
      }
      const values = valuesOf(cluster.bytes(leader.id))
      for (const { offset, value } of trial.acked) {
        if (values.get(offset) !== value) throw new Error(`${value} was acknowledged at ${offset} and is lost`)
      }
    }),
    { numRuns: 40 },
  )
  t.pass()
})
