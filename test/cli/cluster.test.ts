import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { startCluster } from '../../src/node/start-cluster.ts'
import { run } from '../node/broker-process.ts'

t.setTimeout(300_000)

t.test('the commands of a cluster', async (t) => {
  const home = mkdtempSync(join(tmpdir(), 'odradek-cli-cluster-'))
  t.teardown(() => rmSync(home, { recursive: true, force: true }))
  const cluster = await startCluster({
    brokers: 3,
    racks: ['a', 'b', 'c'],
    topics: { orders: { partitions: 6, replicationFactor: 2 } },
  })
  t.teardown(() => cluster.stop())
  const server = ['-b', cluster.node(1).bootstrapServers]
  const odradek = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await run([...args, ...server])
    t.equal(code, 0, `${args.join(' ')}: ${stderr}`)
    return stdout
  }
  const describe = async (...args: string[]) => {
    const rows = (await odradek('topics', 'describe', ...args)).split('\n').filter((line) => line.startsWith('\t'))
    return rows.map((row) =>
      Object.fromEntries(
        row
          .trim()
          .split('\t')
          .map((cell) => cell.split(': ')),
      ),
    )
  }
  const held = (rows: Record<string, string>[], id: number) =>
    rows.filter(({ Replicas }) => Replicas!.split(',').includes(String(id))).length
  const led = (rows: Record<string, string>[], id: number) => rows.filter(({ Leader }) => Leader === String(id)).length

  t.test('cluster and quorum', async (t) => {
    const shown = await odradek('cluster')
    t.match(shown, new RegExp(`^Cluster: ${cluster.clusterId}\nController: [123]\nFeatures: .*metadata\\.version=`))
    t.match(shown, /\n2 +(?:localhost|127\.0\.0\.1):\d+ +b +active\n/)
    const status = await odradek('quorum', 'status')
    t.match(status, new RegExp(`^ClusterId: {14}${cluster.clusterId}\nLeaderId: {15}[123]\nLeaderEpoch: {12}\\d+\n`))
    t.match(
      status,
      /\nCurrentVoters: {10}\[\{"id": \d, "directoryId": ".{22}", "endpoints": \["CONTROLLER:\/\/127\.0\.0\.1:\d+"\]\}, /,
    )
    const [header, ...rows] = (await odradek('quorum', 'replication')).trimEnd().split('\n')
    t.match(
      header,
      /^NodeId\tDirectoryId {11}\tLogEndOffset\tLag\tLastFetchTimestamp\tLastCaughtUpTimestamp\tStatus {2}\t$/,
    )
    t.same(
      rows.map((row) => row.split('\t')[6]!.trim()),
      ['Leader', 'Follower', 'Follower'],
    )
  })

  t.test('a plan from a file crowds two brokers, and a plan of its own evens it out', async (t) => {
    const file = join(home, 'plan.json')
    const partitions = [0, 1, 2, 3, 4, 5].map((partition) => ({ topic: 'orders', partition, replicas: [1, 2] }))
    writeFileSync(file, JSON.stringify({ version: 1, partitions }))
    t.match(await odradek('reassign', 'start', '--file', file), /^\d partitions reassigned\.\n$/)
    const crowded = await describe('orders')
    t.same(
      [1, 2, 3].map((id) => held(crowded, id)),
      [6, 6, 0],
    )
    t.same(
      [1, 2, 3].map((id) => led(crowded, id)),
      [6, 0, 0],
    )
    const plan = await odradek('reassign', 'plan')
    t.match(plan, /^TOPIC +PARTITION +FROM +TO +COPIED-TO\n/)
    t.match(plan, / partitions change, 4 replicas are copied\.\n/)
    const json = JSON.parse(await odradek('reassign', 'plan', '--json')) as { partitions: { topic: string }[] }
    t.ok(json.partitions.every(({ topic }) => topic === 'orders'))
    await odradek('reassign', 'start', '--throttle', '10000000', '--max-moves', '2')
    const even = await describe('orders')
    t.same(
      [1, 2, 3].map((id) => held(even, id)),
      [4, 4, 4],
    )
    t.same(
      [1, 2, 3].map((id) => led(even, id)),
      [2, 2, 2],
    )
    t.notMatch(await odradek('topics', 'describe', 'orders'), /throttled/, 'the throttle is gone')
    t.equal(await odradek('reassign', 'plan'), 'Nothing to do: the cluster is balanced.\n')
  })

  t.test('the replication factor goes up and down', async (t) => {
    await odradek('topics', 'alter', 'orders', '--replication-factor', '3')
    const all = await describe('orders')
    t.ok(all.every(({ Replicas, Isr }) => Replicas!.split(',').length === 3 && Isr!.split(',').length === 3))
    await odradek('topics', 'alter', 'orders', '--replication-factor', '2')
    const fewer = await describe('orders')
    t.same(
      [1, 2, 3].map((id) => held(fewer, id)),
      [4, 4, 4],
    )
    t.same(
      [1, 2, 3].map((id) => led(fewer, id)),
      [2, 2, 2],
    )
  })

  t.test('what is under way is shown, and called off', async (t) => {
    await cluster.node(3).kill()
    for (let shown = ''; !/\n3 .*fenced/.test(shown); shown = await odradek('cluster'));
    const under = await describe('--under-replicated')
    t.equal(under.length, 4)
    t.same(await describe('--unavailable'), [])
    // Nobody copies to a broker that is dead.
    const file = join(home, 'to-dead.json')
    const target = (await describe('orders')).find(({ Replicas }) => !Replicas!.split(',').includes('3'))!
    const partition = Number(target.Partition)
    writeFileSync(file, JSON.stringify({ partitions: [{ topic: 'orders', partition, replicas: [1, 3] }] }))
    t.equal(await odradek('reassign', 'start', '--file', file, '--no-wait'), '1 partitions on their way.\n')
    t.match(await odradek('reassign', 'status'), new RegExp(`\norders +${partition} +1,3,2 +3 +2\n$`))
    const [moving] = (await describe('orders')).filter(({ Partition }) => Partition === target.Partition)
    t.match(moving, { 'Adding Replicas': '3', 'Removing Replicas': '2' })
    t.equal(await odradek('reassign', 'cancel'), '1 partitions stay.\n')
    t.equal(await odradek('reassign', 'status'), 'Nothing is on its way.\n')
    const back = (await describe('orders'))[partition]!
    t.same(back.Replicas!.split(',').sort(), ['1', '2'])
  })

  t.test('a broker is drained while it is dead, and preferred leaders are elected when it is back', async (t) => {
    await odradek('reassign', 'start', '--drain', '3')
    const drained = await describe('orders')
    t.same(
      [1, 2, 3].map((id) => held(drained, id)),
      [6, 6, 0],
    )
    t.same(await describe('--under-replicated'), [])
    await cluster.node(3).start()
    await odradek('reassign', 'start')
    const even = await describe('orders')
    t.same(
      [1, 2, 3].map((id) => held(even, id)),
      [4, 4, 4],
    )
    t.match(await odradek('elect', '--preferred', '--all'), /^\d leaders elected\.\n$/)
    t.same(
      [1, 2, 3].map((id) => led(even, id)),
      [2, 2, 2],
    )
  })
})
