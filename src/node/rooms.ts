import { hostname } from 'node:os'
import { ErrorCode, ProtocolError } from '../../protocol/errors.ts'
import { Api } from '../api/index.ts'
import type { Services } from '../api/services.ts'
import { GROUP_METADATA_TOPIC } from '../api/topics.ts'
import { AssertionFailure } from '../base/assert.ts'
import type { Logger } from '../base/logger.ts'
import type { System } from '../base/ports.ts'
import { configRules } from '../controller/config-rules.ts'
import { Controller, type TopicOnDemand } from '../controller/controller.ts'
import { GroupCoordinator } from '../coordinator/group/group-coordinator.ts'
import { topicConfig } from '../log/config.ts'
import type { LogManager } from '../log/log-manager.ts'
import { SUPPORTED_FEATURES } from '../metadata/features.ts'
import type { MetadataLoader } from '../metadata/loader.ts'
import type { Dispatch } from '../net/dispatch.ts'
import { NetServer, type OpenListener } from '../net/server.ts'
import type { MetadataQuorum } from '../quorum/metadata-quorum.ts'
import { FetchSessionCache } from '../replica/fetch-session.ts'
import { ProducerIdManager } from '../replica/producer-id-manager.ts'
import { ReplicaManager } from '../replica/replica-manager.ts'
import { authorizerOf } from '../security/authorizer.ts'
import { ANONYMOUS } from '../security/principal.ts'
import type { SaslServer } from '../security/sasl-server.ts'
import { BrokerLifecycle } from './broker-lifecycle.ts'
import { brokerLinks } from './broker-links.ts'
import { brokerConfig } from './config.ts'
import { ControllerChannel } from './controller-channel.ts'
import { ControllerEnlistment } from './controller-enlistment.ts'
import { ControllerRole } from './controller-role.ts'
import { coordinatorLog } from './coordinator-log.ts'
import { DirectoryAssignments } from './directory-assignments.ts'
import { Forwarder } from './forwarder.ts'
import { GroupElections } from './group-elections.ts'
import { ImageWatch } from './image-watch.ts'
import type { NodeListeners } from './listeners.ts'
import type { LiveConfig } from './live-config.ts'
import { Measurements } from './metrics/measurements.ts'
import type { NodeSetup } from './options.ts'
import { rebalancing } from './rebalancing.ts'
import type { NodeLogins } from './sasl.ts'
import { topicDirectory } from './topic-directory.ts'

/** How long a broker waits for a topic that it asked for, and for its leaders, to appear in its image. */
const TOPIC_APPEARS_MS = 5000
const TOPIC_CREATION_MS = 30_000
/** The same while a client waits, whose other requests wait behind the one that wants the topic. */
const TOPIC_ON_DEMAND_MS = 5000
const PRODUCER_IDS_MS = 5000
/** Nobody waits for the answer, and the next try is made with what holds then. */
const ALTER_PARTITION_MS = 30_000
const CREATE_TOPICS = 19
const ALTER_PARTITION = 56
const ALLOCATE_PRODUCER_IDS = 67

/** What there is before anything is plugged: the disk is locked and loaded, the quorum open, controllers' ports bound. */
export interface Foundations {
  readonly system: System
  readonly setup: NodeSetup
  readonly live: LiveConfig
  readonly logger: Logger
  readonly listeners: NodeListeners
  /** Undefined where no listener asks its clients who they are. */
  readonly saslServer: SaslServer | undefined
  /** Where other nodes ask who comes. */
  readonly logins: NodeLogins
  readonly logs: LogManager
  readonly quorum: MetadataQuorum
  /** Bound; none for a controller that nobody else has to reach. */
  readonly controllerListeners: readonly OpenListener[]
  onFatal(cause: unknown): void
}

/** What a running node consists of. */
export interface Rooms {
  readonly logs: LogManager
  readonly quorum: MetadataQuorum
  readonly loader: MetadataLoader
  readonly role: ControllerRole
  readonly replicas: ReplicaManager
  readonly groups: GroupCoordinator
  readonly elections: GroupElections
  readonly lifecycle: BrokerLifecycle
  readonly assignments: DirectoryAssignments
  readonly watch: ImageWatch
  readonly channels: readonly ControllerChannel[]
  /** Answers brokers and other controllers; its ports are the quorum's endpoints. */
  readonly controllerDispatch: Dispatch
  readonly server: NetServer
  readonly measurements: Measurements
  createTopic(topic: TopicOnDemand): Promise<{ errorCode: ErrorCode; errorMessage: string | null }>
}

