import type { ApiKey } from '../../protocol/api/index.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import { ZERO_UUID } from '../../protocol/wire/uuid.ts'
import type { ListenerKind } from '../../src/api/handler.ts'
import { encodePrincipal, userPrincipal } from '../../src/security/principal.ts'
import { aclOf, EVERY_ACL, type Grant, onCluster, onGroup, onTopic } from './authorization.ts'
import { batchOf, KEY, type RequestOf, SOFTWARE } from './harness.ts'

const {
  TOPIC_AUTHORIZATION_FAILED: TOPIC,
  GROUP_AUTHORIZATION_FAILED: GROUP,
  CLUSTER_AUTHORIZATION_FAILED: CLUSTER,
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: TRANSACTIONAL_ID,
} = ErrorCode

/** What is asked, how it is refused, and what of the grants is enough for it; without any it is open to everybody. */
export interface Case {
  readonly key: ApiKey
  readonly version: number
  readonly body: object
  readonly on?: ListenerKind
  readonly refusal?: number
  /** Each of them is enough. */
  readonly grants?: readonly (readonly Grant[])[]
  readonly what?: string
}

function of<Key extends ApiKey>(
  key: Key,
  version: number,
  body: RequestOf<Key>,
  rest: Omit<Case, 'key' | 'version' | 'body'> = {},
): Case {
  return { key, version, body: body as object, ...rest }
}

/** One operation on the cluster for the whole request. */
const cluster = (operation: Grant[0], on: ListenerKind = 'broker') => ({
  on,
  refusal: CLUSTER,
  grants: [[onCluster(operation)]],
})
const byController = cluster('CLUSTER_ACTION', 'controller')

const ELSEWHERE = { clusterId: 'another-cluster-entirely' }
const TOPICS = [{ name: 't', partitions: [{ partitionIndex: 0, offset: 0 }] }]
const wanted = { partition: 0, partitionIndex: 0, fetchOffset: 0, partitionMaxBytes: 1, timestamp: -1, leaderEpoch: 0 }
const fetched = (replicaId: number) => ({
  maxWaitMs: 0,
  minBytes: 0,
  replicaId,
  topics: [{ topic: 't', partitions: [wanted] }],
  forgottenTopicsData: [],
})
const produced = (isTransactional = false) => ({
  ...(isTransactional ? { transactionalId: 'x' } : {}),
  acks: -1,
  timeoutMs: 1000,
  topicData: [{ name: 't', partitionData: [{ index: 0, records: batchOf(['v'], inTransaction(isTransactional)) }] }],
})
const inTransaction = (isTransactional: boolean) =>
  isTransactional ? { isTransactional, producerId: 1, producerEpoch: 0, baseSequence: 0 } : {}
const heartbeat = { groupId: 'g', generationId: 1, memberId: 'm' }
const join = {
  groupId: 'g',
  sessionTimeoutMs: 6000,
  rebalanceTimeoutMs: 6000,
  memberId: 'm',
  protocolType: 'consumer',
  protocols: [{ name: 'range', metadata: Buffer.alloc(0) }],
}
const committed = {
  groupId: 'g',
  topics: [{ name: 't', partitions: [{ partitionIndex: 0, committedOffset: 1, committedMetadata: '' }] }],
}
const idOf = { transactionTimeoutMs: 1000, producerId: -1n, producerEpoch: -1 }
const config = (resourceType: number, resourceName: string) => ({
  resources: [{ resourceType, resourceName, configs: [], configurationKeys: [] }],
  validateOnly: false,
})
const RESOURCES: readonly [type: number, name: string, refusal: number, on: (operation: Grant[0]) => Grant][] = [
  [2, 't', TOPIC, (operation) => onTopic(operation, 't')],
  [32, 'g', GROUP, (operation) => onGroup(operation, 'g')],
  [4, '1', CLUSTER, onCluster],
  [16, 'm', CLUSTER, onCluster],
]
const configs = (key: 32 | 33 | 44, version: number, operation: Grant[0]): Case[] =>
  RESOURCES.flatMap(([type, name, refusal, on]) =>
    (['broker', 'controller'] as const).map((listener) =>
      of(key, version, config(type, name), {
        on: listener,
        refusal,
        grants: [[on(operation)]],
        what: `${type} on the ${listener}`,
      }),
    ),
  )
