import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import type { ApiKey } from '../../protocol/api/index.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { createSystem } from '../../src/base/system.ts'
import { ACL_CODES } from '../../src/metadata/acls.ts'
import { Broker } from '../../src/node/broker.ts'
import { setUp } from '../../src/node/options.ts'
import type { Operation, ResourceType } from '../../src/security/authorizer.ts'
import { type RequestOf, type ResponseOf, Wire } from './harness.ts'

const { RESOURCE_TYPE, PATTERN_TYPE, OPERATION, PERMISSION, CLUSTER_NAME, WILDCARD } = ACL_CODES

export const STANDARD_AUTHORIZER = 'org.apache.kafka.metadata.authorizer.StandardAuthorizer'

/** Something that may be allowed: an operation on a resource. */
export type Grant = readonly [operation: Operation, type: ResourceType, name: string]
type Entry = readonly [operation: Operation | 'ALL', type: ResourceType, name: string]
const TYPES = ['TOPIC', 'GROUP', 'CLUSTER', 'TRANSACTIONAL_ID'] as const
export const onCluster = (operation: Operation): Grant => [operation, 'CLUSTER', CLUSTER_NAME]
export const onTopic = (operation: Operation, name: string): Grant => [operation, 'TOPIC', name]
export const onGroup = (operation: Operation, name: string): Grant => [operation, 'GROUP', name]

/** An access control entry as CreateAcls takes it, for everybody from everywhere unless said otherwise. */
export const aclOf = ([operation, type, resourceName]: Entry, principal = 'User:ANONYMOUS', host = '*') => ({
  resourceType: RESOURCE_TYPE[type],
  resourceName,
  resourcePatternType: PATTERN_TYPE.LITERAL,
  principal,
  host,
  operation: OPERATION[operation],
  permissionType: PERMISSION.ALLOW,
})

export const EVERY_ACL = {
  resourceTypeFilter: RESOURCE_TYPE.ANY,
  resourceNameFilter: null,
  patternTypeFilter: PATTERN_TYPE.ANY,
  principalFilter: null,
  hostFilter: null,
  operation: OPERATION.ANY,
  permissionType: PERMISSION.ANY,
}

const REFUSALS: ReadonlySet<number> = new Set([
  ErrorCode.TOPIC_AUTHORIZATION_FAILED,
  ErrorCode.GROUP_AUTHORIZATION_FAILED,
  ErrorCode.CLUSTER_AUTHORIZATION_FAILED,
  ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
  ErrorCode.DELEGATION_TOKEN_AUTHORIZATION_FAILED,
])

/** All that an answer says, on whichever level, of being refused. */
export function refusalsIn(answer: unknown): number[] {
  const found = new Set<number>()
  const look = (value: unknown): void => {
    if (value === null || typeof value !== 'object' || Buffer.isBuffer(value)) return
    for (const [key, part] of Object.entries(value)) {
      if (typeof part === 'number' && /errorCode$/i.test(key) && REFUSALS.has(part)) found.add(part)
      else look(part)
    }
  }
  look(answer)
  return [...found].sort((one, other) => one - other)
}

/** A node of its own with an authorizer and no super users, on which everybody is User:ANONYMOUS. */
export class GuardedNode {
  readonly broker: Broker
  readonly #wires: Wire[] = []

  private constructor(broker: Broker) {
    this.broker = broker
  }

  static async start(t: Test, config: Readonly<Record<string, string>> = {}): Promise<GuardedNode> {
    const flags = {
      'authorizer.class.name': STANDARD_AUTHORIZER,
      'controller.listener.names': 'CONTROLLER',
      listeners: 'PLAINTEXT://127.0.0.1:0,CONTROLLER://127.0.0.1:0',
      'offsets.topic.num.partitions': '1',
      ...config,
    }
    const dataDir = mkdtempSync(join(tmpdir(), 'odradek-guarded-'))
    const setup = setUp({ flags, dataDir })
    const node = new GuardedNode(
      new Broker(createSystem(), setup, silentLogger, (error) => {
        throw error
      }),
    )
    await node.broker.start()
    t.teardown(async () => {
      for (const wire of node.#wires) wire.close()
      await node.broker.stop()
      rmSync(dataDir, { recursive: true, force: true })
    })
    return node
  }

  get settings() {
    return this.broker.rooms!.role.controller.settings
  }

  /** By the controller itself, whom nobody refuses. */
  async allow(...grants: readonly Grant[]): Promise<void> {
    await this.settings.createAcls({ creations: grants.map((grant) => aclOf(grant)) })
  }

  /** Everything but these: a denied operation denies nothing else. */
  async allowAllBut(...denied: readonly Grant[]): Promise<void> {
    const everything = TYPES.map((type) => aclOf(['ALL', type, type === 'CLUSTER' ? CLUSTER_NAME : WILDCARD]))
    const permissionType = PERMISSION.DENY
    const creations = [...everything, ...denied.map((grant) => ({ ...aclOf(grant), permissionType }))]
    await this.settings.createAcls({ creations })
  }

  async allowNothing(): Promise<void> {
    await this.settings.deleteAcls({ filters: [EVERY_ACL] })
  }

  async createTopic(name: string): Promise<string> {
    await this.broker.createTopics([{ name, partitions: 1, replicationFactor: 1, configs: {} }])
    return this.broker.rooms!.loader.image.topics.byName.get(name)!.id
  }

  /** Asks on a connection of its own, on the listener for clients or on that for controllers. */
  async ask<Key extends ApiKey>(
    key: Key,
    version: number,
    body: RequestOf<Key>,
    listener: 'broker' | 'controller' = 'broker',
  ): Promise<ResponseOf<Key>> {
    const { broker } = this
    const { port } = listener === 'broker' ? broker.listeners[0]!.advertised : broker.controllerEndpoint!
    const wire = await Wire.open(port)
    this.#wires.push(wire)
    try {
      return await wire.send(key, version, body)
    } finally {
      wire.close()
    }
  }
}
