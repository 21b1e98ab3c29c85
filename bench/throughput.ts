import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cpuSeconds, residentMiB, runLoad, startBroker, startRaw, type Target } from './child.ts'
import type { LoadOptions, LoadResult } from './load.ts'
import type { Settings } from './main.ts'
import { median, mediansOf, round } from './numbers.ts'
import {
  batchOf,
  createTopic,
  endOffsets,
  FETCH_VERSION,
  fetchRequest,
  PRODUCE_VERSION,
  produceRequest,
  sendOnce,
} from './workload.ts'

const MIB = 1024 * 1024
const BATCH_BYTES = 64 * 1024
/** 16 batches of 64 KiB, one for each partition (Produce takes one a partition), are a request of 1 MiB. */
const PARTITIONS = 16
const SMALL_ANSWER_BYTES = 600

interface Row {
  mbPerSecond: number
  cpuSecondsPerGb: number | null
  loadCpuSecondsPerGb: number
  [key: string]: number | null
}

/** One run of the load against one target; `bytesPerRequest` is what counts as data. */
async function run(target: Target, load: Omit<LoadOptions, 'address'>, bytesPerRequest: number): Promise<Row> {
  const before = cpuSeconds(target.pid)
  const result = await runLoad<LoadResult>({ ...load, address: target.address })
  const after = cpuSeconds(target.pid)
  const bytes = result.answers * bytesPerRequest
  // The warm-up is in the target's CPU time, so its bytes are too.
  const allGb = (bytes + load.warmUpRequests * bytesPerRequest) / 1e9
  return {
    mbPerSecond: bytes / 1e6 / result.seconds,
    cpuSecondsPerGb: before === null || after === null ? null : (after - before) / allGb,
    loadCpuSecondsPerGb: result.cpuSeconds / (bytes / 1e9),
  }
}

function summary(rows: readonly Row[]): object {
  const { mbPerSecond, cpuSecondsPerGb, loadCpuSecondsPerGb } = mediansOf(rows)
  return {
    mbPerSecond: round(mbPerSecond, 0),
    cpuSecondsPerGb: round(cpuSecondsPerGb, 2),
    loadCpuSecondsPerGb: round(loadCpuSecondsPerGb, 2),
    rounds: rows.map((row) => Math.round(row.mbPerSecond)),
  }
}

/** Of the ratios of each round, not the ratio of medians: neighbours in time share the machine's mood. */
function ratio(ours: readonly Row[], raw: readonly Row[]): number | null {
  return round(median(ours.map((row, index) => row.mbPerSecond / raw[index]!.mbPerSecond)), 3)
}

async function ourTarget({ bootstrap, pid }: Settings, dir: string): Promise<Target> {
  if (bootstrap !== null) return { address: bootstrap, pid, stop: async () => {} }
  return startBroker(join(dir, 'data'))
}

/**
 * On a virtual machine the first touch of each page of memory is paid to the host, and page cache is memory: a file as
 * large as what a round writes takes that out of the first round.
 */
function touchPageCache(dir: string, bytes: number): void {
  const path = join(dir, 'touched')
  const file = openSync(path, 'w')
  const block = Buffer.alloc(MIB, 1)
  for (let at = 0; at < bytes; at += block.length) writeSync(file, block)
  closeSync(file)
  rmSync(path)
}

/**
 * MB/s and CPU of Produce with acks=1, requests of 1 MiB with batches of 64 KiB, pipelined; beside a sink that appends
 * the same bytes to one file a request at a time (`raw`), and to as many files in as many writes as the broker has to
 * (`rawSameWrites`). Every run has a process and files of its own, deleted before the next.
 */
