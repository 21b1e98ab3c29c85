/**
 * Kafka's error codes (protocol guide, "Error Codes"), those of release 4.3, and the three ways in which this folder's
 * code fails. A client may try again after a retriable error without anything having been changed.
 */

const RETRIABLE = true

const TABLE = {
  UNKNOWN_SERVER_ERROR: [-1, 'Something unexpected went wrong on the server.'],
  NONE: [0, 'No error.'],
  OFFSET_OUT_OF_RANGE: [1, 'The offset lies outside the range of offsets that the partition holds.'],
  CORRUPT_MESSAGE: [
    2,
    'The record data is damaged: its checksum, size or key does not hold, or it is otherwise unreadable.',
    RETRIABLE,
  ],
  UNKNOWN_TOPIC_OR_PARTITION: [3, 'No such topic or partition on this server.', RETRIABLE],
  INVALID_FETCH_SIZE: [4, 'The number of bytes asked for is not a valid fetch size.'],
  LEADER_NOT_AVAILABLE: [5, 'The partition has no leader at the moment, as during an election.', RETRIABLE],
  NOT_LEADER_OR_FOLLOWER: [
    6,
    'This broker does not lead the partition, or holds no replica that could serve the request.',
    RETRIABLE,
  ],
  REQUEST_TIMED_OUT: [7, 'The request was not completed within its time limit.', RETRIABLE],
  BROKER_NOT_AVAILABLE: [8, 'The broker is not available.'],
  REPLICA_NOT_AVAILABLE: [9, 'No replica of the partition is available for the request.', RETRIABLE],
  MESSAGE_TOO_LARGE: [10, 'The record batch is larger than the server accepts.'],
  STALE_CONTROLLER_EPOCH: [11, 'The controller has moved on: the request carries an old controller epoch.'],
  OFFSET_METADATA_TOO_LARGE: [12, 'The metadata attached to the offset is too long.'],
  NETWORK_EXCEPTION: [13, 'The connection broke before a response arrived.', RETRIABLE],
  COORDINATOR_LOAD_IN_PROGRESS: [14, 'The coordinator is still loading its state.', RETRIABLE],
  COORDINATOR_NOT_AVAILABLE: [15, 'The coordinator is not available.', RETRIABLE],
  NOT_COORDINATOR: [16, 'Another broker is the coordinator.', RETRIABLE],
  INVALID_TOPIC_EXCEPTION: [17, 'The operation cannot be done on a topic of this name.'],
  RECORD_LIST_TOO_LARGE: [18, 'The records are larger than the configured segment size.'],
  NOT_ENOUGH_REPLICAS: [19, 'Fewer replicas are in sync than the topic requires.', RETRIABLE],
  NOT_ENOUGH_REPLICAS_AFTER_APPEND: [
    20,
    'The records were written, but to fewer in-sync replicas than the topic requires.',
    RETRIABLE,
  ],
  INVALID_REQUIRED_ACKS: [21, 'The value of acks is not valid for this produce request.'],
  ILLEGAL_GENERATION: [22, 'The generation of the group member is not the current one.'],
  INCONSISTENT_GROUP_PROTOCOL: [
    23,
    "The member's protocol type or protocols do not agree with those of the rest of the group.",
  ],
  INVALID_GROUP_ID: [24, 'The group id is not valid.'],
  UNKNOWN_MEMBER_ID: [25, 'The coordinator knows no member of this id.'],
  INVALID_SESSION_TIMEOUT: [26, 'The session timeout lies outside the range that the broker allows.'],
  REBALANCE_IN_PROGRESS: [27, 'The group is rebalancing, so the member has to join again.'],
  INVALID_COMMIT_OFFSET_SIZE: [28, 'The offset commit is too large to be stored.'],
  TOPIC_AUTHORIZATION_FAILED: [29, 'Not authorized for the topic.'],
  GROUP_AUTHORIZATION_FAILED: [30, 'Not authorized for the group.'],
  CLUSTER_AUTHORIZATION_FAILED: [31, 'Not authorized for the cluster.'],
  INVALID_TIMESTAMP: [32, "The record's timestamp lies outside the range that the topic accepts."],
  UNSUPPORTED_SASL_MECHANISM: [33, 'The SASL mechanism is not offered by the broker.'],
  ILLEGAL_SASL_STATE: [34, 'The request does not fit the present state of the SASL exchange.'],
  UNSUPPORTED_VERSION: [35, 'The broker does not support this version of the API.'],
  TOPIC_ALREADY_EXISTS: [36, 'A topic of this name exists already.'],
  INVALID_PARTITIONS: [37, 'The number of partitions is not valid.'],
  INVALID_REPLICATION_FACTOR: [
    38,
    'The replication factor is not positive, or greater than the number of available brokers.',
  ],
  INVALID_REPLICA_ASSIGNMENT: [39, 'The replica assignment is not valid.'],
  INVALID_CONFIG: [40, 'The configuration is not valid.'],
  NOT_CONTROLLER: [41, 'This node is not the active controller.', RETRIABLE],
  INVALID_REQUEST: [
    42,
    "The request is malformed, or asks for something that is not possible; the broker's log tells more.",
  ],
  UNSUPPORTED_FOR_MESSAGE_FORMAT: [
    43,
    'The message format in which the partition is stored does not support the request.',
  ],
  POLICY_VIOLATION: [44, 'The request breaks a policy of the cluster.'],
  OUT_OF_ORDER_SEQUENCE_NUMBER: [45, "The producer's sequence number does not follow the last one the broker has."],
  DUPLICATE_SEQUENCE_NUMBER: [46, "The producer's sequence number was written before."],
  INVALID_PRODUCER_EPOCH: [47, "The producer's epoch is older than the one known to the broker."],
  INVALID_TXN_STATE: [48, 'The transaction is in a state that does not allow the operation.'],
  INVALID_PRODUCER_ID_MAPPING: [49, 'The producer id does not belong to the transactional id at present.'],
  INVALID_TRANSACTION_TIMEOUT: [50, 'The transaction timeout is greater than the broker allows.'],
  CONCURRENT_TRANSACTIONS: [51, 'Another operation on the same transaction is still in progress.', RETRIABLE],
  TRANSACTION_COORDINATOR_FENCED: [
    52,
    'The transaction coordinator that sent the marker is no longer the current one.',
  ],
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: [53, 'Not authorized for the transactional id.'],
  SECURITY_DISABLED: [54, 'Security features are disabled.'],
  OPERATION_NOT_ATTEMPTED: [55, 'The operation was not tried, because another one in the same request failed.'],
  KAFKA_STORAGE_ERROR: [56, 'The log directory failed when the server tried to use it.', RETRIABLE],
  LOG_DIR_NOT_FOUND: [57, 'The log directory is not among those configured on the broker.'],
  SASL_AUTHENTICATION_FAILED: [58, 'SASL authentication failed.'],
  UNKNOWN_PRODUCER_ID: [
    59,
    'The broker no longer holds any state of this producer id; its records may have been removed.',
  ],
  REASSIGNMENT_IN_PROGRESS: [60, 'A reassignment of the partition is already under way.'],
  DELEGATION_TOKEN_AUTH_DISABLED: [61, 'Delegation tokens are not enabled.'],
  DELEGATION_TOKEN_NOT_FOUND: [62, 'The server has no such delegation token.'],
  DELEGATION_TOKEN_OWNER_MISMATCH: [63, 'The principal is not an owner of the delegation token.'],
  DELEGATION_TOKEN_REQUEST_NOT_ALLOWED: [64, 'Delegation token requests are not allowed on this channel.'],
  DELEGATION_TOKEN_AUTHORIZATION_FAILED: [65, 'Not authorized for the delegation token.'],
  DELEGATION_TOKEN_EXPIRED: [66, 'The delegation token has expired.'],
  INVALID_PRINCIPAL_TYPE: [67, 'The principal type is not supported.'],
  NON_EMPTY_GROUP: [68, 'The group still has members.'],
  GROUP_ID_NOT_FOUND: [69, 'The group does not exist.'],
  FETCH_SESSION_ID_NOT_FOUND: [70, 'The broker has no such fetch session.', RETRIABLE],
  INVALID_FETCH_SESSION_EPOCH: [71, 'The fetch session epoch is not the one expected.', RETRIABLE],
  LISTENER_NOT_FOUND: [72, 'The leader has no listener that matches the one the request came in on.', RETRIABLE],
  TOPIC_DELETION_DISABLED: [73, 'Topic deletion is disabled.'],
  FENCED_LEADER_EPOCH: [74, "The leader epoch in the request is older than the broker's.", RETRIABLE],
  UNKNOWN_LEADER_EPOCH: [75, "The leader epoch in the request is newer than the broker's.", RETRIABLE],
  UNSUPPORTED_COMPRESSION_TYPE: [76, 'The client does not support the compression type of the data.'],
  STALE_BROKER_EPOCH: [77, 'The broker epoch is not the current one.'],
  OFFSET_NOT_AVAILABLE: [
    78,
    "The leader's high watermark has not caught up since its election, so offsets are not yet known.",
    RETRIABLE,
  ],
  MEMBER_ID_REQUIRED: [79, 'The member has to join again with the member id it is given here.'],
  PREFERRED_LEADER_NOT_AVAILABLE: [80, 'The preferred leader is not available.', RETRIABLE],
  GROUP_MAX_SIZE_REACHED: [81, 'The group has as many members as it may have.'],
  FENCED_INSTANCE_ID: [82, 'Another member has taken this instance id since.'],
  ELIGIBLE_LEADERS_NOT_AVAILABLE: [83, 'No replica that may become leader is available.', RETRIABLE],
  ELECTION_NOT_NEEDED: [84, 'The partition needs no election.', RETRIABLE],
  NO_REASSIGNMENT_IN_PROGRESS: [85, 'No reassignment of the partition is under way.'],
  GROUP_SUBSCRIBED_TO_TOPIC: [86, 'Offsets cannot be deleted while the group is subscribed to the topic.'],
  INVALID_RECORD: [87, 'The broker found the record not valid.'],
  UNSTABLE_OFFSET_COMMIT: [88, 'Some offsets are part of a transaction that has not ended.', RETRIABLE],
  THROTTLING_QUOTA_EXCEEDED: [89, 'The throttling quota is exceeded.', RETRIABLE],
  PRODUCER_FENCED: [90, 'A newer producer with the same transactional id has fenced this one.'],
  RESOURCE_NOT_FOUND: [91, 'The resource does not exist.'],
  DUPLICATE_RESOURCE: [92, 'The request names the same resource twice.'],
  UNACCEPTABLE_CREDENTIAL: [93, "The credential does not satisfy the server's requirements."],
  INCONSISTENT_VOTER_SET: [94, 'Sender and receiver do not agree on the set of voters.'],
  INVALID_UPDATE_VERSION: [95, 'The update version of the feature is not valid.'],
  FEATURE_UPDATE_FAILED: [96, 'The features could not be updated.'],
  PRINCIPAL_DESERIALIZATION_FAILURE: [97, 'The principal in the envelope could not be read.'],
  SNAPSHOT_NOT_FOUND: [98, 'The snapshot does not exist.'],
  POSITION_OUT_OF_RANGE: [99, 'The position lies outside the snapshot.'],
  UNKNOWN_TOPIC_ID: [100, 'The server knows no topic of this id.', RETRIABLE],
  DUPLICATE_BROKER_REGISTRATION: [101, 'A live broker is registered with this id.'],
  BROKER_ID_NOT_REGISTERED: [102, 'No broker is registered with this id.'],
  INCONSISTENT_TOPIC_ID: [103, 'The topic id in the log differs from the one in the request.', RETRIABLE],
  INCONSISTENT_CLUSTER_ID: [104, 'The cluster id in the request is not that of this cluster.'],
  TRANSACTIONAL_ID_NOT_FOUND: [105, 'The transactional id does not exist.'],
  FETCH_SESSION_TOPIC_ID_ERROR: [106, 'The fetch session mixes topic ids and topic names.', RETRIABLE],
  INELIGIBLE_REPLICA: [107, 'The replica may not join the in-sync set.'],
  NEW_LEADER_ELECTED: [108, 'The change made another replica the leader.'],
  OFFSET_MOVED_TO_TIERED_STORAGE: [109, 'The offset has moved to tiered storage.'],
  FENCED_MEMBER_EPOCH: [110, 'The member epoch is fenced: the member has to give up its partitions and join again.'],
  UNRELEASED_INSTANCE_ID: [111, 'The instance id is still in use by another member of the group.'],
  UNSUPPORTED_ASSIGNOR: [112, 'The group has no such assignor, or not all members support it.'],
  STALE_MEMBER_EPOCH: [113, 'The member epoch is stale: the member has to retry with the one from its next heartbeat.'],
  MISMATCHED_ENDPOINT_TYPE: [114, 'The request came to an endpoint of the wrong kind.'],
  UNSUPPORTED_ENDPOINT_TYPE: [115, 'This kind of endpoint is not supported.'],
  UNKNOWN_CONTROLLER_ID: [116, 'The controller id is not known.'],
  UNKNOWN_SUBSCRIPTION_ID: [117, 'The telemetry subscription id is not the current one.'],
  TELEMETRY_TOO_LARGE: [118, 'The telemetry is larger than the broker accepts.'],
  INVALID_REGISTRATION: [119, 'The controller finds the registration not valid.'],
  TRANSACTION_ABORTABLE: [120, 'The transaction has to be aborted.'],
  INVALID_RECORD_STATE: [121, 'The record is in a state that does not allow the acknowledgement.'],
  SHARE_SESSION_NOT_FOUND: [122, 'The broker has no such share session.', RETRIABLE],
  INVALID_SHARE_SESSION_EPOCH: [123, 'The share session epoch is not the one expected.', RETRIABLE],
  FENCED_STATE_EPOCH: [124, 'The share coordinator has seen a newer state epoch.'],
  INVALID_VOTER_KEY: [125, "The voter's id and directory id do not match the ones on record."],
  DUPLICATE_VOTER: [126, 'The voter is already part of the voter set.'],
  VOTER_NOT_FOUND: [127, 'The voter is not part of the voter set.'],
  INVALID_REGULAR_EXPRESSION: [128, 'The regular expression is not valid.'],
  REBOOTSTRAP_REQUIRED: [
    129,
    "The client's metadata is out of date: it has to start again from its bootstrap servers.",
  ],
  STREAMS_INVALID_TOPOLOGY: [130, 'The streams topology is not valid.'],
  STREAMS_INVALID_TOPOLOGY_EPOCH: [131, 'The streams topology epoch is not valid.'],
  STREAMS_TOPOLOGY_FENCED: [132, "The streams topology epoch is older than the group's."],
  SHARE_SESSION_LIMIT_REACHED: [133, 'The broker holds as many share sessions as it may.', RETRIABLE],
} as const satisfies Record<string, readonly [code: number, message: string, retriable?: true]>

