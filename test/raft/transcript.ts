import { ManualTime } from '../../src/base/manual-time.ts'
import { SeededRandom } from '../../src/base/seeded-random.ts'
import type { OutgoingRequest, Ready, VoterSet } from '../../src/raft/types.ts'
import {
  type Answer,
  CLUSTER_ID,
  directoryId,
  ErrorCode,
  MemoryLog,
  type Network,
  staticVoter,
  TestNode,
  VERSIONS,
  voter,
} from './cluster.ts'
import type { Entry } from './memory-log.ts'

/** Of a message, while `run` carries them. */
const STEP_MS = 5

/**
 * Runs a script of commands and writes down who said what to whom and what each node had to do, in its order.
 *
 *   nodes COUNT [static]   that many voters, by log or by configuration, all started
 *   observer ID            a broker
 *   wait MS                turns the clock; messages stay where they are
 *   run MS                 lets time and messages pass; writes down only what nodes do, not what they say
 *   cut ID, heal           what is said to that node or by it is lost
 *   deliver [FROM TO]      carries messages until there are none, or one from one node to another
 *   drop [FROM TO]         loses the messages that are under way
 *   append ID VALUE        the controller on that node writes a record
 *   snapshot ID OFFSET     everything below becomes a snapshot, and goes
 *   crash|start|resign|shutdown ID
 *   add ID NEW, remove ID OLD    a voter change, asked of that node
 */
export class Transcript implements Network {
  readonly time = new ManualTime()
  readonly random = new SeededRandom(1)
  readonly #nodes = new Map<number, TestNode>()
  #voters: VoterSet = []
  #isStatic = false
  #mail: { from: number; to: number; carry: () => void; lose: () => void }[] = []
  #lines: string[] = []
  readonly #cut = new Set<number>()
  #isQuiet = false

