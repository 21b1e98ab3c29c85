import t from 'tap'
import { defaultsOf } from '../../../src/base/config.ts'
import { silentLogger } from '../../../src/base/logger.ts'
import { createMemorySystem } from '../../../src/base/memory-system.ts'
import { Rebalancer, type RebalancerOptions } from '../../../src/controller/balance/rebalancer.ts'
import { controllerConfig } from '../../../src/controller/config.ts'
import { isReassigning } from '../../../src/controller/reassign-partitions.ts'
import { type MetadataImage, type PartitionImage, RESOURCE } from '../../../src/metadata/image.ts'
import { clusterOf, controllerOver, decisionConfig, heartbeatOf, ManualLog, registrationOf } from '../harness.ts'
import { TOPIC, withTopic } from '../partitions.ts'

const MAX_MOVES = 3
const DELAY_MS = 60_000

/** A log that commits at once. */
class PromptLog extends ManualLog {
  override append(records: Parameters<ManualLog['append']>[0]): Promise<number> {
    const appended = super.append(records)
    this.commit()
    return appended
  }
}

/** A controller with brokers that beat as long as they are in `alive`, and that copy what they are told to. */
class World {
  readonly system = createMemorySystem(1)
  readonly alive = new Set([1, 2, 3])
  readonly log = new PromptLog()
  readonly controller
  /** The most partitions that were on their way at one time. */
  mostRunning = 0
  copying = true
  #rebalancer: Rebalancer | undefined
  readonly #config: Partial<RebalancerOptions['config']>

  constructor(partitions: Partial<PartitionImage>[], config: Partial<RebalancerOptions['config']> = {}) {
    const image = withTopic(clusterOf(1, 2, 3), ...partitions)
    this.#config = config
    this.controller = controllerOver(this.log, {
      image,
      system: this.system,
      config: { ...decisionConfig, 'auto.leader.rebalance.enable': false },
    })
  }

  get image(): MetadataImage {
    return this.controller.image
  }

  get partitions(): PartitionImage[] {
    return [...this.image.topics.byId.get(TOPIC.topicId)!.partitions.values()]
  }

  get running(): PartitionImage[] {
    return this.partitions.filter(isReassigning)
  }

