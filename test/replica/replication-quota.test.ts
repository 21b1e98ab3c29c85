import t from 'tap'
import { RESOURCE } from '../../src/metadata/image.ts'
import { type Cluster, clusterWithTopic, ROUNDS_MS } from './cluster.ts'

const RATE = 100_000
const RECORD = 'x'.repeat(10_000)

/** A topic with 2 MB that b3, a newcomer, has still to get. */
async function behind(config: Record<string, string>, rates: Record<string, number>): Promise<Cluster> {
  const c = await clusterWithTopic({
    topic: { replicas: [1, 2], config },
    config: { ...rates, 'replica.fetch.max.bytes': 50_000 },
  })
  for (let i = 0; i < 200; i++) await c.settled(c.append([RECORD], { acks: 1 }))
  await c.run(10_000)
  c.change({ replicas: [1, 2, 3], addingReplicas: [3] })
  return c
}

const fetched = (c: Cluster): number => c.node(3).partition().log.sizeBytes

for (const side of ['leader', 'follower'] as const) {
  t.test(`F29, D93 to D95: what the ${side} throttles stays near the rate and gets through`, async (t) => {
    const rates = { [`${side}.replication.throttled.rate`]: RATE }
    const c = await behind({ [`${side}.replication.throttled.replicas`]: side === 'leader' ? '0:1' : '0:3' }, rates)
    await c.run(5_000)
    t.ok(fetched(c) > 2 * RATE, `${fetched(c)} bytes in 5 s`)
    t.ok(fetched(c) < 10 * RATE, `${fetched(c)} bytes in 5 s`)
    const answer = c.append([RECORD])
    await c.run(1_000)
    t.equal((await answer).errorCode, 0, 'in-sync followers are not throttled')
    t.same(c.registration().isr, [1, 2])
    await c.run(40_000)
    t.equal(fetched(c), c.node(1).partition().log.sizeBytes)
    t.same(c.registration().isr, [1, 2, 3])
  })
}

t.test('D93: replicas that no list names are not throttled; * names all', async (t) => {
  const rates = { 'leader.replication.throttled.rate': RATE }
  const free = await behind({ 'leader.replication.throttled.replicas': '0:7,1:1' }, rates)
  await free.run(ROUNDS_MS)
  t.equal(fetched(free), free.node(1).partition().log.sizeBytes)
  const all = await behind({ 'leader.replication.throttled.replicas': '*' }, rates)
  await all.run(ROUNDS_MS)
  t.ok(fetched(all) < all.node(1).partition().log.sizeBytes)
  all.setConfig(RESOURCE.TOPIC, 't', 'leader.replication.throttled.replicas', '')
  await all.run(ROUNDS_MS)
  t.equal(fetched(all), all.node(1).partition().log.sizeBytes, 'lifted')
})
