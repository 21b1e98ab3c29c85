import { ErrorCode } from '../../protocol/errors.ts'
import { PeerError } from '../../src/net/peer.ts'
import type { ClusterClient, Stored } from './cluster-client.ts'
import { expect } from './content.ts'
import { sleep } from './waiting.ts'

/** A consumer that reads all the time, from whoever leads, and remembers: what was seen once must stay. */
export class Tail {
  readonly topic: string
  /** By partition, then by offset. */
  readonly seen: string[][]
  readonly #client: ClusterClient
  #running: Promise<unknown> | undefined
  #ending = false

  constructor(client: ClusterClient, topic: string, partitions: number) {
    this.#client = client
    this.topic = topic
    this.seen = Array.from({ length: partitions }, () => [])
  }

  start(): void {
    this.#running = Promise.all(this.seen.map((_, index) => this.#loop(index)))
  }

  async stop(): Promise<void> {
    this.#ending = true
    await this.#running
  }

  verify(index: number, stored: readonly Stored[]): void {
    const seen = this.seen[index]!
    expect(
      seen.length <= stored.length,
      () => `${this.topic}-${index}: ${seen.length} were seen, ${stored.length} remain`,
    )
    for (const [offset, value] of seen.entries()) {
      const now = stored[offset]?.value
      expect(now === value, () => `${this.topic}-${index}: offset ${offset} was ${value} and is ${now}`)
    }
  }

  async #loop(index: number): Promise<void> {
    const seen = this.seen[index]!
    while (!this.#ending) {
      try {
        const { leader } = await this.#client.partition(this.topic, index)
        for (let healthy = leader >= 0; healthy && !this.#ending; ) {
          const { errorCode, stored } = await this.#client.fetch(leader, this.topic, index, seen.length)
          healthy = errorCode === ErrorCode.NONE
          for (const { offset, value } of stored) {
            expect(offset === seen.length, () => `${this.topic}-${index}: offset ${offset} after ${seen.length - 1}`)
            seen.push(value)
          }
          if (stored.length === 0) await sleep(50)
        }
      } catch (error) {
        if (!(error instanceof PeerError)) throw error
      }
      await sleep(100)
    }
  }
}