  /** A new term begins, in which nothing is known of the last one. */
  rebalance(): void {
    this.#rebalancer?.stop()
    this.#rebalancer = new Rebalancer({
      target: this.controller,
      system: this.system,
      logger: silentLogger,
      config: {
        ...defaultsOf(controllerConfig),
        'odradek.rebalance.delay.ms': DELAY_MS,
        'odradek.rebalance.max.moves': MAX_MOVES,
        ...this.#config,
      },
    })
    this.#rebalancer.start()
  }

  async activate(): Promise<void> {
    await this.controller.activate([], false)
    this.rebalance()
    await this.run(2)
  }

  async join(id: number): Promise<void> {
    await this.controller.registerBroker(registrationOf(id, 1), 4)
    this.alive.add(id)
  }

  async run(seconds: number): Promise<void> {
    for (let i = 0; i < seconds; i++) {
      for (const id of this.alive) await this.#beat(id)
      await this.system.time.run(1000)
      this.mostRunning = Math.max(this.mostRunning, this.running.length)
      if (this.copying) for (const partition of this.running) await this.#arrive(partition)
    }
  }

  held(id: number): number {
    return this.partitions.filter(({ replicas }) => replicas.includes(id)).length
  }

  led(id: number): number {
    return this.partitions.filter(({ leader }) => leader === id).length
  }

  overrides(type: number, name: string): Record<string, string> {
    return Object.fromEntries(this.image.configs.of(type, name))
  }

  async #beat(id: number): Promise<void> {
    await this.controller.brokerHeartbeat(heartbeatOf(id, this.#epoch(id), this.log.nextOffset))
  }

  #epoch(id: number): bigint {
    return BigInt(this.image.cluster.brokers.get(id)!.epoch)
  }

  /** The leader says that all live replicas are in sync. */
  async #arrive({ index, leader, leaderEpoch, partitionEpoch, replicas }: PartitionImage): Promise<void> {
    if (!this.alive.has(leader)) return
    const inSync = replicas.filter((id) => this.alive.has(id))
    const partition = {
      partitionIndex: index,
      leaderEpoch,
      newIsr: [],
      newIsrWithEpochs: inSync.map((brokerId) => ({ brokerId, brokerEpoch: this.#epoch(brokerId) })),
      leaderRecoveryState: 0,
      partitionEpoch,
    }
    const topics = [{ topicName: TOPIC.name, topicId: TOPIC.topicId, partitions: [partition] }]
    await this.controller.alterPartition({ brokerId: leader, brokerEpoch: this.#epoch(leader), topics }, 3)
  }
}

const rotating = (count: number): Partial<PartitionImage>[] =>
  Array.from({ length: count }, (_, i) => ({ replicas: [1 + (i % 3), 1 + ((i + 1) % 3)] }))

t.test('a broker more: it gets its share of replicas and leads, few at a time, and then there is quiet', async (t) => {
  const world = new World(rotating(24))
  await world.activate()
  await world.join(4)
  await world.run(5)
  t.same(world.running, [], 'it has to stay for a while first')
  await world.run(40)
  t.same(world.running, [])
  t.same(
    [1, 2, 3, 4].map((id) => world.held(id)),
    [12, 12, 12, 12],
  )
  t.same(
    [1, 2, 3, 4].map((id) => world.led(id)),
    [6, 6, 6, 6],
  )
  t.equal(world.mostRunning, MAX_MOVES)
  const changes = world.log.records.filter(({ type }) => type === 'PartitionChangeRecord').length
  await world.run(30)
  t.equal(world.log.records.filter(({ type }) => type === 'PartitionChangeRecord').length, changes)
})

t.test(
  'a broker that is back within the delay keeps what it has; one that is gone for longer is drained',
  async (t) => {
    const world = new World(rotating(12))
    await world.activate()
    world.alive.delete(3)
    await world.run(50)
    t.equal(world.image.cluster.brokers.get(3)!.fenced, true)
    t.equal(world.held(3), 8)
    t.same(world.running, [])
    world.alive.add(3)
    await world.run(60)
    t.equal(world.held(3), 8, 'back in time')
    world.alive.delete(3)
    await world.run(100)
    t.same(
      [1, 2, 3].map((id) => world.held(id)),
      [12, 12, 0],
    )
    t.same(
      [1, 2].map((id) => world.led(id)),
      [6, 6],
    )
  },
)

t.test('what goes to a broker that dies meanwhile is called off, and given to others', async (t) => {
  const world = new World(rotating(24))
  await world.activate()
  await world.join(4)
  world.copying = false
  await world.run(30)
  t.equal(world.running.length, MAX_MOVES)
  world.alive.delete(4)
  world.copying = true
  await world.run(5)
  t.ok(world.running.every(({ adding }) => adding.includes(4)))
  await world.run(120)
  t.same(world.running, [])
  t.same(
    [1, 2, 3, 4].map((id) => world.held(id)),
    [16, 16, 16, 0],
  )
})

t.test('while somebody is away nothing new is started', async (t) => {
  const world = new World(rotating(24))
  await world.activate()
  await world.join(4)
  world.alive.delete(3)
  await world.run(40)
  t.same(world.running, [])
  t.equal(world.held(4), 0)
  world.alive.add(3)
  await world.run(40)
  t.equal(world.held(4), 12)
})

t.test('the next controller goes on where the last one was', async (t) => {
  const world = new World(rotating(24))
  await world.activate()
  await world.join(4)
  world.copying = false
  await world.run(20)
  t.equal(world.running.length, MAX_MOVES)
  world.rebalance()
  world.copying = true
  await world.run(40)
  t.equal(world.held(4), 12)
})

t.test('what somebody placed by hand stays while nobody comes or goes', async (t) => {
  const world = new World([{ replicas: [1, 2] }, { replicas: [1, 2] }, { replicas: [1, 3] }, { replicas: [1, 3] }])
  await world.activate()
  await world.run(30)
  t.equal(world.led(1), 4)
  world.alive.delete(2)
  await world.run(20)
  world.alive.add(2)
  await world.run(30)
  t.same([world.held(1), world.held(2), world.held(3)], [4, 2, 2], 'a restart is no reason')
})

t.test('throttled: Kafka’s own keys are set while data moves, and taken away afterwards', async (t) => {
  const world = new World(rotating(12), { 'odradek.rebalance.throttle.bytes.per.second': 1_000_000 })
  await world.activate()
  await world.join(4)
  world.copying = false
  await world.run(20)
  const rates = {
    'leader.replication.throttled.rate': '1000000',
    'follower.replication.throttled.rate': '1000000',
  }
  t.same(world.overrides(RESOURCE.BROKER, '4'), rates)
  const { index } = world.running[0]!
  t.match(world.overrides(RESOURCE.TOPIC, TOPIC.name), {
    'leader.replication.throttled.replicas': new RegExp(`\\b${index}:[123],${index}:[123]\\b`),
    'follower.replication.throttled.replicas': new RegExp(`\\b${index}:4\\b`),
  })
  world.copying = true
  await world.run(40)
  t.equal(world.held(4), 6)
  t.same(world.overrides(RESOURCE.BROKER, '4'), {})
  t.same(world.overrides(RESOURCE.TOPIC, TOPIC.name), {})
})

t.test('once stopped it does no more', async (t) => {
  const world = new World(rotating(12))
  await world.activate()
  world.controller.deactivate()
  const { length } = world.log.records
  await world.system.time.run(60_000)
  t.equal(world.log.records.length, length)
})