/** Constructs the rooms of a node and plugs them into each other. Nothing runs yet. */
export function plug(foundations: Foundations): Rooms {
  const { system, setup, live, logger, listeners, logs, quorum, logins } = foundations
  const { features = SUPPORTED_FEATURES } = setup
  const { values, effective: configs } = live
  const { clock, timers, random } = system
  const nodeId = values['node.id']
  const clusterId = logs.clusterId!
  const { loader } = quorum
  const image = () => loader.image
  const watch = new ImageWatch(loader, timers)
  const measurements = new Measurements(clock)
  quorum.onLeaderChange((leader) => {
    measurements.leaderChanged(leader)
    for (const channel of channels) channel.leaderChanged()
  })

  let isCaughtUp = false
  void quorum.caughtUp().then(() => {
    isCaughtUp = true
    // What is read of the log until then happened in an earlier life, or before there was one.
    loader.subscribe((delta) => measurements.controller.count(delta))
  })

  const role = new ControllerRole({
    logger,
    onFault: foundations.onFatal,
    activate: (controller) => controller.activate(quorum.bootstrapRecords, loader.transactionOpen),
    make: () =>
      new Controller({
        nodeId,
        clusterId,
        image: loader.image,
        log: measurements.timed(quorum),
        counters: measurements.controller,
        rules: configRules({ topic: topicConfig, broker: brokerConfig }, configs),
        // What nobody set in the cluster is decided by its own file.
        config: setup.config.values,
        system,
        logger,
        kraftVersion: quorum.kraftVersion,
        voterIds: () => quorum.voters.map(({ id }) => id),
        onFault: foundations.onFatal,
        onConfusion: () => quorum.resign(),
        committed: image,
        alone: quorum.voters.length === 1,
      }),
    accompany: (controller) =>
      rebalancing(controller, {
        system,
        nodeId,
        listener: listeners.interBroker,
        login: logins.toBrokers,
        config: setup.config.values,
        logger,
        image,
      }),
  })

  const channels: ControllerChannel[] = []
  /** Requests of one kind have a connection of their own, so that none of them waits behind another kind. */
  const channel = (purpose: string): ControllerChannel => {
    const made = new ControllerChannel({
      system,
      nodeId,
      clientId: `broker-${nodeId}-${purpose}`,
      login: logins.toControllers,
      leader: () => quorum.leader,
      callLocal: (key, body) => controllerApi.call(key, body),
    })
    channels.push(made)
    return made
  }
  const requests = channel('to-controller')
  const alterations = channel('alter-partition')
  const forwarder = new Forwarder(channel('forwarding'))

  const replicas = new ReplicaManager({
    brokerId: nodeId,
    system,
    config: values,
    logs,
    topicConfig: (image, topic) => configs.topicValues(topicConfig, image, topic),
    logger,
    unsentBytes: () => server.unsentBytes,
    directoryReports: () => assignments,
    replication: {
      links: brokerLinks({
        system,
        nodeId,
        listener: listeners.interBroker,
        config: values,
        login: logins.toBrokers,
        image,
      }),
      controller: {
        alterPartition: (request) => alterations.send(ALTER_PARTITION, request, { timeoutMs: ALTER_PARTITION_MS }),
      },
      brokerEpoch: () => Number(lifecycle.epoch),
    },
  })
  const groups = new GroupCoordinator({
    config: values,
    log: coordinatorLog(replicas, GROUP_METADATA_TOPIC),
    topics: topicDirectory(image),
    clock,
    timers,
    random,
    logger,
    partitionCount: () =>
      image().topics.byName.get(GROUP_METADATA_TOPIC)?.partitions.size ?? values['offsets.topic.num.partitions'],
  })
  const lifecycle = new BrokerLifecycle({
    system,
    logger,
    channel: channel('heartbeat'),
    config: values,
    nodeId,
    clusterId,
    features,
    rack: values['broker.rack'],
    logDirs: logs.dirs.flatMap(({ id }) => id ?? []),
    previousBrokerEpoch: logs.lastBrokerEpoch ?? -1n,
    metadataOffset: () => loader.image.offset,
    cordonedLogDirs: () => logs.cordonedDirs,
    offlineLogDirs: () => logs.dirs.flatMap(({ id, isOnline }) => (isOnline || id === undefined ? [] : [id])),
  })

  const assignments = new DirectoryAssignments({
    nodeId,
    timers,
    directoryOf: (topic, index) => replicas.directoryOf(topic, index),
    channel: channel('directories'),
    brokerEpoch: () => lifecycle.epoch,
  })

  const createTopic = async (topic: TopicOnDemand, timeoutMs = TOPIC_CREATION_MS) => {
    const wanted = { ...topic, configs: [...topic.configs], assignments: [] }
    const request = { topics: [wanted], timeoutMs, validateOnly: false }
    const { topics } = await requests.send(CREATE_TOPICS, request, { timeoutMs })
    const { errorCode, errorMessage } = topics[0]!
    if (errorCode === ErrorCode.NONE || errorCode === ErrorCode.TOPIC_ALREADY_EXISTS)
      await watch.until(({ topics }) => topics.byName.has(topic.name), TOPIC_APPEARS_MS)
    return { errorCode: errorCode as ErrorCode, errorMessage }
  }
  const services: Services = {
    nodeId,
    clusterId,
    config: values,
    configs,
    clock,
    logger,
    // Half of the log could leave out the entry that forbids something.
    authorizer: authorizerOf(values, () => (isCaughtUp ? image().security.acls : undefined)),
    image,
    replicas,
    logDirs: () => logs.usage(),
    fetchSessions: new FetchSessionCache({
      clock,
      random,
      slots: values['max.incremental.fetch.session.cache.slots'],
    }),
    groups,
    producerIds: new ProducerIdManager(async () => {
      const request = { brokerId: nodeId, brokerEpoch: lifecycle.epoch }
      const { errorCode, producerIdStart, producerIdLen } = await requests.send(ALLOCATE_PRODUCER_IDS, request, {
        timeoutMs: PRODUCER_IDS_MS,
      })
      if (errorCode !== ErrorCode.NONE) throw new ProtocolError(errorCode as ErrorCode)
      return { first: Number(producerIdStart), length: producerIdLen }
    }),
    get controller() {
      return role.controller
    },
    quorum,
    isActiveController: () => role.isActive,
    forward: (frame, connection) => forwarder.forward(frame, connection),
    createTopic: (topic) => createTopic(topic, TOPIC_ON_DEMAND_MS),
    controllerId: () => nodeId,
    kraftVersion: () => quorum.kraftVersion,
    supportedFeatures: [...features].map(([name, { min, max }]) => ({
      name,
      minVersion: min,
      maxVersion: max,
    })),
  }

  const controllerApi = new Api(services, 'controller')
  const brokerApi = new Api(services, 'broker')
  const dispatch = guarded(brokerApi.dispatch, foundations.onFatal)
  const isMeasured = values['odradek.admin.listener'] !== null
  const server = new NetServer({
    system,
    logger,
    config: values,
    listeners: listeners.clients,
    hostName: hostname(),
    principal: ANONYMOUS,
    dispatch: isMeasured ? measurements.requests.measured(dispatch) : dispatch,
    gate: (listener) => foundations.saslServer?.gate(listener),
    pipelined: brokerApi.pipelined,
    borrows: brokerApi.borrows,
    slabs: logs.environment.slabs,
  })
  if (foundations.controllerListeners.length > 0) {
    const enlistment = new ControllerEnlistment({
      nodeId,
      system,
      features,
      channel: channel('enlistment'),
      listeners: () => foundations.controllerListeners,
    })
    loader.subscribe(() => timers.soon(() => enlistment.apply(loader.image)))
  }
  loader.subscribe((delta, image) => {
    if (!live.apply(delta, image)) return
    server.reconfigure(values)
    // Not from within: what the controller decides on it would be published while this still is.
    timers.soon(() => lifecycle.reportNow())
  })
  return {
    logs,
    quorum,
    loader,
    role,
    replicas,
    groups,
    elections: new GroupElections(groups),
    lifecycle,
    assignments,
    watch,
    channels,
    controllerDispatch: guarded(controllerApi.dispatch, foundations.onFatal),
    server,
    measurements,
    createTopic,
  }
}

/** An impossible state stops the node; it is not for the connection that met it to hide. */
function guarded(dispatch: Dispatch, onFatal: (cause: unknown) => void): Dispatch {
  return async (request) => {
    try {
      return await dispatch(request)
    } catch (error) {
      if (error instanceof AssertionFailure) onFatal(error)
      throw error
    }
  }
}
