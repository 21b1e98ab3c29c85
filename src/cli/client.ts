import type { ApiKey, ApiOf } from '../../protocol/api/index.ts'
import { ErrorCode, errorMessage, errorName } from '../../protocol/errors.ts'
import type { HostPort } from '../base/network.ts'
import type { System } from '../base/ports.ts'
import { createSystem } from '../base/system.ts'
import { Peer, PeerError, type SendOptions } from '../net/peer.ts'
import { CommandError } from './command-error.ts'
import type { Bootstrap } from './options.ts'

const CLIENT_ID = 'odradek-cli'
const TIMEOUT_MS = 30_000

/** Keys of the APIs that the commands use. */
export const API = {
  PRODUCE: 0,
  FETCH: 1,
  LIST_OFFSETS: 2,
  METADATA: 3,
  OFFSET_FETCH: 9,
  FIND_COORDINATOR: 10,
  DESCRIBE_GROUPS: 15,
  LIST_GROUPS: 16,
  API_VERSIONS: 18,
  CREATE_TOPICS: 19,
  DELETE_TOPICS: 20,
  DESCRIBE_ACLS: 29,
  CREATE_ACLS: 30,
  DELETE_ACLS: 31,
  DESCRIBE_CONFIGS: 32,
  DESCRIBE_LOG_DIRS: 35,
  CREATE_PARTITIONS: 37,
  DELETE_GROUPS: 42,
  ELECT_LEADERS: 43,
  INCREMENTAL_ALTER_CONFIGS: 44,
  ALTER_PARTITION_REASSIGNMENTS: 45,
  LIST_PARTITION_REASSIGNMENTS: 46,
  DESCRIBE_QUORUM: 55,
  DESCRIBE_CLUSTER: 60,
  DESCRIBE_TOPIC_PARTITIONS: 75,
} as const

export interface TopicMetadata {
  name: string
  topicId: string
  isInternal: boolean
  partitions: { partitionIndex: number; leaderId: number; replicaNodes: number[]; isrNodes: number[] }[]
}

/** What the commands need of a cluster: metadata, and a connection to whoever leads what. */
export class Client {
  readonly system: System
  readonly #bootstrap: Peer
  readonly #login: Bootstrap['login']
  readonly #peers = new Map<number, Promise<Peer>>()
  #brokers = new Map<number, HostPort>()

  private constructor(system: System, bootstrap: Peer, login: Bootstrap['login']) {
    this.system = system
    this.#login = login
    this.#bootstrap = bootstrap
  }

  /** Connects to the first of the comma-separated servers that answers. Throws CommandError. */
  static async connect({ servers, login }: Bootstrap): Promise<Client> {
    const system = createSystem()
    const failures: string[] = []
    for (const server of servers.split(',')) {
      try {
        return new Client(system, await connect(system, parseServer(server.trim()), login), login)
      } catch (error) {
        if (error instanceof CommandError) throw error
        failures.push((error as Error).message)
      }
    }
    throw new CommandError(failures.length === 1 ? failures[0]! : `No broker could be used: ${failures.join('; ')}`)
  }

  /** The named topics, or all. A topic that does not exist is a CommandError. */
  async topics(names: readonly string[] | null, { create = false } = {}): Promise<TopicMetadata[]> {
    const response = await this.send(API.METADATA, {
      topics: names?.map((name) => ({ name })) ?? null,
      allowAutoTopicCreation: create,
    })
    this.#brokers = new Map(response.brokers.map(({ nodeId, host, port }) => [nodeId, { host, port }]))
    return response.topics.map(({ errorCode, name, ...topic }) => {
      check(errorCode, `Topic ${name}`)
      return { ...topic, name: name ?? '' }
    })
  }

  /** Asks whichever broker is connected. */
  async send<Key extends ApiKey>(
    key: Key,
    body: ApiOf<Key>['request']['Input'],
    options?: SendOptions,
  ): Promise<ApiOf<Key>['response']['T']> {
    try {
      return await this.#bootstrap.send(key, body, options)
    } catch (error) {
      throw this.#login === undefined ? withHint(error) : error
    }
  }

  /** Whether the connected broker has this API in this version. */
  serves(key: ApiKey, version = 0): boolean {
    const [oldest, newest] = this.#bootstrap.versions.get(key) ?? [0, -1]
    return version >= oldest && version <= newest
  }

  /** The connection to a broker that metadata named. */
  broker(nodeId: number): Promise<Peer> {
    const address = this.#brokers.get(nodeId)
    if (!address) throw new CommandError(`Broker ${nodeId} is not available.`)
    let peer = this.#peers.get(nodeId)
    if (!peer) {
      peer = connect(this.system, address, this.#login)
      this.#peers.set(nodeId, peer)
    }
    return peer
  }

  async coordinator(group: string): Promise<Peer> {
    const response = await this.send(API.FIND_COORDINATOR, { coordinatorKeys: [group] }, { version: 4 })
    const { errorCode, nodeId, host, port } = response.coordinators[0]!
    check(errorCode, `Group ${group}`)
    this.#brokers.set(nodeId, { host, port })
    return this.broker(nodeId)
  }

  async close(): Promise<void> {
    const peers = await Promise.allSettled(this.#peers.values())
    for (const peer of peers) if (peer.status === 'fulfilled') peer.value.close()
    this.#bootstrap.close()
  }
}

/** Runs `use` with a connected client and closes it, whatever happens. */
export async function withClient<T>(bootstrap: Bootstrap, use: (client: Client) => Promise<T>): Promise<T> {
  const client = await Client.connect(bootstrap)
  try {
    return await use(client)
  } finally {
    await client.close()
  }
}

/** Turns an error code into a CommandError that says what it was about. */
export function check(errorCode: number, about: string, message?: string | null): void {
  if (errorCode === ErrorCode.NONE) return
  throw new CommandError(errorText(about, errorCode, message))
}

export const errorText = (about: string, errorCode: number, message?: string | null): string =>
  // Some answers have the field and leave it empty.
  `${about}: ${message || errorMessage(errorCode)} (${errorName(errorCode)})`

/** A broker that has to be told who asks closes the connection without a word. */
function withHint(error: unknown): unknown {
  if (!(error instanceof PeerError) || error.code !== 'ECLOSED') return error
  return new CommandError(`${error.message}. If clients have to say there who they are, give --command-config.`)
}

function connect(system: System, address: HostPort, login: Bootstrap['login']): Promise<Peer> {
  return Peer.connect({ system, address, clientId: CLIENT_ID, login, requestTimeoutMs: TIMEOUT_MS })
}

function parseServer(server: string): HostPort {
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d+)$/.exec(server)
  if (!match) throw new CommandError(`"${server}" is not a server: write host:port.`)
  return { host: match[1] ?? match[2]!, port: Number(match[3]) }
}
