import type { CreateTopicsRequest, CreateTopicsResponse } from '../../protocol/api/19-create-topics.ts'
import type { DeleteTopicsRequest, DeleteTopicsResponse } from '../../protocol/api/20-delete-topics.ts'
import type { AlterConfigsRequest, AlterConfigsResponse } from '../../protocol/api/33-alter-configs.ts'
import type { CreatePartitionsRequest, CreatePartitionsResponse } from '../../protocol/api/37-create-partitions.ts'
import type { ElectLeadersRequest, ElectLeadersResponse } from '../../protocol/api/43-elect-leaders.ts'
import type {
  IncrementalAlterConfigsRequest,
  IncrementalAlterConfigsResponse,
} from '../../protocol/api/44-incremental-alter-configs.ts'
import type {
  AlterPartitionReassignmentsRequest,
  AlterPartitionReassignmentsResponse,
} from '../../protocol/api/45-alter-partition-reassignments.ts'
import type {
  ListPartitionReassignmentsRequest,
  ListPartitionReassignmentsResponse,
} from '../../protocol/api/46-list-partition-reassignments.ts'
import type { AlterPartitionRequest, AlterPartitionResponse } from '../../protocol/api/56-alter-partition.ts'
import type {
  BrokerRegistrationRequest,
  BrokerRegistrationResponse,
} from '../../protocol/api/62-broker-registration.ts'
import type { BrokerHeartbeatRequest, BrokerHeartbeatResponse } from '../../protocol/api/63-broker-heartbeat.ts'
import type { UnregisterBrokerRequest, UnregisterBrokerResponse } from '../../protocol/api/64-unregister-broker.ts'
import type {
  AllocateProducerIdsRequest,
  AllocateProducerIdsResponse,
} from '../../protocol/api/67-allocate-producer-ids.ts'
import type {
  ControllerRegistrationRequest,
  ControllerRegistrationResponse,
} from '../../protocol/api/70-controller-registration.ts'
import type {
  AssignReplicasToDirsRequest,
  AssignReplicasToDirsResponse,
} from '../../protocol/api/73-assign-replicas-to-dirs.ts'
import { type ErrorCode, errorMessage, ProtocolError } from '../../protocol/errors.ts'
import type { MetadataRecord } from '../../protocol/metadata/index.ts'
import type { Logger } from '../base/logger.ts'
import type { System } from '../base/ports.ts'
import type { MetadataImage } from '../metadata/image.ts'
import { record } from '../metadata/record.ts'
import { alterConfigs, incrementalAlterConfigs } from './alter-configs.ts'
import { alterPartition } from './alter-partition.ts'
import { assignReplicasToDirs } from './assign-replicas.ts'
import { brokerHeartbeat, fenceBroker } from './broker-heartbeat.ts'
import { registerBroker } from './broker-registration.ts'
import { BrokerSessions } from './broker-sessions.ts'
import { ClusterSettings } from './cluster-settings.ts'
import { registerController } from './controller-registration.ts'
import { createPartitions } from './create-partitions.ts'
import { createTopics } from './create-topics.ts'
import { Decider } from './decider.ts'
import { deleteTopics } from './delete-topics.ts'
import { balanceLeaders, type Elections, electLeaders, electUncleanly } from './elect-leaders.ts'
import { activationRecords } from './features.ts'
import { ControllerCounters } from './metrics.ts'
import { type PeriodicTask, PeriodicTasks } from './periodic-tasks.ts'
import { type ConfigRules, type DecisionConfig, FULL_ACCESS, type RecordLog } from './ports.ts'
import { allocateProducerIds } from './producer-ids.ts'
import { alterPartitionReassignments, listPartitionReassignments } from './reassign-partitions.ts'
import { unregisterBroker } from './unregister-broker.ts'

/** Looks for silent brokers within one session of them (fact N-C22). */
const SESSION_CHECKS = 8

type Input<Response extends { Input: unknown }> = Response['Input']

