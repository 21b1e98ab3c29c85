import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runLoad, startBroker, startRaw } from './child.ts'
import type { LoadOptions, LoadResult } from './load.ts'
import type { Settings } from './main.ts'
import { mediansOf, percentile, round } from './numbers.ts'
import { batchOf, createTopic, PRODUCE_VERSION, produceRequest } from './workload.ts'

const ANSWER_BYTES = 60

/** p50, p99 and p99.9 of Produce with acks=1 of one record at a steady rate, beside an echo at the same rate. */
export async function latency(settings: Settings): Promise<object> {
  const { rounds, perSecond, seconds, bootstrap } = settings
  const dir = mkdtempSync(join(tmpdir(), 'odradek-bench-'))
  const broker =
    bootstrap === null ? await startBroker(join(dir, 'data')) : { address: bootstrap, stop: async () => {} }
  const rows: { ours: Percentiles[]; raw: Percentiles[] } = { ours: [], raw: [] }
  try {
    const topic = `latency-${Date.now()}`
    await createTopic(broker.address, topic, 1)
    const request = produceRequest(topic, 1, batchOf(1024, 900)).toString('base64')
    const load = {
      request,
      requests: perSecond * seconds,
      warmUpRequests: perSecond,
      connections: 1,
      inFlight: 1,
      perSecond,
    }
    for (let round = 0; round < rounds; round++) {
      rows.ours.push(
        await measure({ ...load, address: broker.address, check: { apiKey: 0, version: PRODUCE_VERSION } }),
      )
      const echo = await startRaw('echo', { answerBytes: ANSWER_BYTES })
      rows.raw.push(await measure({ ...load, address: echo.address, check: null }))
      await echo.stop()
    }
    const [ours, raw] = [mediansOf(rows.ours), mediansOf(rows.raw)]
    return {
      perSecond,
      seconds,
      broker: rounded(ours),
      raw: rounded(raw),
      ratio: {
        p50: round(ours.p50 / raw.p50, 2),
        p99: round(ours.p99 / raw.p99, 2),
        p999: round(ours.p999 / raw.p999, 2),
      },
    }
  } finally {
    await broker.stop()
    rmSync(dir, { recursive: true, force: true })
  }
}

type Percentiles = { p50: number; p99: number; p999: number; max: number; generatorLate: number }

async function measure(options: LoadOptions): Promise<Percentiles> {
  const { latenciesMs, lateMs } = await runLoad<LoadResult>(options)
  const at = (percent: number) => percentile(latenciesMs, percent)
  return { p50: at(50), p99: at(99), p999: at(99.9), max: at(100), generatorLate: lateMs }
}

const rounded = (values: Percentiles) =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [`${key}Ms`, round(value)]))
