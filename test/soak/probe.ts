import { ErrorCode } from '../../protocol/errors.ts'
import { PeerError } from '../../src/net/peer.ts'
import type { ClusterClient } from './cluster-client.ts'
import type { Ledger } from './ledger.ts'
import { sleep } from './waiting.ts'

const PAUSE_MS = 40
const RETRY_MS = 20

/** Sends small acks=all requests to every partition all the time, and knows when each was answered. */
export class Probe {
  readonly ledger: Ledger
  readonly #client: ClusterClient
  /** By partition: when requests that were acknowledged were sent, and when the answer came. */
  readonly #answers: { sentMs: number; answeredMs: number }[][]
  #running: Promise<unknown> | undefined
  #ending = false

  constructor(client: ClusterClient, ledger: Ledger) {
    this.#client = client
    this.ledger = ledger
    this.#answers = Array.from({ length: ledger.partitions }, () => [])
  }

  start(): void {
    this.#running = Promise.all(this.#answers.map((_, partition) => this.#loop(partition)))
  }

  async stop(): Promise<void> {
    this.#ending = true
    await this.#running
  }

  /** From `sinceMs` until the next record that was sent and acknowledged after it; undefined where none was. */
  unavailableMs(partition: number, sinceMs: number): number | undefined {
    const next = this.#answers[partition]!.find(({ answeredMs, sentMs }) => answeredMs > sinceMs && sentMs >= sinceMs)
    return next && next.answeredMs - sinceMs
  }

  /** How long acknowledgements took. */
  get latenciesMs(): number[] {
    return this.#answers.flat().map(({ sentMs, answeredMs }) => answeredMs - sentMs)
  }

  async #loop(partition: number): Promise<void> {
    const { topic } = this.ledger
    let leader = -1
    while (!this.#ending) {
      const sentMs = performance.now()
      try {
        if (leader < 0) leader = (await this.#client.partition(topic, partition)).leader
        if (leader >= 0) {
          const { first, values } = this.ledger.take(partition, 1)
          const { errorCode, baseOffset } = await this.#client.produce(leader, topic, partition, values)
          if (errorCode === ErrorCode.NONE) {
            this.ledger.acknowledge(partition, first, 1, Number(baseOffset))
            this.#answers[partition]!.push({ sentMs, answeredMs: performance.now() })
            await sleep(PAUSE_MS)
            continue
          }
        }
      } catch (error) {
        if (!(error instanceof PeerError)) throw error
      }
      leader = -1
      await sleep(RETRY_MS)
    }
  }
}