export interface ControllerOptions {
  readonly nodeId: number
  readonly clusterId: string
  /** What the metadata log says when this controller becomes active. */
  readonly image: MetadataImage
  readonly log: RecordLog
  readonly rules: ConfigRules
  readonly config: DecisionConfig
  readonly system: Pick<System, 'clock' | 'timers' | 'random'>
  readonly logger: Logger
  /** Level of kraft.version that the quorum runs with. */
  readonly kraftVersion: number
  /** Ids of the quorum's voters. Default: this node alone. */
  readonly voterIds?: () => readonly number[]
  /** The metadata log failed: nothing can be decided any more, and the node has to stop (fact C29). */
  readonly onFault: (cause: unknown) => void
  /** A decision failed in a way that should not be possible: another controller shall try (fact B4). */
  readonly onConfusion?: () => void
  /** The image of what is committed: what is only read is read there (fact B2). */
  readonly committed?: () => MetadataImage
  /**
   * This node is the only one of its quorum. Then whatever was registered under its id was itself in a former life, which
   * has ended, since it holds the lock on its directory; and nobody has to see the log move to know that it lives.
   */
  readonly alone?: boolean
  /** Of this node, over all its terms. Default: its own. */
  readonly counters?: ControllerCounters
}

/** A topic that the broker itself asks for. */
export interface TopicOnDemand {
  readonly name: string
  /** -1 for the default, as with the next. */
  readonly numPartitions: number
  readonly replicationFactor: number
  readonly configs: readonly { readonly name: string; readonly value: string | null }[]
}

/**
 * The active controller (facts B1 to B4): its operations, each of them decided in a file of its own, and what it does of
 * itself from time to time. How decisions are made to last is in decider.ts.
 */
export class Controller {
  /** Features, quotas, credentials, access control entries. */
  readonly settings: ClusterSettings
  readonly counters: ControllerCounters
  readonly #options: ControllerOptions
  readonly #sessions: BrokerSessions
  readonly #decider: Decider
  readonly #tasks: PeriodicTasks

  constructor(options: ControllerOptions) {
    this.#options = options
    this.counters = options.counters ?? new ControllerCounters()
    this.#decider = new Decider({ ...options, counters: this.counters, onFault: (cause) => this.#fault(cause) })
    const { nodeId, kraftVersion, voterIds = () => [nodeId] } = options
    this.settings = new ClusterSettings(
      (decide) => this.#decider.run((context) => decide(this.image, context)),
      () => ({ nodeId, kraftVersion, voterIds: voterIds() }),
    )
    this.#sessions = new BrokerSessions(options.config['broker.session.timeout.ms'])
    this.#tasks = new PeriodicTasks(options.system.timers)
  }

  /** The image with everything decided so far, committed or not. */
  get image(): MetadataImage {
    return this.#decider.image
  }

  /**
   * To be called once, before anything else. Resolves when what a controller writes first is committed.
   * @param bootstrap the records of this node's bootstrap.checkpoint
   * @param transactionOpen the log ends within a metadata transaction
   */
  async activate(bootstrap: readonly MetadataRecord[], transactionOpen: boolean): Promise<void> {
    const { system, config, nodeId, alone = false } = this.#options
    this.#sessions.activate(this.image, system.clock.monotonicMs(), alone ? nodeId : undefined)
    const records = activationRecords(this.image, bootstrap, config['min.insync.replicas'], transactionOpen)
    await this.#decider.run(() => ({ records, response: undefined }))
    this.#tasks.start(this.#periodicTasks())
  }

  /** Another one is the active controller from here on: whoever asks this one, or waits for it, is told so (fact B4). */
  deactivate(): void {
    this.#tasks.stop()
    this.#decider.end()
  }

