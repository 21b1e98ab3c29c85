import fc from 'fast-check'
import t from 'tap'
import { ErrorCode } from '../../../protocol/errors.ts'
import { commitOf, Harness, subscription, type Watched } from './harness.ts'

/** A client that does what it is told, sensible or not, and remembers what it was told by the coordinator. */
interface Client {
  readonly name: string
  readonly instanceId: string | null
  memberId: string
  generationId: number
  leads: string[] | undefined
}

type Step =
  | { do: 'join' | 'sync' | 'heartbeat' | 'leave' | 'commit'; who: number }
  | { do: 'restart' | 'restate'; who: number }
  | { do: 'wait'; ms: number }
  | { do: 'fail'; code: ErrorCode }
  | { do: 'hold' | 'release' }

const CLIENTS = 4
const who = fc.nat(CLIENTS - 1)
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('join' as const), who }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('sync' as const), who }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('heartbeat' as const, 'commit' as const), who }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('leave' as const), who }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('restart' as const, 'restate' as const), who }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(0, 100, 3000, 9000, 70_000) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('fail' as const),
      code: fc.constantFrom(ErrorCode.NOT_ENOUGH_REPLICAS, ErrorCode.REQUEST_TIMED_OUT),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('hold' as const, 'release' as const) }) },
)

class World {
  readonly g: Harness
  readonly clients: Client[]
  readonly calls: Watched<unknown>[] = []
  readonly #version: number
  #topic = 'orders'
  #newest = 0

  constructor(g: Harness, version: number) {
    this.g = g
    this.#version = version
    this.clients = Array.from({ length: CLIENTS }, (_, i) => ({
      name: `c${i}`,
      instanceId: i % 2 === 1 ? `static-${i}` : null,
      memberId: '',
      generationId: -1,
      leads: undefined,
    }))
  }

  async take(step: Step): Promise<void> {
    const { g } = this
    switch (step.do) {
      case 'wait':
        // Held batches are let go before their replies time out: that case has tests of its own.
        if (step.ms > 3000) this.#release()
        await g.time.run(step.ms)
        break
      case 'fail':
        if (!g.log.isHeld) g.log.failNext = step.code
        break
      case 'hold':
        g.log.isHeld = true
        break
      case 'release':
        this.#release()
        break
      default:
        this.#ask(this.clients[step.who]!, step.do)
    }
    await g.time.settle()
  }

  /** All answers that can come without a client doing anything have come after this. */
  async rest(ms: number): Promise<void> {
    this.#release()
    this.g.log.failNext = undefined
    await this.g.time.run(ms)
    await this.g.time.settle()
  }

  #release(): void {
    this.g.log.isHeld = false
    while (this.g.log.waiting > 0) this.g.log.commitNext()
  }

  #ask(client: Client, what: string): void {
    const { g } = this
    const member = {
      memberId: client.memberId,
      ...(this.#version >= 5 && { groupInstanceId: client.instanceId }),
    }
    switch (what) {
      case 'restate':
        this.#topic = this.#topic === 'orders' ? 'payments' : 'orders'
        return
      case 'restart':
        client.memberId = ''
        return
      case 'join': {
        const protocols = [{ name: 'range', metadata: subscription(this.#topic) }]
        const call = g.join(this.#version, { ...member, protocols, rebalanceTimeoutMs: 20_000 }, client.name)
        this.calls.push(call)
        void call.promise.then((answer) => {
          if (answer.errorCode === ErrorCode.MEMBER_ID_REQUIRED) client.memberId = answer.memberId
          if (answer.errorCode === ErrorCode.UNKNOWN_MEMBER_ID) client.memberId = ''
          if (answer.errorCode !== ErrorCode.NONE) return
          client.memberId = answer.memberId
          client.generationId = answer.generationId
          client.leads = answer.members.length > 0 ? answer.members.map(({ memberId }) => memberId) : undefined
          this.#noteGeneration(answer.generationId)
        })
        return
      }
      case 'sync': {
        const { generationId, leads } = client
        const assignment = Buffer.from(`of ${generationId}`)
        const assignments = leads?.map((memberId) => ({ memberId, assignment })) ?? []
        const call = g.sync(Math.min(this.#version, 4), {
          ...withoutInstance(member, this.#version),
          generationId,
          assignments,
        })
        this.calls.push(call)
        return
      }
      case 'heartbeat':
        this.calls.push(g.heartbeat(3, { memberId: client.memberId, generationId: client.generationId }))
        return
      case 'leave':
        if (client.memberId === '') return
        this.calls.push(g.leave(3, { members: [{ memberId: client.memberId, groupInstanceId: client.instanceId }] }))
        return
      case 'commit': {
        const { memberId, generationId } = client
        const topics = [{ name: 'orders', partitions: [commitOf(this.clients.indexOf(client) % 3, this.calls.length)] }]
        this.calls.push(g.commit(6, { groupId: 'g', memberId, generationIdOrMemberEpoch: generationId, topics }))
      }
    }
  }

  #noteGeneration(generationId: number): void {
    this.#newest = Math.max(this.#newest, generationId)
  }

  get newestGeneration(): number {
    return this.#newest
  }
}

function withoutInstance(member: { memberId: string; groupInstanceId?: string | null }, version: number) {
  return version >= 5 ? member : { memberId: member.memberId }
}

async function describeGroup(g: Harness) {
  return (await g.now(g.describe(4, 'g')))!.groups[0]!
}

async function offsets(g: Harness) {
  const answer = await g.now(g.fetch(8, { groups: [{ groupId: 'g', topics: null }] }))
  const topics = answer!.groups[0]!.topics.flatMap(({ partitions }) => partitions)
  return topics.sort((one, other) => one.partitionIndex - other.partitionIndex)
}

t.test(
  'whatever members do, a group keeps its invariants, lets nobody wait for ever, and survives a restart',
  async (t) => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(3, 5, 9),
        fc.constantFrom(0, 3000),
        fc.array(step, { minLength: 10, maxLength: 60 }),
        async (version, delayMs, steps) => {
          const g = await Harness.start({ config: { 'group.initial.rebalance.delay.ms': delayMs } })
          const world = new World(g, version)
          for (const step of steps) {
            await world.take(step)
            const group = await describeGroup(g)
            if (group.groupState !== 'Stable') continue
            // Who is Stable has an assignment, and all have it of one generation.
            const texts = new Set(group.members.map(({ memberAssignment }) => memberAssignment.toString()))
            if (texts.size > 1) throw new Error(`assignments of several generations: ${[...texts]}`)
          }
          await world.rest(100)

          const before = await describeGroup(g)
          const offsetsBefore = await offsets(g)
          const again = await g.restart()
          const after = await describeGroup(again)
          t.same(await offsets(again), offsetsBefore)
          if (before.groupState === 'Stable') t.same(after, before)
          else t.match(after.groupState, /Stable|Empty|Dead/)
          t.equal(world.calls.filter(({ value }) => value === undefined).length, 0, 'shutdown answers everyone')
          await again.time.run(400_000)
          t.match((await describeGroup(again)).groupState, /Empty|Dead/)
          t.ok(again.time.pending <= 1, 'only the expiry of offsets is still to come')
          again.coordinator.shutdown()
        },
      ),
      { numRuns: 150 },
    )
  },
)