export async function produce(settings: Settings): Promise<object> {
  const dir = mkdtempSync(join(tmpdir(), 'odradek-bench-'))
  const batch = batchOf(BATCH_BYTES)
  const load = loadOf(settings, produceRequest('x', PARTITIONS, batch).length)
  const rows: { ours: Row[]; raw: Row[]; same: Row[] } = { ours: [], raw: [], same: [] }
  let brokerMiB: number | null = null
  const brokerRun = async (round: number) => {
    const broker = await ourTarget(settings, dir)
    const topic = `produce-${Date.now()}-${round}`
    await createTopic(broker.address, topic, PARTITIONS)
    const request = produceRequest(topic, PARTITIONS, batch)
    const check = { apiKey: 0, version: PRODUCE_VERSION } as const
    rows.ours.push(await run(broker, { ...load, request: request.toString('base64'), check }, request.length))
    brokerMiB = residentMiB(broker.pid)
    await broker.stop()
    rmSync(join(dir, 'data'), { recursive: true, force: true })
  }
  const rawRun = async (into: Row[], files: number, writeBytes: number) => {
    const request = produceRequest('produce-0000000000000-0', PARTITIONS, batch)
    const rawDir = mkdtempSync(join(dir, 'raw-'))
    const sink = await startRaw('sink', { dir: rawDir, files, writeBytes, answerBytes: SMALL_ANSWER_BYTES })
    into.push(await run(sink, { ...load, request: request.toString('base64'), check: null }, request.length))
    await sink.stop()
    rmSync(rawDir, { recursive: true })
  }
  try {
    touchPageCache(dir, settings.megabytes * 1.5e6)
    for (let round = 0; round < settings.rounds; round++) {
      await brokerRun(round)
      await rawRun(rows.raw, 1, Number.MAX_SAFE_INTEGER)
      await rawRun(rows.same, PARTITIONS, BATCH_BYTES)
    }
    return {
      requestBytes: produceRequest('produce-0000000000000-0', PARTITIONS, batch).length,
      connections: settings.connections,
      inFlight: settings.inFlight,
      broker: { ...summary(rows.ours), residentMiB: round(brokerMiB, 0) },
      raw: summary(rows.raw),
      rawSameWrites: summary(rows.same),
      ratio: ratio(rows.ours, rows.raw),
      ratioSameWrites: ratio(rows.ours, rows.same),
    }
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

/** Bytes to send in a round, as numbers of requests. */
function loadOf({ megabytes, connections, inFlight }: Settings, requestBytes: number) {
  const requests = Math.ceil((megabytes * 1e6) / requestBytes)
  return { requests, warmUpRequests: Math.ceil(requests / 4), connections, inFlight }
}

/**
 * MB/s and CPU of Fetch: at the tail (the newest batch of each of 16 partitions, about 1 MiB an answer, again and again)
 * and cold (a range the broker has long let go of, from the page cache); beside a pump that answers with as many bytes
 * from memory.
 */
export async function fetch(settings: Settings): Promise<object> {
  const dir = mkdtempSync(join(tmpdir(), 'odradek-bench-'))
  const batch = batchOf(BATCH_BYTES)
  const broker = await ourTarget(settings, dir)
  const rows: { tail: Row[]; old: Row[]; raw: Row[] } = { tail: [], old: [], raw: [] }
  try {
    const topic = `fetch-${Date.now()}`
    await createTopic(broker.address, topic, PARTITIONS)
    const fill = produceRequest(topic, PARTITIONS, batch)
    const fillRequests = Math.ceil((256 * MIB) / fill.length)
    await runLoad<LoadResult>({
      address: broker.address,
      request: fill.toString('base64'),
      requests: fillRequests,
      warmUpRequests: 1,
      connections: 1,
      inFlight: 4,
      check: { apiKey: 0, version: PRODUCE_VERSION },
    } satisfies LoadOptions)
    const ends = await endOffsets(broker.address, topic, PARTITIONS)
    const recordsPerBatch = ends[0]! / (fillRequests + 1)
    const tailRequest = fetchRequest(
      topic,
      ends.map((end) => end - recordsPerBatch),
      64 * MIB,
    )
    const oldRequest = fetchRequest(
      topic,
      ends.map(() => 0),
      PARTITIONS * batch.length,
    )
    const answerBytes = (await sendOnce(broker.address, tailRequest)).length
    const oldAnswerBytes = (await sendOnce(broker.address, oldRequest)).length
    const load = loadOf(settings, answerBytes)
    const check = { apiKey: 1, version: FETCH_VERSION } as const
    for (let round = 0; round < settings.rounds; round++) {
      rows.tail.push(await run(broker, { ...load, request: tailRequest.toString('base64'), check }, answerBytes))
      const pump = await startRaw('pump', { answerBytes })
      rows.raw.push(await run(pump, { ...load, request: tailRequest.toString('base64'), check: null }, answerBytes))
      await pump.stop()
      rows.old.push(await run(broker, { ...load, request: oldRequest.toString('base64'), check }, oldAnswerBytes))
    }
    return {
      answerBytes,
      oldAnswerBytes,
      connections: settings.connections,
      inFlight: settings.inFlight,
      tail: { ...summary(rows.tail), residentMiB: round(residentMiB(broker.pid), 0) },
      old: summary(rows.old),
      raw: summary(rows.raw),
      ratio: ratio(rows.tail, rows.raw),
      ratioOld: ratio(rows.old, rows.raw),
    }
  } finally {
    await broker.stop()
    rmSync(dir, { recursive: true, force: true })
  }
}
