import { hostname } from 'node:os'
import { ErrorCode, ProtocolError } from '../../protocol/errors.ts'
import { Api } from '../api/index.ts'
import type { Services } from '../api/services.ts'
import { GROUP_METADATA_TOPIC } from '../api/topics.ts'
import { AssertionFailure } from '../base/assert.ts'
import type { Logger } from '../base/logger.ts'
import type { System } from '../base/ports.ts'
import type { Timer } from '../base/time.ts'
import { configRules } from '../controller/config-rules.ts'
import { Controller } from '../controller/controller.ts'
import { freshFeatureRecords } from '../controller/features.ts'
import { GroupCoordinator } from '../coordinator/group/group-coordinator.ts'
import { topicConfig } from '../log/config.ts'
import { type DirInfo, LogManager } from '../log/log-manager.ts'
import { EffectiveConfig } from '../metadata/effective-config.ts'
import { SUPPORTED_FEATURES } from '../metadata/features.ts'
import type { MetadataLoader } from '../metadata/loader.ts'
import type { Dispatch } from '../net/dispatch.ts'
import { parseListeners } from '../net/listener.ts'
import { NetServer, type OpenListener } from '../net/server.ts'
import { MetadataQuorum } from '../quorum/metadata-quorum.ts'
import { FetchSessionCache } from '../replica/fetch-session.ts'
import { ProducerIdManager } from '../replica/producer-id-manager.ts'
import { ReplicaManager } from '../replica/replica-manager.ts'
import { brokerConfig, ConfigError } from './config.ts'
import { coordinatorLog } from './coordinator-log.ts'
import { createTopics } from './create-topics.ts'
import { GroupElections } from './group-elections.ts'
import type { NodeSetup } from './options.ts'
import { joinCluster, leaveCluster } from './registration.ts'
import { topicDirectory } from './topic-directory.ts'

/** How long a node whose disks have failed goes on to say so to clients that wait for an answer. */
const DISKS_FAILED_MS = 1000

/**
 * One node, both broker and controller: constructs the rooms, plugs them into each other, and starts and stops them.
 *
 * Start: log directories are locked and loaded, the metadata log is replayed, ports are bound, the broker joins the
 * cluster, coordinators load, topics asked for are created, and then the first request is answered.
 */
export class Broker {
  readonly nodeId: number
  readonly #system: System
  readonly #setup: NodeSetup
  readonly #logger: Logger
  readonly #onFatal: (error: Error) => void
  readonly #configs: EffectiveConfig
  #rooms: Rooms | undefined
  #brokerEpoch = -1n
  #failing: Timer | undefined

