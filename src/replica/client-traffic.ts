import { ErrorCode } from '../../protocol/errors.ts'

/** What clients write to and read from one topic (E19 of the replication facts). */
export interface TopicTraffic {
  messagesIn: number
  bytesIn: number
  bytesOut: number
}

const REJECTED: ReadonlySet<number> = new Set([ErrorCode.MESSAGE_TOO_LARGE, ErrorCode.RECORD_LIST_TOO_LARGE])

/** Counts what clients write and read. As in Kafka a request counts once for each of its partitions. */
export class ClientTraffic {
  messagesIn = 0
  bytesIn = 0
  bytesOut = 0
  bytesRejected = 0
  produceRequests = 0
  fetchRequests = 0
  failedProduceRequests = 0
  failedFetchRequests = 0
  /** Of topics that are here, or were. */
  readonly topics = new Map<string, TopicTraffic>()

  appended(topic: string, messages: number, bytes: number): void {
    const traffic = this.#of(topic)
    this.produceRequests += 1
    this.messagesIn += messages
    this.bytesIn += bytes
    traffic.messagesIn += messages
    traffic.bytesIn += bytes
  }

  refused(code: ErrorCode, bytes: number): void {
    this.produceRequests += 1
    this.failedProduceRequests += 1
    if (REJECTED.has(code)) this.bytesRejected += bytes
  }

  fetched(topic: string, bytes: number): void {
    this.bytesOut += bytes
    this.#of(topic).bytesOut += bytes
  }

  #of(topic: string): TopicTraffic {
    let traffic = this.topics.get(topic)
    if (traffic === undefined) {
      traffic = { messagesIn: 0, bytesIn: 0, bytesOut: 0 }
      this.topics.set(topic, traffic)
    }
    return traffic
  }
}
