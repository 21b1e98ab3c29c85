import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { residentMiB, startBroker } from './child.ts'
import type { Settings } from './main.ts'
import { mediansOf, round } from './numbers.ts'
import { batchOf, produceRequest, sendOnce } from './workload.ts'

const IDLE_MS = 1500

/**
 * From the start of the process until the port answers ('ready') and until the first record is acknowledged, on an empty
 * data directory, beside what `node -e 0` takes; and the memory of a broker that then has nothing to do.
 */
export async function start({ rounds }: Settings): Promise<object> {
  const request = produceRequest('bench', 1, batchOf(100, 80))
  const rows = []
  for (let round = 0; round <= rounds; round++) {
    const nodeFrom = performance.now()
    spawnSync(process.execPath, ['-e', '0'])
    const nodeMs = performance.now() - nodeFrom
    const dataDir = mkdtempSync(join(tmpdir(), 'odradek-bench-'))
    const broker = await startBroker(dataDir, ['--topic', 'bench:1'])
    await sendOnce(broker.address, request)
    const firstAckMs = performance.now() - broker.spawnedAt
    const isLast = round === rounds
    if (isLast) await new Promise((resolve) => setTimeout(resolve, IDLE_MS))
    rows.push({ nodeMs, readyMs: broker.readyMs, firstAckMs, idleMiB: isLast ? residentMiB(broker.pid) : 0 })
    await broker.stop()
    rmSync(dataDir, { recursive: true, force: true })
  }
  // The first round warms the file cache.
  const { nodeMs, readyMs, firstAckMs } = mediansOf(rows.slice(1))
  return {
    nodeMs: round(nodeMs, 1),
    readyMs: round(readyMs, 1),
    firstAckMs: round(firstAckMs, 1),
    readyRatio: round(readyMs / nodeMs, 2),
    firstAckRatio: round(firstAckMs / nodeMs, 2),
    idleMiB: round(rows.at(-1)!.idleMiB, 1),
  }
}