type Table = typeof TABLE
export type ErrorName = keyof Table
/** A code as it stands on the wire: an int16. */
export type ErrorCode = Table[ErrorName][0]

/** Name to code: `ErrorCode.NOT_LEADER_OR_FOLLOWER` is 6. */
export const ErrorCode = Object.fromEntries(Object.entries(TABLE).map(([name, row]) => [name, row[0]])) as {
  readonly [Name in ErrorName]: Table[Name][0]
}

const BY_CODE = new Map<number, { name: ErrorName; message: string; retriable: boolean }>(
  Object.entries(TABLE).map(([name, row]) => [
    row[0],
    { name: name as ErrorName, message: row[1], retriable: row.length > 2 },
  ]),
)

/** Kafka's name of a code; for a code that is not in the table, its number. */
export const errorName = (code: number): string => BY_CODE.get(code)?.name ?? `ERROR_${code}`

/** A sentence for people; null for NONE, as error message fields have it. */
export const errorMessage = (code: number): string | null =>
  code === ErrorCode.NONE ? null : (BY_CODE.get(code)?.message ?? `Unknown error code ${code}.`)

export const isRetriable = (code: number): boolean => BY_CODE.get(code)?.retriable ?? false

/** A failure that is to be answered with an error code; caught where the response is put together. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError'
  readonly code: ErrorCode

  constructor(code: ErrorCode, message?: string, options?: ErrorOptions) {
    super(message ?? errorMessage(code) ?? errorName(code), options)
    this.code = code
  }
}

/** Bytes that are not what the protocol allows. Whoever sent them is at fault. */
export class DecodeError extends Error {
  override readonly name = 'DecodeError'
}

/** A value that does not fit its definition or its version. Our own program is at fault. */
export class EncodeError extends Error {
  override readonly name = 'EncodeError'
}
