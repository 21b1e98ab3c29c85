import { type ChildProcess, spawn } from 'node:child_process'
import { type Consumer, Kafka, logLevel, type Producer } from 'kafkajs'
import type { SeededRandom } from '../../src/base/seeded-random.ts'
import { Violation } from './content.ts'
import type { Ledger } from './ledger.ts'
import { sleep, within } from './waiting.ts'

const FLUSH_WITHIN_MS = 120_000

/** A producer under load, until it is stopped; then everything that it sent is answered. */
export interface Load {
  readonly ledger: Ledger
  /** What reached the application. */
  readonly errors: readonly string[]
  start(): Promise<void>
  stop(): Promise<void>
}

/** Five tries, which is kafkajs' default, are over after some nine seconds; it wants more of them for idempotence. */
const PATIENT = { retries: Number.MAX_SAFE_INTEGER, maxRetryTime: 3000 }

/** kafkajs with its default retries, or patient ones. */
export class KafkaJsLoad implements Load {
  readonly ledger: Ledger
  readonly errors: string[] = []
  readonly #producer: Producer
  readonly #random: SeededRandom
  readonly #pauseMs: number
  #running: Promise<unknown> | undefined
  #ending = false

  constructor(brokers: string[], ledger: Ledger, random: SeededRandom, { pauseMs = 30, patient = false } = {}) {
    const kafka = new Kafka({ clientId: ledger.topic, brokers, logLevel: logLevel.NOTHING })
    this.#producer = kafka.producer({ idempotent: ledger.exact, ...(patient ? { retry: PATIENT } : {}) })
    this.ledger = ledger
    this.#random = random
    this.#pauseMs = pauseMs
  }

  async start(): Promise<void> {
    await this.#producer.connect()
    const { partitions } = this.ledger
    this.#running = Promise.all(Array.from({ length: partitions }, (_, partition) => this.#loop(partition)))
  }

  async stop(): Promise<void> {
    this.#ending = true
    await within(FLUSH_WITHIN_MS, `${this.ledger.topic}: kafkajs did not get its answers`, this.#running!)
    await this.#producer.disconnect()
  }

  async #loop(partition: number): Promise<void> {
    const { topic } = this.ledger
    while (!this.#ending) {
      const { first, values } = this.ledger.take(partition, 1 + this.#random.below(20))
      try {
        const messages = values.map((value) => ({ value, partition }))
        const [answer] = await this.#producer.send({ topic, acks: -1, messages })
        this.ledger.acknowledge(partition, first, values.length, Number(answer!.baseOffset))
      } catch (error) {
        this.errors.push(`${topic}-${partition}: ${(error as Error).message}`)
      }
      await sleep(this.#random.below(2 * this.#pauseMs))
    }
  }
}

/** A consumer group of kafkajs with its defaults: what it got, by partition. */
export class KafkaJsGroup {
  readonly errors: string[] = []
  readonly seen: Set<string> = new Set()
  readonly #consumer: Consumer
  readonly #topics: string[]

  constructor(brokers: string[], groupId: string, topics: string[]) {
    const kafka = new Kafka({ clientId: groupId, brokers, logLevel: logLevel.NOTHING })
    this.#consumer = kafka.consumer({ groupId })
    this.#topics = topics
  }

  async start(): Promise<void> {
    const { CRASH } = this.#consumer.events
    this.#consumer.on(CRASH, ({ payload: { error } }) => {
      this.errors.push(`crashed: ${error.message}`)
    })
    await this.#consumer.connect()
    await this.#consumer.subscribe({ topics: this.#topics, fromBeginning: true })
    await this.#consumer.run({
      eachMessage: async ({ topic, partition, message }) => {
        this.seen.add(`${topic}/${partition}/${message.offset}`)
      },
    })
  }

  async stop(): Promise<void> {
    await this.#consumer.disconnect()
  }
}

/** kcat (librdkafka), one process for each partition, idempotent. */
export class KcatLoad implements Load {
  readonly ledger: Ledger
  readonly errors: string[] = []
  readonly #brokers: string[]
  readonly #random: SeededRandom
  readonly #children: ChildProcess[] = []
  #running: Promise<unknown> | undefined
  #ending = false

  constructor(brokers: string[], ledger: Ledger, random: SeededRandom) {
    this.#brokers = brokers
    this.ledger = ledger
    this.#random = random
  }

  static async isThere(): Promise<boolean> {
    return new Promise((resolve) => {
      const child = spawn('kcat', ['-V'], { stdio: 'ignore' })
      child.once('error', () => resolve(false)).once('exit', (code) => resolve(code === 0))
    })
  }

  async start(): Promise<void> {
    this.#running = Promise.all(Array.from({ length: this.ledger.partitions }, (_, index) => this.#run(index)))
    process.on('exit', () => this.end())
  }

  async stop(): Promise<void> {
    this.#ending = true
    await within(FLUSH_WITHIN_MS, `${this.ledger.topic}: kcat did not get its answers`, this.#running!)
  }

  end(): void {
    for (const child of this.#children) child.kill('SIGKILL')
  }

  /** kcat ends when its input does and everything is answered. */
  async #run(partition: number): Promise<void> {
    const { topic } = this.ledger
    const settings = ['enable.idempotence=true', 'acks=all', 'linger.ms=5'].flatMap((setting) => ['-X', setting])
    const args = ['-P', '-E', '-vvv', '-b', this.#brokers.join(','), '-t', topic, '-p', String(partition), ...settings]
    const child = spawn('kcat', args, { stdio: ['pipe', 'ignore', 'pipe'] })
    this.#children.push(child)
    const exited = new Promise<number | null>((resolve) => child.once('exit', resolve))
    let rest = ''
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n')
      rest = lines.pop()!
      for (const line of lines) this.#heard(partition, line)
    })
    child.stdin!.on('error', () => {})
    while (!this.#ending && child.exitCode === null) {
      const { values } = this.ledger.take(partition, 1 + this.#random.below(20))
      child.stdin!.write(values.map((value) => `${value}\n`).join(''))
      await sleep(this.#random.below(60))
    }
    child.stdin!.end()
    const code = await exited
    if (code !== 0) throw new Violation(`kcat of ${topic}-${partition} ended with ${code}: ${this.errors.slice(-3)}`)
  }

  /** It says where a message went, not which one it was: with one producer the n-th is at offset n. */
  #heard(partition: number, line: string): void {
    const [, offset] = /Message delivered to partition \d+ \(offset (\d+)\)/.exec(line) ?? []
    if (offset !== undefined) this.ledger.acknowledge(partition, Number(offset), 1, Number(offset))
    else if (/delivery failed|FATAL/i.test(line)) this.errors.push(line)
  }
}