const newTopic = { topics: [{ name: 'new', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }] }
const voter = { voterId: 9, voterDirectoryId: ZERO_UUID, listeners: [] }
const FEATURE = { minSupportedVersion: 0, maxSupportedVersion: 1 }
const registration = { incarnationId: ZERO_UUID, listeners: [], features: [] }
const read = (group: string, topic: string): Grant[] => [onGroup('READ', group), onTopic('READ', topic)]

/** Every API that is served, on each listener that serves it. */
export const CASES: readonly Case[] = [
  of(KEY.PRODUCE, 12, produced(), { refusal: TOPIC, grants: [[onTopic('WRITE', 't')]] }),
  of(KEY.PRODUCE, 12, produced(true), {
    refusal: TRANSACTIONAL_ID,
    grants: [[onTopic('WRITE', 't'), ['WRITE', 'TRANSACTIONAL_ID', 'x']]],
    what: 'in a transaction',
  }),
  of(KEY.FETCH, 12, fetched(-1), { refusal: TOPIC, grants: [[onTopic('READ', 't')]] }),
  of(KEY.FETCH, 12, fetched(2), { refusal: TOPIC, grants: [[onCluster('CLUSTER_ACTION')]], what: 'of a follower' }),
  of(KEY.FETCH, 13, { ...fetched(-1), topics: [] }, { ...byController, what: 'of the metadata log' }),
  of(
    KEY.LIST_OFFSETS,
    9,
    { replicaId: -1, topics: [{ name: 't', partitions: [wanted] }] },
    {
      refusal: TOPIC,
      grants: [[onTopic('DESCRIBE', 't')], [onTopic('READ', 't')]],
    },
  ),
  of(KEY.METADATA, 12, { topics: [{ name: 't' }] }, { refusal: TOPIC, grants: [[onTopic('DESCRIBE', 't')]] }),
  ...['auto-1', 'auto-2'].map((name, first) => {
    const creators = [onTopic('CREATE', name), onCluster('CREATE')]
    const grants = [creators[first]!, creators[1 - first]!].map((creator) => [onTopic('DESCRIBE', name), creator])
    const body = { topics: [{ name }], allowAutoTopicCreation: true }
    return of(KEY.METADATA, 12, body, { refusal: TOPIC, grants, what: `that creates ${name}` })
  }),
  of(KEY.OFFSET_COMMIT, 9, committed, { refusal: GROUP, grants: [read('g', 't')] }),
  of(
    KEY.OFFSET_FETCH,
    1,
    { groupId: 'g', topics: [{ name: 't', partitionIndexes: [0] }] },
    {
      refusal: GROUP,
      grants: [[onGroup('DESCRIBE', 'g'), onTopic('DESCRIBE', 't')]],
    },
  ),
  of(
    KEY.OFFSET_FETCH,
    9,
    { groups: [{ groupId: 'g', topics: [{ name: 't', partitionIndexes: [0] }] }] },
    {
      refusal: GROUP,
      grants: [[onGroup('DESCRIBE', 'g'), onTopic('DESCRIBE', 't')], read('g', 't')],
    },
  ),
  of(
    KEY.FIND_COORDINATOR,
    4,
    { keyType: 0, coordinatorKeys: ['g'] },
    {
      refusal: GROUP,
      grants: [[onGroup('DESCRIBE', 'g')]],
    },
  ),
  of(
    KEY.FIND_COORDINATOR,
    4,
    { keyType: 1, coordinatorKeys: ['x'] },
    {
      refusal: TRANSACTIONAL_ID,
      grants: [[['DESCRIBE', 'TRANSACTIONAL_ID', 'x']]],
    },
  ),
  of(
    KEY.FIND_COORDINATOR,
    6,
    { keyType: 2, coordinatorKeys: ['g:AAAAAAAAAAAAAAAAAAAAAQ:0'] },
    cluster('CLUSTER_ACTION'),
  ),
  of(KEY.JOIN_GROUP, 5, join, { refusal: GROUP, grants: [[onGroup('READ', 'g')]] }),
  of(KEY.HEARTBEAT, 4, heartbeat, { refusal: GROUP, grants: [[onGroup('READ', 'g')]] }),
  of(KEY.LEAVE_GROUP, 2, heartbeat, { refusal: GROUP, grants: [[onGroup('READ', 'g')]] }),
  of(KEY.SYNC_GROUP, 4, { ...heartbeat, assignments: [] }, { refusal: GROUP, grants: [[onGroup('READ', 'g')]] }),
  of(KEY.DESCRIBE_GROUPS, 5, { groups: ['g'] }, { refusal: GROUP, grants: [[onGroup('DESCRIBE', 'g')]] }),
  of(KEY.LIST_GROUPS, 5, {}),
  of(KEY.API_VERSIONS, 3, SOFTWARE),
  of(KEY.API_VERSIONS, 3, SOFTWARE, { on: 'controller' }),
  of(17, 1, { mechanism: 'PLAIN' }),
  of(36, 2, { authBytes: Buffer.alloc(0) }),
  of(17, 1, { mechanism: 'PLAIN' }, { on: 'controller' }),
  of(36, 2, { authBytes: Buffer.alloc(0) }, { on: 'controller' }),
  ...(['broker', 'controller'] as const).flatMap((on) => [
    of(
      KEY.CREATE_TOPICS,
      7,
      { ...newTopic, validateOnly: true },
      {
        on,
        refusal: TOPIC,
        grants: [
          [onTopic('CREATE', 'new'), onTopic('DESCRIBE_CONFIGS', 'new')],
          [onCluster('CREATE'), onTopic('DESCRIBE_CONFIGS', 'new')],
        ],
      },
    ),
    of(
      KEY.DELETE_TOPICS,
      6,
      { topics: [{ name: `goes-${on}`, topicId: ZERO_UUID }], timeoutMs: 1000 },
      {
        on,
        refusal: TOPIC,
        grants: [[onTopic('DELETE', `goes-${on}`)], [onCluster('DELETE')]],
      },
    ),
    of(KEY.DESCRIBE_ACLS, 3, EVERY_ACL, cluster('DESCRIBE', on)),
    of(KEY.CREATE_ACLS, 3, { creations: [aclOf(onTopic('READ', 'u'))] }, cluster('ALTER', on)),
    of(KEY.DELETE_ACLS, 3, { filters: [{ ...EVERY_ACL, resourceNameFilter: 'u' }] }, cluster('ALTER', on)),
    of(
      KEY.CREATE_PARTITIONS,
      3,
      { topics: [{ name: 't', count: 1, assignments: null }], timeoutMs: 1000, validateOnly: true },
      {
        on,
        refusal: TOPIC,
        grants: [[onTopic('ALTER', 't')]],
      },
    ),
    of(
      KEY.ELECT_LEADERS,
      2,
      { topicPartitions: [{ topic: 't', partitions: [0] }], electionType: 0 },
      cluster('ALTER', on),
    ),
    of(KEY.ALTER_PARTITION_REASSIGNMENTS, 1, { topics: [] }, cluster('ALTER', on)),
    of(KEY.LIST_PARTITION_REASSIGNMENTS, 0, { topics: null }, cluster('DESCRIBE', on)),
    of(
      KEY.ALTER_CLIENT_QUOTAS,
      1,
      { entries: [{ entity: [{ entityType: 'user', entityName: 'u' }], ops: [] }], validateOnly: true },
      cluster('ALTER_CONFIGS', on),
    ),
    of(
      KEY.ALTER_USER_SCRAM_CREDENTIALS,
      0,
      { deletions: [{ name: 'u', mechanism: 1 }], upsertions: [] },
      cluster('ALTER', on),
    ),
    of(
      55,
      2,
      { topics: [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }] },
      cluster('DESCRIBE', on),
    ),
    of(KEY.UPDATE_FEATURES, 2, { featureUpdates: [], validateOnly: true }, cluster('ALTER', on)),
    of(KEY.UNREGISTER_BROKER, 0, { brokerId: 99 }, cluster('ALTER', on)),
    of(80, 1, { ...ELSEWHERE, ...voter, timeoutMs: 1000 }, cluster('ALTER', on)),
    of(81, 0, { ...ELSEWHERE, ...voter }, cluster('ALTER', on)),
  ]),
  of(
    KEY.DELETE_RECORDS,
    2,
    { topics: TOPICS, timeoutMs: 1000 },
    { refusal: TOPIC, grants: [[onTopic('DELETE', 't')]] },
  ),
  of(
    KEY.INIT_PRODUCER_ID,
    4,
    { ...idOf, transactionalId: null },
    {
      refusal: CLUSTER,
      grants: [[onCluster('IDEMPOTENT_WRITE')], [onTopic('WRITE', '*')]],
    },
  ),
  of(
    KEY.INIT_PRODUCER_ID,
    4,
    { ...idOf, transactionalId: 'x' },
    {
      refusal: TRANSACTIONAL_ID,
      grants: [[['WRITE', 'TRANSACTIONAL_ID', 'x']]],
      what: 'in transactions',
    },
  ),
  of(
    KEY.OFFSET_FOR_LEADER_EPOCH,
    4,
    { replicaId: -1, topics: [{ topic: 't', partitions: [wanted] }] },
    {
      refusal: TOPIC,
      grants: [[onTopic('DESCRIBE', 't')], [onCluster('CLUSTER_ACTION')]],
    },
  ),
  ...configs(KEY.DESCRIBE_CONFIGS, 4, 'DESCRIBE_CONFIGS'),
  ...configs(KEY.ALTER_CONFIGS, 2, 'ALTER_CONFIGS'),
  ...configs(KEY.INCREMENTAL_ALTER_CONFIGS, 1, 'ALTER_CONFIGS'),
  of(
    KEY.ALTER_REPLICA_LOG_DIRS,
    2,
    { dirs: [{ path: '/x', topics: [{ name: 't', partitions: [0] }] }] },
    cluster('ALTER'),
  ),
  of(KEY.DESCRIBE_LOG_DIRS, 4, { topics: null }, cluster('DESCRIBE')),
  of(KEY.CREATE_DELEGATION_TOKEN, 3, {
    ownerPrincipalType: null,
    ownerPrincipalName: null,
    renewers: [],
    maxLifetimeMs: -1,
  }),
  of(KEY.RENEW_DELEGATION_TOKEN, 2, { hmac: Buffer.alloc(0), renewPeriodMs: -1 }),
  of(KEY.EXPIRE_DELEGATION_TOKEN, 2, { hmac: Buffer.alloc(0), expiryTimePeriodMs: -1 }),
  of(KEY.DESCRIBE_DELEGATION_TOKEN, 3, { owners: null }),
  of(KEY.DELETE_GROUPS, 2, { groupsNames: ['g'] }, { refusal: GROUP, grants: [[onGroup('DELETE', 'g')]] }),
  of(KEY.DESCRIBE_CLIENT_QUOTAS, 1, { components: [], strict: false }, cluster('DESCRIBE_CONFIGS')),
  of(KEY.DESCRIBE_USER_SCRAM_CREDENTIALS, 0, { users: null }, cluster('DESCRIBE')),
  of(52, 2, { ...ELSEWHERE, topics: [] }, byController),
  of(53, 1, { ...ELSEWHERE, topics: [], leaderEndpoints: [] }, byController),
  of(54, 1, { ...ELSEWHERE, topics: [], leaderEndpoints: [] }, byController),
  of(56, 3, { brokerId: 9, topics: [] }, byController),
  of(
    58,
    0,
    {
      requestData: Buffer.alloc(0),
      requestPrincipal: encodePrincipal(userPrincipal('a')),
      clientHostAddress: Buffer.alloc(4),
    },
    byController,
  ),
  of(59, 1, { ...ELSEWHERE, topics: [] }, byController),
  of(KEY.DESCRIBE_CLUSTER, 2, { includeClusterAuthorizedOperations: true }),
  of(62, 4, { ...ELSEWHERE, ...registration, brokerId: 9, rack: null, logDirs: [] }, byController),
  of(
    63,
    2,
    { brokerId: 9, brokerEpoch: 1n, currentMetadataOffset: 0, wantFence: false, wantShutDown: false },
    byController,
  ),
  of(67, 0, { brokerId: 9, brokerEpoch: 1n }, byController),
  of(70, 0, { ...registration, controllerId: 9, zkMigrationReady: false }, byController),
  of(73, 0, { brokerId: 9, brokerEpoch: 1n, directories: [] }, byController),
  of(KEY.LIST_CONFIG_RESOURCES, 1, { resourceTypes: [] }, cluster('DESCRIBE_CONFIGS')),
  of(
    KEY.DESCRIBE_TOPIC_PARTITIONS,
    0,
    { topics: [{ name: 't' }] },
    { refusal: TOPIC, grants: [[onTopic('DESCRIBE', 't')]] },
  ),
  of(82, 0, { ...ELSEWHERE, ...voter, currentLeaderEpoch: 0, kRaftVersionFeature: FEATURE }, byController),
]