t.test('when all fall silent, every parked call is answered and the group becomes empty', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(3, 9), fc.array(step, { minLength: 5, maxLength: 40 }), async (version, steps) => {
      const g = await Harness.start()
      const world = new World(g, version)
      for (const step of steps) await world.take(step)
      await world.rest(400_000)
      t.equal(world.calls.filter(({ value }) => value === undefined).length, 0)
      t.match((await describeGroup(g)).groupState, /Empty|Dead/)
      t.ok(g.time.pending <= 1)
      g.coordinator.shutdown()
      t.equal(g.time.pending, 0)
    }),
    { numRuns: 150 },
  )
})

t.test('clients that follow the protocol always end up Stable, all in one generation', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(3, 5, 9), fc.array(step, { maxLength: 30 }), async (version, steps) => {
      const g = await Harness.start()
      const world = new World(g, version)
      for (const step of steps) await world.take(step)
      await world.rest(100)
      // From now on each does what a heartbeat or an error tells it to; the network delivers everything.
      const settled = new Set<Client>()
      const follow = async (client: Client): Promise<void> => {
        for (let round = 0; round < 30 && settled.size < CLIENTS; round++) {
          const instance = version >= 5 ? { groupInstanceId: client.instanceId } : {}
          const protocols = [{ name: 'range', metadata: subscription('orders') }]
          const input = { memberId: client.memberId, ...instance, protocols, rebalanceTimeoutMs: 20_000 }
          const joined = await g.join(version, input, client.name).promise
          if (joined.errorCode === ErrorCode.MEMBER_ID_REQUIRED) client.memberId = joined.memberId
          else if (joined.errorCode === ErrorCode.UNKNOWN_MEMBER_ID) client.memberId = ''
          else if (joined.errorCode === ErrorCode.FENCED_INSTANCE_ID) client.memberId = ''
          if (joined.errorCode !== ErrorCode.NONE) continue
          const { memberId, generationId } = joined
          client.memberId = memberId
          const assignment = Buffer.from(`of ${generationId}`)
          const assignments = joined.members.map((member) => ({ memberId: member.memberId, assignment }))
          const synced = await g.sync(3, { memberId, generationId, ...instance, assignments }).promise
          if (synced.errorCode !== ErrorCode.NONE) continue
          for (;;) {
            settled.add(client)
            if (settled.size === CLIENTS) return
            await new Promise<void>((resolve) => g.time.after(1000, resolve))
            const { errorCode } = await g.heartbeat(3, { memberId, generationId, ...instance }).promise
            if (errorCode === ErrorCode.NONE) continue
            settled.delete(client)
            break
          }
        }
      }
      const all = Promise.all(world.clients.map(follow))
      let isDone = false
      void all.then(() => {
        isDone = true
      })
      for (let i = 0; i < 400 && !isDone; i++) await g.time.run(500)
      const group = await describeGroup(g)
      t.equal(group.groupState, 'Stable')
      t.equal(settled.size, CLIENTS)
      g.coordinator.shutdown()
    }),
    { numRuns: 60 },
  )
})
