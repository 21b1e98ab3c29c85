import fc from 'fast-check'
import t from 'tap'
import { createMemorySystem } from '../../src/base/memory-system.ts'
import type { Controller } from '../../src/controller/controller.ts'
import { freshFeatureRecords } from '../../src/controller/features.ts'
import { FEATURE } from '../../src/metadata/features.ts'
import { isActive, NO_LEADER, type PartitionImage } from '../../src/metadata/image.ts'
import {
  controllerOver,
  createRequest,
  decisionConfig,
  heartbeatOf,
  ManualLog,
  newTopic,
  registrationOf,
} from './harness.ts'
import { type Happening, PartitionChecker } from './partition-checker.ts'

const BROKERS = [1, 2, 3, 4]
const TOPIC = 't'
const SESSION_MS = decisionConfig['broker.session.timeout.ms']

const broker = fc.constantFrom(...BROKERS)
const partition = fc.nat(2)
const some = fc.uniqueArray(broker, { minLength: 1, maxLength: 4 })
const operation = fc.oneof(
  fc.record({ do: fc.constant('kill' as const), broker }),
  fc.record({ do: fc.constant('kill and restart before it is missed' as const), broker }),
  fc.record({ do: fc.constant('shut down' as const), broker }),
  fc.record({ do: fc.constant('return' as const), broker }),
  fc.record({ do: fc.constant('return' as const), broker }),
  fc.record({ do: fc.constant('unregister' as const), broker }),
  fc.record({ do: fc.constant('alter' as const), partition, isr: some, stale: fc.constantFrom(0, 0, 0, 1) }),
  fc.record({ do: fc.constant('alter' as const), partition, isr: fc.constant(BROKERS), stale: fc.constant(0) }),
  fc.record({ do: fc.constant('reassign' as const), partition, target: some }),
  fc.record({ do: fc.constant('cancel' as const), partition }),
  fc.record({ do: fc.constant('elect' as const), type: fc.constantFrom(0, 0, 1) }),
)
type Operation = (typeof operation)['generate'] extends (...args: never[]) => { value: infer V } ? V : never

/** A cluster of which only the controller is real. Commits do not matter here: it decides on what it has decided. */
class Cluster {
  readonly #log = new ManualLog()
  readonly #system = createMemorySystem(7)
  readonly controller: Controller
  readonly checker: PartitionChecker
  /** Of those that do not run: whether they stopped in order. */
  readonly #down = new Map<number, { clean: boolean; epoch: bigint }>()
  readonly #lives = new Map<number, number>()

  constructor({ minIsr, elr }: { minIsr: number; elr: boolean }) {
    this.controller = controllerOver(this.#log, { system: this.#system })
    void this.controller.activate(freshFeatureRecords(), false)
    if (!elr) {
      const update = { feature: FEATURE.ELR_VERSION, maxVersionLevel: 0, upgradeType: 2, allowDowngrade: false }
      void this.controller.settings.updateFeatures({ featureUpdates: [update], timeoutMs: 1, validateOnly: false }, 2)
    }
    for (const id of BROKERS) {
      this.#register(id, -1n)
      this.#beat(id)
    }
    const configs = [{ name: 'min.insync.replicas', value: `${minIsr}` }]
    const topic = newTopic(TOPIC, { numPartitions: 3, replicationFactor: 3, configs })
    void this.controller.createTopics(createRequest(topic), 7)
    this.checker = new PartitionChecker(this.controller.image, minIsr, elr)
    this.#look()
  }

  partition(index: number): PartitionImage {
    return this.controller.image.topics.byName.get(TOPIC)!.partitions.get(index)!
  }

  get partitions(): PartitionImage[] {
    return [0, 1, 2].map((index) => this.partition(index))
  }

  perform(operation: Operation): void {
    const vouched = this.#perform(operation)
    this.#look(vouched ? { vouched } : {})
  }

  #look(happening: Happening = {}): void {
    this.checker.look(this.controller.image, happening)
  }