  /** `onFatal`: an impossible state was reached, or its disks have failed (a DiskError); the node must not go on. */
  constructor(system: System, setup: NodeSetup, logger: Logger, onFatal: (error: Error) => void) {
    this.#system = system
    this.#setup = setup
    this.#logger = logger
    this.#onFatal = onFatal
    const { values, given } = setup.config
    this.nodeId = values['node.id']
    this.#configs = new EffectiveConfig(this.nodeId, {
      topicTable: topicConfig,
      brokerTable: brokerConfig,
      given,
      values,
    })
  }

  get clusterId(): string {
    return this.#rooms?.logs.clusterId ?? ''
  }

  get listeners(): readonly OpenListener[] {
    return this.#rooms?.server.listeners ?? []
  }

  /** Resolves when requests are answered. On failure everything that was taken is given back. */
  async start(): Promise<void> {
    try {
      await this.#start()
    } catch (error) {
      await this.stop()
      throw error
    }
  }

  async #start(): Promise<void> {
    const rooms = this.#plug()
    this.#rooms = rooms
    const { quorum, loader, controller, replicas, elections, logs, server } = rooms
    loader.subscribe((delta, image) => elections.apply(delta, replicas.apply(delta, image)))
    await controller.activate(quorum.bootstrapRecords, loader.transactionOpen)
    logs.retainOnly(({ topic, partition, topicId }) => {
      const known = loader.image.topics.byName.get(topic)
      return known?.id === topicId && known.partitions.get(partition)?.replicas.includes(this.nodeId) === true
    })
    await server.open()
    this.#brokerEpoch = await joinCluster(
      controller,
      {
        nodeId: this.nodeId,
        clusterId: this.clusterId,
        rack: this.#setup.config.values['broker.rack'],
        logDirs: logs.dirs.flatMap(({ id }) => id ?? []),
        previousBrokerEpoch: logs.lastBrokerEpoch ?? -1n,
      },
      server.listeners,
      this.#system,
      () => loader.image.offset,
    )
    await createTopics(controller, this.#setup.topics)
    await elections.settled()
    server.serve()
  }

  /** Stops answering, hands over, flushes, and lets go of every socket, timer and file. */
  async stop(): Promise<void> {
    const rooms = this.#rooms
    this.#rooms = undefined
    this.#failing?.cancel()
    if (!rooms) return
    const { server, groups, controller, replicas, logs, quorum, loader } = rooms
    await server.close()
    groups.shutdown()
    if (this.#brokerEpoch >= 0n)
      await leaveCluster(controller, this.nodeId, this.#brokerEpoch, () => loader.image.offset)
    replicas.shutdown()
    await logs.shutdown(this.#brokerEpoch)
    await quorum.close()
  }

  #plug(): Rooms {
    const { config, dataDirs, clusterId: wantedClusterId } = this.#setup
    const { values } = config
    const { clock, timers, random } = this.#system
    const system = this.#system
    const logger = this.#logger
    const fatal = (cause: unknown) => this.#onFatal(cause instanceof Error ? cause : new Error(String(cause)))
    const listeners = this.#clientListeners()
    const logs = LogManager.open({
      system,
      dirs: dataDirs,
      config: values,
      logger,
      identity: { nodeId: this.nodeId, clusterId: wantedClusterId },
    })
    const clusterId = logs.clusterId!
    const metadataDir = logs.dirs.find(({ path }) => path === (values['metadata.log.dir'] ?? dataDirs[0]))
    const quorum = this.#openQuorum(logs, metadataDir!, fatal)
    logs.onDirFailure((dir, error) => {
      if (dir === metadataDir!.path || logs.dirs.every(({ isOnline }) => !isOnline)) this.#disksFailed(error)
    })
    const { loader } = quorum
    const image = () => loader.image
    const controller = new Controller({
      nodeId: this.nodeId,
      clusterId,
      image: loader.image,
      log: quorum,
      rules: configRules({ topic: topicConfig, broker: brokerConfig }, this.#configs),
      config: values,
      system,
      logger,
      kraftVersion: quorum.kraftVersion,
      onFault: fatal,
    })
    const replicas = new ReplicaManager({
      brokerId: this.nodeId,
      system,
      config: values,
      logs,
      topicConfig: (image, topic) => this.#configs.topicValues(topicConfig, image, topic),
      logger,
      unsentBytes: () => server.unsentBytes,
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
    const services: Services = {
      nodeId: this.nodeId,
      clusterId,
      config: values,
      configs: this.#configs,
      clock,
      logger,
      image,
      replicas,
      fetchSessions: new FetchSessionCache({
        clock,
        random,
        slots: values['max.incremental.fetch.session.cache.slots'],
      }),
      groups,
      producerIds: new ProducerIdManager(() => this.#allocateProducerIds(controller)),
      controller,
      isActiveController: () => true,
      forward: async () => ErrorCode.NOT_CONTROLLER,
      createTopic: (topic) => controller.createTopic(topic),
      controllerId: () => this.nodeId,
      supportedFeatures: [...SUPPORTED_FEATURES].map(([name, { min, max }]) => ({
        name,
        minVersion: min,
        maxVersion: max,
      })),
    }
    const api = new Api(services, 'broker')
    const server = new NetServer({
      system,
      logger,
      config: values,
      listeners,
      hostName: hostname(),
      dispatch: this.#guarded(api.dispatch),
      pipelined: api.pipelined,
    })
    return { logs, quorum, loader, controller, replicas, groups, elections: new GroupElections(groups), server }
  }

  /** What was locked is given back where the metadata log cannot be used: nobody else knows of `logs` yet. */
  #openQuorum(logs: LogManager, dir: DirInfo, onFailure: (cause: unknown) => void): MetadataQuorum {
    try {
      return MetadataQuorum.open({
        environment: logs.environment,
        dir: dir.path,
        nodeId: this.nodeId,
        directoryId: dir.id!,
        config: this.#setup.config.values,
        endpoints: [],
        freshRecords: freshFeatureRecords,
        onFailure,
      })
    } catch (error) {
      logs.abandon()
      throw error
    }
  }

  /** Without its metadata, or without any directory, a node halts (fact B84); a supervisor can do something about it. */
  #disksFailed(error: Error): void {
    this.#failing ??= this.#system.timers.after(DISKS_FAILED_MS, () => this.#onFatal(error))
  }

  /** An impossible state stops the node; it is not for the connection that met it to hide. */
  #guarded(dispatch: Dispatch): Dispatch {
    return async (request) => {
      try {
        return await dispatch(request)
      } catch (error) {
        if (error instanceof AssertionFailure) this.#onFatal(error)
        throw error
      }
    }
  }

  async #allocateProducerIds(controller: Controller): Promise<{ first: number; length: number }> {
    const { errorCode, producerIdStart, producerIdLen } = await controller.allocateProducerIds({
      brokerId: this.nodeId,
      brokerEpoch: this.#brokerEpoch,
    })
    if (errorCode !== ErrorCode.NONE) throw new ProtocolError(errorCode as ErrorCode)
    return { first: Number(producerIdStart), length: producerIdLen }
  }

  /** All but the controller's own listeners: there is nobody yet to talk to on those. */
  #clientListeners() {
    const { values } = this.#setup.config
    const controllerNames = (values['controller.listener.names'] ?? '')
      .split(',')
      .map((name) => name.trim().toUpperCase())
    const { listeners, errors } = parseListeners(
      values,
      controllerNames.filter((name) => name !== ''),
    )
    if (errors.length > 0) throw new ConfigError(`${errors.join('.\n')}.`)
    const clients = listeners.filter(({ name }) => !controllerNames.includes(name))
    if (clients.length === 0) throw new ConfigError('listeners: there is no listener for clients.')
    return clients
  }
}

/** What a running node consists of. */
interface Rooms {
  readonly logs: LogManager
  readonly quorum: MetadataQuorum
  readonly loader: MetadataLoader
  readonly controller: Controller
  readonly replicas: ReplicaManager
  readonly groups: GroupCoordinator
  readonly elections: GroupElections
  readonly server: NetServer
}
