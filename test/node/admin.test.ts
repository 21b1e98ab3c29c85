import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { silentLogger } from '../../src/base/logger.ts'
import { createSystem } from '../../src/base/system.ts'
import { parseAdminListener } from '../../src/node/admin-listener.ts'
import { Broker } from '../../src/node/broker.ts'
import { setUp } from '../../src/node/options.ts'
import { batchOf, KEY, Wire } from '../api/harness.ts'

async function started(t: Test, flags: Record<string, string>) {
  const dataDir = mkdtempSync(join(tmpdir(), 'odradek-admin-'))
  const setup = setUp({
    port: 0,
    dataDir,
    flags,
    topics: [{ name: 'a', partitions: 2, replicationFactor: 1, configs: {} }],
  })
  const broker = new Broker(createSystem(), setup, silentLogger, (error) => {
    throw error
  })
  t.teardown(async () => {
    await broker.stop()
    rmSync(dataDir, { recursive: true, force: true })
  })
  await broker.start()
  return broker
}

/** Values by name and labels as they stand in the text. */
async function scrape(broker: Broker): Promise<Map<string, number>> {
  const response = await fetch(`http://127.0.0.1:${broker.adminAddress!.port}/metrics`)
  t.equal(response.status, 200)
  t.match(response.headers.get('content-type'), /^text\/plain; version=0\.0\.4/)
  const lines = (await response.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]))
}

t.test('where it may listen', async (t) => {
  t.same(parseAdminListener('9404'), { host: '127.0.0.1', port: 9404 })
  t.same(parseAdminListener('http://0.0.0.0:9404/'), { host: '0.0.0.0', port: 9404 })
  t.same(parseAdminListener('[::1]:0'), { host: '::1', port: 0 })
  for (const wrong of ['', 'host', 'host:port', '70000', 'a:b:1', 'https://a:1'])
    t.equal(parseAdminListener(wrong), undefined)
  t.throws(() => setUp({ flags: { 'odradek.admin.listener': 'nowhere' } }), {
    message: /odradek\.admin\.listener=nowhere/,
  })
})

t.test('nobody listens unless told to', async (t) => {
  const broker = await started(t, {})
  t.equal(broker.adminAddress, undefined)
})

t.test('metrics of a node, in the names that dashboards know (E1 to E24)', async (t) => {
  const broker = await started(t, { 'odradek.admin.listener': '127.0.0.1:0', 'odradek.metrics.partitions': 'true' })
  const wire = await Wire.open(broker.listeners[0]!.advertised.port)
  t.teardown(() => wire.close())
  const records = batchOf(['one', 'two', 'three'])
  const { length } = records
  const topicData = [
    { name: 'a', partitionData: [{ index: 1, records }] },
    { name: 'none', partitionData: [{ index: 0, records }] },
  ]
  await wire.send(KEY.PRODUCE, 9, { acks: -1, timeoutMs: 1000, topicData })
  await wire.send(KEY.FETCH, 11, {
    maxWaitMs: 0,
    minBytes: 0,
    topics: [{ topic: 'a', partitions: [{ partition: 1, fetchOffset: 0, partitionMaxBytes: 1000 }] }],
    forgottenTopicsData: [],
  })
  const metrics = await scrape(broker)
  const expected: Record<string, number> = {
    kafka_server_replicamanager_leadercount: 2,
    kafka_server_replicamanager_partitioncount: 2,
    kafka_server_replicamanager_underreplicatedpartitions: 0,
    kafka_server_replicamanager_underminisrpartitioncount: 0,
    kafka_server_replicamanager_atminisrpartitioncount: 2,
    kafka_server_replicamanager_offlinereplicacount: 0,
    kafka_server_replicamanager_isrshrinks_total: 0,
    kafka_server_replicamanager_isrexpands_total: 0,
    kafka_server_replicamanager_failedisrupdates_total: 0,
    'kafka_server_replicafetchermanager_maxlag{clientId="Replica"}': 0,
    kafka_controller_kafkacontroller_activecontrollercount: 1,
    kafka_controller_kafkacontroller_activebrokercount: 1,
    kafka_controller_kafkacontroller_fencedbrokercount: 0,
    kafka_controller_kafkacontroller_globaltopiccount: 1,
    kafka_controller_kafkacontroller_globalpartitioncount: 2,
    kafka_controller_kafkacontroller_offlinepartitionscount: 0,
    kafka_controller_kafkacontroller_preferredreplicaimbalancecount: 0,
    kafka_controller_kafkacontroller_newactivecontrollerscount: 1,
    kafka_controller_controllerstats_uncleanleaderelections_total: 0,
    'kafka_server_raftmetrics{current_state="leader"}': 1,
    kafka_server_raftmetrics_current_leader: 1,
    kafka_server_raftmetrics_current_epoch: 1,
    kafka_server_brokermetadatametrics_last_applied_record_lag: 0,
    kafka_log_logmanager_offlinelogdirectorycount: 0,
    kafka_server_brokertopicmetrics_messagesin_total: 3,
    'kafka_server_brokertopicmetrics_messagesin_total{topic="a"}': 3,
    'kafka_server_brokertopicmetrics_bytesin_total{topic="a"}': length,
    'kafka_server_brokertopicmetrics_bytesout_total{topic="a"}': length,
    kafka_server_brokertopicmetrics_totalproducerequests_total: 2,
    kafka_server_brokertopicmetrics_failedproducerequests_total: 1,
    kafka_server_brokertopicmetrics_totalfetchrequests_total: 1,
    'kafka_network_requestmetrics_requests_total{request="Produce",version="9"}': 1,
    'kafka_network_requestmetrics_requests_total{request="FetchConsumer",version="11"}': 1,
    'kafka_network_requestmetrics_totaltimems_count{request="Fetch"}': 1,
    'kafka_server_socket_server_metrics_connection_count{listener="PLAINTEXT",networkProcessor="0"}': 1,
    'kafka_server_delayedoperationpurgatory_purgatorysize{delayedOperation="Produce"}': 0,
    'kafka_log_log_size{topic="a",partition="1"}': length,
    'kafka_log_log_logendoffset{topic="a",partition="1"}': 3,
    'kafka_cluster_partition_insyncreplicascount{topic="a",partition="0"}': 1,
    kafka_brokers: 1,
  }
  for (const [name, value] of Object.entries(expected)) t.equal(metrics.get(name), value, name)
  t.equal(
    metrics.get('kafka_server_raftmetrics_log_end_offset'),
    metrics.get('kafka_server_raftmetrics_high_watermark'),
    'everything is committed',
  )
  t.ok(metrics.get('kafka_server_raftmetrics_commit_latency_max')! > 0)
  t.ok(metrics.get('kafka_network_requestmetrics_totaltimems{request="Produce",quantile="0.99"}')! > 0)
  t.ok(metrics.get('nodejs_heap_size_used_bytes')! > 0)
  t.ok(metrics.get('process_resident_memory_bytes')! > 0)
  await wire.send(KEY.METADATA, 9, { topics: [] })
  t.equal((await scrape(broker)).get('kafka_network_requestmetrics_requests_total{request="Metadata",version="9"}'), 1)
})