  #perform(operation: Operation): Happening['vouched'] {
    switch (operation.do) {
      case 'kill':
        if (this.#stop(operation.broker, false)) this.#sessionEnds()
        return
      case 'kill and restart before it is missed':
        if (!this.#stop(operation.broker, false)) return
        this.#system.time.advance(SESSION_MS + 1)
        this.#return(operation.broker)
        return
      case 'shut down':
        this.#shutDown(operation.broker)
        return
      case 'return':
        this.#return(operation.broker)
        return
      case 'unregister':
        // What is left of it is not to be relied on when it comes back.
        if (this.#down.has(operation.broker)) this.#down.set(operation.broker, { clean: false, epoch: -1n })
        if (this.#down.has(operation.broker)) void this.controller.unregisterBroker({ brokerId: operation.broker })
        return
      case 'alter':
        return this.alter(operation.partition, operation.isr, operation.stale)
      case 'reassign':
        this.reassign(operation.partition, operation.target)
        return
      case 'cancel':
        this.reassign(operation.partition, null)
        return
      case 'elect':
        void this.controller.electLeaders({ electionType: operation.type, topicPartitions: null, timeoutMs: 1 })
        return
    }
  }

  /** The leader finds these of its followers to have everything. */
  alter(index: number, wanted: readonly number[], stale = 0): Happening['vouched'] {
    const { image } = this.controller
    const { leader, leaderEpoch, partitionEpoch, replicas } = this.partition(index)
    if (leader === NO_LEADER) return undefined
    const epochOf = (id: number) => BigInt(image.cluster.brokers.get(id)!.epoch)
    const isr = replicas.filter((id) => id === leader || (wanted.includes(id) && isActive(image, id)))
    const proposal = {
      partitionIndex: index,
      leaderEpoch,
      partitionEpoch: partitionEpoch - stale,
      newIsr: [],
      newIsrWithEpochs: isr.map((brokerId) => ({ brokerId, brokerEpoch: epochOf(brokerId) })),
      leaderRecoveryState: 0,
    }
    const topicId = image.topics.byName.get(TOPIC)!.id
    const topics = [{ topicName: '', topicId, partitions: [proposal] }]
    void this.controller.alterPartition({ brokerId: leader, brokerEpoch: epochOf(leader), topics }, 3)
    return { topicId, index, isr }
  }

  reassign(index: number, replicas: readonly number[] | null): void {
    const partitions = [{ partitionIndex: index, replicas: replicas && [...replicas] }]
    const request = { timeoutMs: 1, allowReplicationFactorChange: true, topics: [{ name: TOPIC, partitions }] }
    void this.controller.alterPartitionReassignments(request)
  }

  /** Everybody is back and in sync. */
  heal(): void {
    for (const id of BROKERS) this.perform({ do: 'return', broker: id })
    this.perform({ do: 'elect', type: 1 })
    for (let round = 0; round < 3; round++)
      for (const index of [0, 1, 2]) this.perform({ do: 'alter', partition: index, isr: BROKERS, stale: 0 })
  }

  #beat(id: number, wants: { fence?: boolean; shutDown?: boolean } = {}): void {
    const { epoch = -1 } = this.controller.image.cluster.brokers.get(id) ?? {}
    void this.controller.brokerHeartbeat(heartbeatOf(id, BigInt(epoch), this.#log.nextOffset, wants))
  }

  #beatAll(): void {
    for (const id of BROKERS) if (!this.#down.has(id)) this.#beat(id)
  }

  #register(id: number, previousEpoch: bigint): void {
    const life = (this.#lives.get(id) ?? 0) + 1
    this.#lives.set(id, life)
    // Ids of incarnations are few in the harness; what matters is that the next one is another.
    void this.controller.registerBroker(registrationOf(id, life % 8, previousEpoch), 4)
    this.#down.delete(id)
  }

  #stop(id: number, clean: boolean): boolean {
    if (this.#down.has(id)) return false
    this.#down.set(id, { clean, epoch: BigInt(this.controller.image.cluster.brokers.get(id)!.epoch) })
    return true
  }

  #sessionEnds(): void {
    this.#system.time.advance(SESSION_MS + 1)
    this.#beatAll()
    void this.controller.fenceSilentBroker()
  }

  #shutDown(id: number): void {
    if (!this.#stop(id, true)) return
    for (let i = 0; i < 3; i++) {
      this.#beat(id, { shutDown: true })
      this.#beatAll()
    }
  }

  #return(id: number): void {
    const stopped = this.#down.get(id)
    if (stopped === undefined) return
    this.#beatAll()
    this.#register(id, stopped.clean ? stopped.epoch : -1n)
    this.#look(stopped.clean ? {} : { uncleanRestart: id })
    this.#beat(id)
  }
}

const histories = fc.array(operation, { minLength: 20, maxLength: 80, size: 'max' }) as fc.Arbitrary<Operation[]>

for (const elr of [true, false]) {
  const name = `B59 to B63, B67, B77, N-C10: ${elr ? 'with' : 'without'} ELR, what holds at every step`
  t.test(name, async (t) => {
    let elections = 0
    let uncleanElections = 0
    fc.assert(
      fc.property(histories, fc.constantFrom(1, 2, 3), (operations, minIsr) => {
        const cluster = new Cluster({ minIsr, elr })
        for (const operation of operations) cluster.perform(operation)
        elections += cluster.checker.elections
        uncleanElections += cluster.checker.uncleanElections
        cluster.heal()
        for (const { isr, replicas, adding, removing, leader } of cluster.partitions) {
          if (leader === NO_LEADER) throw new Error('no leader in the end')
          if (isr.length !== replicas.length) throw new Error('somebody is out of sync in the end')
          if (adding.length + removing.length > 0) throw new Error('a reassignment has not ended')
        }
      }),
      { numRuns: 100 },
    )
    t.ok(elections > 500, 'the histories do something')
    t.ok(uncleanElections > 20)
  })
}