  /** Losing the office is no fault; the quorum says so by the error of the protocol. */
  #fault(cause: unknown): void {
    this.#tasks.stop()
    if (!(cause instanceof ProtocolError)) this.#options.onFault(cause)
  }

  /** Facts B5, B65, B66, N-C22, N-C30. */
  #periodicTasks(): PeriodicTask[] {
    const { config, alone = false } = this.#options
    const elections = (decide: (image: MetadataImage, config: DecisionConfig) => Elections) => async () => {
      let more = false
      await this.#decider.run(() => {
        const decided = decide(this.image, config)
        more = decided.more
        return { records: decided.records, response: undefined, mayBeSplit: true }
      })
      return more
    }
    const noOp = async () => {
      await this.#decider.run(() => ({ records: [record('NoOpRecord', 0, {})], response: undefined }))
      return false
    }
    const tasks: PeriodicTask[] = [
      { intervalMs: config['broker.session.timeout.ms'] / SESSION_CHECKS, run: () => this.fenceSilentBroker() },
      { intervalMs: alone ? 0 : config['metadata.max.idle.interval.ms'], run: noOp },
      { intervalMs: config['unclean.leader.election.interval.ms'], run: elections(electUncleanly) },
    ]
    if (config['auto.leader.rebalance.enable']) {
      const intervalMs = config['leader.imbalance.check.interval.seconds'] * 1000
      tasks.push({ intervalMs, run: elections(balanceLeaders) })
    }
    return tasks.map(({ intervalMs, run }) => ({ intervalMs, run: () => run().catch(() => false) }))
  }

  /** @param access rights of the client; the broker's own operations have all */
  createTopics(
    request: CreateTopicsRequest,
    version: number,
    access = FULL_ACCESS,
  ): Promise<Input<typeof CreateTopicsResponse>> {
    void version
    return this.#decider.within(
      request.timeoutMs,
      this.#decider.run((context) => createTopics(this.image, request, context), access),
      (errorCode) => ({
        throttleTimeMs: 0,
        topics: request.topics.map(({ name }) => ({ name, errorCode, errorMessage: errorMessage(errorCode) })),
      }),
    )
  }

  /** One topic, as auto-creation and coordinators want it. */
  async createTopic(topic: TopicOnDemand): Promise<{ errorCode: ErrorCode; errorMessage: string | null }> {
    const wanted = { ...topic, configs: [...topic.configs], assignments: [] }
    const { topics } = await this.#decider.run((context) =>
      createTopics(this.image, { topics: [wanted], timeoutMs: 0, validateOnly: false }, context),
    )
    const [result] = topics
    return { errorCode: result!.errorCode as ErrorCode, errorMessage: result!.errorMessage ?? null }
  }

  deleteTopics(
    request: DeleteTopicsRequest,
    version: number,
    access = FULL_ACCESS,
  ): Promise<Input<typeof DeleteTopicsResponse>> {
    return this.#decider.within(
      request.timeoutMs,
      this.#decider.run((context) => deleteTopics(this.image, request, version, context), access),
      (errorCode) => ({
        throttleTimeMs: 0,
        responses: [...request.topics, ...request.topicNames.map((name) => ({ name }))].map((topic) => ({
          ...topic,
          errorCode,
          errorMessage: errorMessage(errorCode),
        })),
      }),
    )
  }

  createPartitions(request: CreatePartitionsRequest): Promise<Input<typeof CreatePartitionsResponse>> {
    return this.#decider.within(
      request.timeoutMs,
      this.#decider.run((context) => createPartitions(this.image, request, context)),
      (errorCode) => ({
        throttleTimeMs: 0,
        results: request.topics.map(({ name }) => ({ name, errorCode, errorMessage: errorMessage(errorCode) })),
      }),
    )
  }

  incrementalAlterConfigs(
    request: IncrementalAlterConfigsRequest,
  ): Promise<Input<typeof IncrementalAlterConfigsResponse>> {
    return this.#decider.run((context) => incrementalAlterConfigs(this.image, request, context))
  }

  alterConfigs(request: AlterConfigsRequest): Promise<Input<typeof AlterConfigsResponse>> {
    return this.#decider.run((context) => alterConfigs(this.image, request, context))
  }

  allocateProducerIds(request: AllocateProducerIdsRequest): Promise<Input<typeof AllocateProducerIdsResponse>> {
    return this.#decider.run(() => allocateProducerIds(this.image, request))
  }

  registerController(request: ControllerRegistrationRequest): Promise<Input<typeof ControllerRegistrationResponse>> {
    return this.#decider.run(() => registerController(this.image, request))
  }

  registerBroker(
    request: BrokerRegistrationRequest,
    version: number,
  ): Promise<Input<typeof BrokerRegistrationResponse>> {
    const { clusterId, kraftVersion, system } = this.#options
    const nowMs = system.clock.monotonicMs()
    return this.#decider.run((context) => {
      const decision = registerBroker(this.image, request, version, {
        ...context,
        clusterId,
        kraftVersion,
        isLive: (broker) => this.#sessions.isLive(broker, nowMs),
      })
      const { records, response } = decision
      if (records.length > 0) {
        this.#sessions.registered(request.brokerId, context.nextOffset + records.length - 1)
        this.#sessions.contact(request.brokerId, Number(response.brokerEpoch), nowMs)
      }
      return decision
    })
  }

  brokerHeartbeat(request: BrokerHeartbeatRequest): Promise<Input<typeof BrokerHeartbeatResponse>> {
    const { brokerId } = request
    const { config, image, system } = this.#options
    if (BigInt(this.image.cluster.brokers.get(brokerId)?.epoch ?? -1) === request.brokerEpoch) {
      const nowMs = system.clock.monotonicMs()
      this.#sessions.contact(brokerId, Number(request.brokerEpoch), nowMs, request.currentMetadataOffset)
    }
    return this.#decider.run(({ nextOffset }) => {
      const decision = brokerHeartbeat(this.image, request, {
        config,
        registrationOffset: this.#sessions.registrationOffset(brokerId, image.offset),
        shutdownSeenByAll: this.#sessions.isShutdownSeen(this.image, brokerId),
      })
      const { length } = decision.records
      if (request.wantShutDown) this.#sessions.shutsDown(brokerId, nextOffset + length - 1, length > 0)
      if (decision.response.shouldShutDown) this.#sessions.left(brokerId)
      return decision
    })
  }

  /** See unregister-broker.ts. */
  unregisterBroker(request: UnregisterBrokerRequest): Promise<Input<typeof UnregisterBrokerResponse>> {
    return this.#decider.run(({ config }) => unregisterBroker(this.image, request, config))
  }

  /** See assign-replicas.ts. */
  assignReplicasToDirs(request: AssignReplicasToDirsRequest): Promise<Input<typeof AssignReplicasToDirsResponse>> {
    return this.#decider.run(({ config }) => assignReplicasToDirs(this.image, request, config))
  }

  /**
   * Fences the broker that has been silent for longest, if one is past its session; true if there was one, and the
   * caller asks again at once. To be called every eighth of broker.session.timeout.ms (fact N-C22).
   */
  async fenceSilentBroker(): Promise<boolean> {
    const { config, system, logger } = this.#options
    const silent = this.#sessions.silentBroker(this.image, system.clock.monotonicMs())
    if (silent === undefined) return false
    logger.warn(`broker ${silent.id} was not heard of for ${config['broker.session.timeout.ms']} ms and is fenced`)
    await this.#decider.run(() => ({
      records: fenceBroker(this.image, silent, config),
      response: undefined,
      mayBeSplit: true,
    }))
    return true
  }

  /** See alter-partition.ts. */
  alterPartition(request: AlterPartitionRequest, version: number): Promise<Input<typeof AlterPartitionResponse>> {
    return this.#decider.run(({ config }) => alterPartition(this.image, request, version, config))
  }

  /** See elect-leaders.ts. */
  electLeaders(request: ElectLeadersRequest): Promise<Input<typeof ElectLeadersResponse>> {
    return this.#decider.within(
      request.timeoutMs,
      this.#decider.run(({ config }) => electLeaders(this.image, request, config)),
      (errorCode) => ({ throttleTimeMs: 0, errorCode, replicaElectionResults: [] }),
    )
  }

  /** See reassign-partitions.ts. */
  alterPartitionReassignments(
    request: AlterPartitionReassignmentsRequest,
  ): Promise<Input<typeof AlterPartitionReassignmentsResponse>> {
    return this.#decider.within(
      request.timeoutMs,
      this.#decider.run(({ config }) => alterPartitionReassignments(this.image, request, config)),
      (errorCode) => ({ throttleTimeMs: 0, errorCode, errorMessage: errorMessage(errorCode), responses: [] }),
    )
  }

  listPartitionReassignments(
    request: ListPartitionReassignmentsRequest,
  ): Input<typeof ListPartitionReassignmentsResponse> {
    this.#decider.ensureActive()
    return listPartitionReassignments(this.#options.committed?.() ?? this.image, request)
  }
}