t.test('metrics of groups and of flushes', async (t) => {
  const broker = await started(t, { 'odradek.admin.listener': '0', 'offsets.topic.num.partitions': '1' })
  const wire = await Wire.open(broker.listeners[0]!.advertised.port)
  t.teardown(() => wire.close())
  await wire.send(KEY.FIND_COORDINATOR, 4, { coordinatorKeys: ['g'] })
  const partitions = [0, 1].map((partitionIndex) => ({ partitionIndex, committedOffset: 1, committedMetadata: '' }))
  const topics = [{ name: 'a', partitions }]
  await wire.send(KEY.OFFSET_COMMIT, 8, { groupId: 'g', generationIdOrMemberEpoch: -1, memberId: '', topics })
  const metrics = await scrape(broker)
  t.equal(metrics.get('kafka_coordinator_group_groupmetadatamanager_numgroups'), 1)
  t.equal(metrics.get('kafka_coordinator_group_groupmetadatamanager_numoffsets'), 2)
  t.ok(metrics.get('kafka_log_logflushstats_logflushrateandtimems_count')! > 0, 'of the metadata log at least')
  t.ok(metrics.get('kafka_log_logflushstats_logflushrateandtimems{quantile="0.99"}')! > 0)
})

t.test('health, and what else is asked', async (t) => {
  const broker = await started(t, { 'odradek.admin.listener': '0' })
  const { port } = broker.adminAddress!
  const get = (path: string, options = {}) => fetch(`http://127.0.0.1:${port}${path}`, options)
  const health = await get('/health?x=1')
  t.equal(health.status, 200)
  t.same(await health.json(), { status: 'ok', nodeId: 1, roles: ['broker', 'controller'], controllerId: 1 })
  t.equal((await get('/')).status, 404)
  t.equal((await get('/metrics', { method: 'POST' })).status, 405)
  await broker.stop()
  await t.rejects(get('/health'), 'it stops with the node')
})

t.test('a port that is taken is named', async (t) => {
  const broker = await started(t, { 'odradek.admin.listener': '0' })
  const taken = `127.0.0.1:${broker.adminAddress!.port}`
  await t.rejects(started(t, { 'odradek.admin.listener': taken }), { code: 'EADDRINUSE', message: new RegExp(taken) })
})