  /** The script with the outcome of each command behind it. */
  static play(script: string): string {
    const transcript = new Transcript()
    const blocks = script.split('\n').filter((line) => line.startsWith('>') || line.startsWith('#'))
    return `${blocks.map((line) => (line.startsWith('#') ? line : `${transcript.#run(line)}\n`)).join('\n')}`
  }

  #run(line: string): string {
    const [name = '', ...words] = line.slice(1).trim().split(/ +/)
    this.#lines = []
    this.#command(name, words)
    return [line, ...this.#lines].join('\n')
  }

  #command(name: string, words: string[]): void {
    const [first = 0, second = 0] = words.map(Number)
    const node = this.#nodes.get(first)!
    if (name === 'nodes') this.#addVoters(first, words[1] === 'static')
    else if (name === 'observer') this.#add(first, false)
    else if (name === 'wait') this.time.advance(first)
    else if (name === 'run') this.#pass(first)
    else if (name === 'cut') this.#cut.add(first)
    else if (name === 'heal') this.#cut.clear()
    else if (name === 'deliver') this.#deliver(first, second)
    else if (name === 'drop') this.#drop(first, second)
    else if (name === 'append') node.append(words[1]!)
    else if (name === 'snapshot') this.#snapshot(node, second)
    else if (name === 'crash') node.crash()
    else if (name === 'start') node.start()
    else if (name === 'resign') node.resign()
    else if (name === 'shutdown') node.shutdown()
    else if (name === 'add')
      this.#ask(node, 80, {
        timeoutMs: 0,
        ...keyOf(second),
        listeners: voter(second).endpoints,
        ackWhenCommitted: true,
      })
    else if (name === 'remove') this.#ask(node, 81, keyOf(second))
    else throw new Error(`no command ${name}`)
  }

  #addVoters(count: number, isStatic: boolean): void {
    this.#isStatic = isStatic
    const ids = Array.from({ length: count }, (_, index) => index + 1)
    this.#voters = ids.map((id) => (isStatic ? staticVoter(id) : voter(id)))
    for (const id of ids) this.#add(id, true)
  }

  #add(id: number, isVoter: boolean): void {
    const log = new MemoryLog(isVoter && !this.#isStatic ? this.#voters : undefined)
    const staticVoters = this.#isStatic ? this.#voters : []
    const bootstrapServers = this.#voters.map((known) => known.id)
    const node = new TestNode(this, { id, log, staticVoters, bootstrapServers, controllerRole: isVoter })
    this.#nodes.set(id, node)
    node.start()
  }

  #snapshot(node: TestNode, offset: number): void {
    node.snapshot(offset)
    node.log.clean()
  }

  #deliver(from: number, to: number): void {
    if (from > 0) this.#take(from, to).carry()
    else for (let limit = 1000; this.#mail.length > 0 && limit > 0; limit--) this.#mail.shift()!.carry()
  }

  #pass(ms: number): void {
    const endMs = this.time.monotonicMs() + ms
    this.#isQuiet = true
    for (let nowMs = this.time.monotonicMs(); nowMs < endMs; nowMs = this.time.monotonicMs()) {
      this.#deliver(0, 0)
      this.time.advance(Math.min(STEP_MS, endMs - nowMs))
    }
    this.#isQuiet = false
  }

  #tell(line: string): void {
    if (!this.#isQuiet) this.#lines.push(line)
  }

  #drop(from: number, to: number): void {
    const lost = from > 0 ? [this.#take(from, to)] : this.#mail.splice(0)
    for (const { lose } of lost) lose()
  }

  #take(from: number, to: number) {
    const at = this.#mail.findIndex((mail) => mail.from === from && mail.to === to)
    if (at < 0) throw new Error(`no message from ${from} to ${to}`)
    return this.#mail.splice(at, 1)[0]!
  }

  #ask(node: TestNode, apiKey: number, body: object): void {
    node.receive(
      { apiKey, version: VERSIONS[apiKey]!, body: { clusterId: CLUSTER_ID, ...body } } as never,
      (answer) => {
        this.#lines.push(`${node.id} > client ${API_NAMES[apiKey]} ${text(answer)}`)
      },
    )
  }

  request(from: TestNode, { apiKey, body, to, timeoutMs }: OutgoingRequest, answer: (reply: Answer) => void): void {
    let isAnswered = false
    const settle = (reply: Answer) => {
      if (!isAnswered) answer(reply)
      isAnswered = true
    }
    this.time.after(timeoutMs, () => settle(ErrorCode.REQUEST_TIMED_OUT))
    this.#tell(`${from.id} > ${to.port} ${API_NAMES[apiKey]} ${text(body)}`)
    const carry = () => {
      const target = this.#nodes.get(to.port)
      if (this.#cut.has(from.id) || this.#cut.has(to.port)) return
      if (!target?.isUp) return settle(ErrorCode.BROKER_NOT_AVAILABLE)
      if (apiKey === 18) return settle(API_VERSIONS)
      target.receive({ apiKey, version: VERSIONS[apiKey]!, body: structuredClone(body) } as never, (response) => {
        const said = typeof response === 'number' ? 'lost' : text(response)
        this.#tell(`${to.port} > ${from.id} ${API_NAMES[apiKey]} ${said}`)
        const back = () => {
          if (!this.#cut.has(from.id) && !this.#cut.has(to.port)) settle(response as never)
        }
        this.#mail.push({ from: to.port, to: from.id, carry: back, lose: () => {} })
      })
    }
    this.#mail.push({ from: from.id, to: to.port, carry, lose: () => {} })
  }

  sync(_: TestNode, done: () => void): void {
    done()
  }

  observe({ id }: TestNode, ready: Ready): void {
    const { electionState: state, leadership } = ready
    const say = (line: string) => this.#lines.push(`${id}   ${line}`)
    if (state) say(`write epoch=${state.epoch} leader=${state.leaderId} voted=${state.votedKey?.id ?? -1}`)
    if (ready.highWatermark !== undefined) say(`high watermark ${ready.highWatermark}`)
    if (leadership) say(`is ${leadership.role} epoch=${leadership.epoch} leader=${leadership.leaderId}`)
    if (ready.truncateTo !== undefined) say(`truncate to ${ready.truncateTo}`)
    if (ready.append) say(`append ${recordsText(ready.append.records)}`)
    for (const batch of ready.controls) say(`append control batch ${batch.map(controlText).join(' ')}`)
    for (const { step, id: snapshot, ...more } of ready.snapshot) {
      say(`snapshot ${step} ${snapshot.offset}-${snapshot.epoch}${'position' in more ? ` at ${more.position}` : ''}`)
    }
  }
}

export const API_VERSIONS = {
  errorCode: 0,
  apiKeys: [],
  throttleTimeMs: 0,
  supportedFeatures: [{ name: 'kraft.version', minVersion: 0, maxVersion: 1 }],
  finalizedFeaturesEpoch: -1n,
  finalizedFeatures: [],
  zkMigrationReady: false,
}

const API_NAMES: Readonly<Record<number, string>> = {
  1: 'Fetch',
  18: 'ApiVersions',
  52: 'Vote',
  53: 'BeginQuorumEpoch',
  54: 'EndQuorumEpoch',
  59: 'FetchSnapshot',
  80: 'AddRaftVoter',
  81: 'RemoveRaftVoter',
  82: 'UpdateRaftVoter',
}

const keyOf = (id: number) => ({ voterId: id, voterDirectoryId: directoryId(id) })

const controlText = ({ type, value }: Ready['controls'][number][number]): string =>
  `${['', '', 'LeaderChange', '', '', 'KRaftVersion', 'Voters'][type]}${text(value)}`

/** What says nothing in these scripts: constant, or left empty. */
const SILENT =
  /^(clusterId|throttleTimeMs|topicName|topicId|name|host|partitionIndex|partition|index|minBytes|maxBytes|isolationLevel|session\w+|forgotten\w+|rackId|replicaEpoch(?=n)|partitionMaxBytes|logStartOffset|lastStableOffset|preferredReadReplica|clientSoftware\w+|kRaftVersionFeature|timeoutMs|version|maxWaitMs|rack|topic)$/

function text(value: unknown): string {
  if (value === null || typeof value !== 'object') return shortened(value)
  if (Buffer.isBuffer(value)) return recordsText(value)
  if (Array.isArray(value)) return `[${value.map(text).join(' ')}]`
  const fields = Object.entries(value).flatMap(([name, field]) => fieldText(name, field) ?? [])
  return `{${fields.join(' ')}}`
}

/** Each record's epoch and value; of what is only a part, how much it is. */
function recordsText(bytes: Buffer): string {
  if (bytes.length === 0) return ''
  try {
    const entries = JSON.parse(bytes.toString()) as Entry[]
    return entries.map(({ epoch, value }) => `${epoch}:${value}`).join(',')
  } catch {
    return `(${bytes.length} bytes)`
  }
}

function fieldText(name: string, field: unknown): string | undefined {
  if (SILENT.test(name) || field === null || field === '' || field === false) return undefined
  if ((name === 'topics' || name === 'responses') && Array.isArray(field) && field.length === 1) {
    return text(field[0].partitions[0]).slice(1, -1)
  }
  if (name === 'errorCode') return field === 0 ? undefined : `error=${errorNameOf(field as number)}`
  const shown = text(field)
  return /^(\{.*=-1 .*=-1\}|\[\]||-1|\{\})$/.test(shown) ? undefined : `${name}=${shown}`
}

const errorNameOf = (code: number): string => Object.entries(ErrorCode).find(([, value]) => value === code)![0]

/** Directory ids of these tests are numbered. */
function shortened(value: unknown): string {
  const shown = String(value)
  if (!/^AAAAAAAAAAAAAAAA.{6}$/.test(shown)) return shown
  const number = Buffer.from(shown, 'base64url').readUInt32BE(12)
  return number === 0 ? '' : `d${number - 1000}`
}
