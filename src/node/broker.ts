import { hostname } from 'node:os'
import { ErrorCode } from '../../protocol/errors.ts'
import type { Logger } from '../base/logger.ts'
import type { HostPort } from '../base/network.ts'
import type { System } from '../base/ports.ts'
import type { Timer } from '../base/time.ts'
import { freshFeatureRecords } from '../controller/features.ts'
import type { Log } from '../log/log.ts'
import { type DirInfo, LogManager } from '../log/log-manager.ts'
import { DIRECTORY } from '../metadata/directory-id.ts'
import type { Dispatch } from '../net/dispatch.ts'
import { NetServer, type OpenListener } from '../net/server.ts'
import { MetadataQuorum } from '../quorum/metadata-quorum.ts'
import { ANONYMOUS } from '../security/principal.ts'
import type { SaslServer } from '../security/sasl-server.ts'
import { openAdmin } from './admin.ts'
import type { AdminServer } from './admin-server.ts'
import { ConfigError } from './config.ts'
import type { TopicToCreate } from './config-sources.ts'
import { isBroker, isController, type NodeListeners, nodeListeners } from './listeners.ts'
import { LiveConfig } from './live-config.ts'
import type { NodeSetup } from './options.ts'
import { quorumPeers } from './quorum-peers.ts'
import { plug, type Rooms } from './rooms.ts'
import { type NodeLogins, type NodeSasl, nodeLogins, nodeSasl, saslServer } from './sasl.ts'
import { warnUnlessSuper } from './super-nodes.ts'

/** How long a node whose disks have failed goes on to say so to clients that wait for an answer. */
const DISKS_FAILED_MS = 1000
/** Between two words of a broker that has found no quorum. */
const STILL_WAITING_MS = 5000
/** How long a broker that goes waits for the controller to move its leadership, with and without others to move it to. */
const LEAVE_MS = { alone: 1000, inCluster: 30_000 }

/**
 * One node: broker, controller, or both, as process.roles says.
 *
 * Start: log directories are locked and loaded, controllers' ports are bound and the quorum opens and elects, clients'
 * ports are bound, the broker catches up with the metadata log, registers and is unfenced, coordinators load, topics
 * asked for are created, and then the first client is answered.
 */
export class Broker {
  readonly nodeId: number
  readonly #system: System
  readonly #setup: NodeSetup
  readonly #logger: Logger
  readonly #onFatal: (error: Error) => void
  readonly #roles: { readonly broker: boolean; readonly controller: boolean }
  readonly #live: LiveConfig
  #listeners: NodeListeners | undefined
  #sasl: NodeSasl | undefined
  #logins: NodeLogins | undefined
  #saslServer: SaslServer | undefined
  #logs: LogManager | undefined
  #controllerServer: NetServer | undefined
  /** Until the rooms are plugged, requests to the controller wait for them. */
  #controllerDispatch: Dispatch | undefined
  #quorum: MetadataQuorum | undefined
  #rooms: Rooms | undefined
  #failing: Timer | undefined
  #stopping = false
  #hasLeft = false
  #serves = false
  #admin: AdminServer | undefined

  /** `onFatal`: an impossible state was reached, or its disks have failed (a DiskError); the node must not go on. */
  constructor(system: System, setup: NodeSetup, logger: Logger, onFatal: (error: Error) => void) {
    this.#system = system
    this.#setup = setup
    this.#logger = logger
    this.#onFatal = onFatal
    const { values } = setup.config
    this.nodeId = values['node.id']
    this.#live = new LiveConfig(setup.config, logger)
    this.#roles = { broker: isBroker(values), controller: isController(values) }
  }

  get clusterId(): string {
    return this.#logs?.clusterId ?? ''
  }

  /** Those for clients. */
  get listeners(): readonly OpenListener[] {
    return this.#rooms?.server.listeners ?? []
  }

  /** Where other nodes reach this controller; undefined where it has no listener for them. */
  get controllerEndpoint(): HostPort | undefined {
    return this.#controllerServer?.listeners[0]?.advertised
  }

  /** There are other nodes that it hands over to when it stops. */
  get hasCompany(): boolean {
    const { values } = this.#setup.config
    const isMember =
      values['controller.quorum.voters'].length > 1 || values['controller.quorum.bootstrap.servers'].length > 0
    return isMember || !this.#roles.controller || !this.#roles.broker
  }

  /** Where GET /metrics and /health are answered; undefined where they are not. */
  get adminAddress(): HostPort | undefined {
    return this.#admin?.address
  }

  /** What it consists of, once it has started: for tests that look inside. */
  get rooms(): Rooms | undefined {
    return this.#rooms
  }

  /**
   * Takes what it needs before others are needed: directories and the controller's ports. `start` does it too; whoever
   * starts several nodes with ports that the system chooses has to know them all before the first one starts.
   */
  async bind(): Promise<void> {
    if (this.#logs) return
    this.#listeners = nodeListeners(this.#setup.config.values)
    const sasl = nodeSasl(this.#setup.config, this.#listeners, !this.hasCompany)
    this.#sasl = sasl
    this.#logins = nodeLogins(this.#system, sasl, this.#logger)
    this.#saslServer = saslServer(this.#system, sasl, () => this.#quorum?.loader.image)
    this.#logs = this.#openLogs()
    this.#admin = await openAdmin({
      config: this.#live.values,
      clock: this.#system.clock,
      rooms: () => this.#rooms,
      status: () => (this.#stopping || this.#hasLeft ? 'stopping' : this.#serves ? 'ok' : 'starting'),
    })
    if (this.#listeners.controllers.length === 0) return
    this.#controllerServer = new NetServer({
      system: this.#system,
      logger: this.#logger,
      config: this.#setup.config.values,
      listeners: this.#listeners.controllers,
      hostName: hostname(),
      principal: ANONYMOUS,
      dispatch: (request) => this.#controllerDispatch!(request),
      gate: (listener) => this.#saslServer?.gate(listener),
      pipelined: () => false,
    })
    await this.#controllerServer.open()
  }

  /**
   * Resolves when requests are answered. On failure everything that was taken is given back.
   * @param voters controller.quorum.voters, where it was not known before the ports were
   */
  async start(voters?: readonly string[]): Promise<void> {
    try {
      await this.bind()
      await this.#start(voters)
    } catch (error) {
      await this.stop()
      throw error
    }
  }

  async #start(voters: readonly string[] | undefined): Promise<void> {
    const logs = this.#logs!
    const hasCompany = this.hasCompany || (voters !== undefined && voters.length > 1)
    if (hasCompany) warnUnlessSuper(this.#setup.config.values, this.#sasl!, this.#logger)
    this.#quorum = this.#openQuorum(logs, voters)
    const rooms = plug({
      system: this.#system,
      setup: this.#setup,
      live: this.#live,
      logger: this.#logger,
      listeners: this.#listeners!,
      saslServer: this.#saslServer,
      logins: this.#logins!,
      logs,
      quorum: this.#quorum,
      controllerListeners: this.#controllerServer?.listeners ?? [],
      onFatal: (cause) => this.#fatal(cause),
    })
    this.#rooms = rooms
    this.#controllerDispatch = rooms.controllerDispatch
    this.#controllerServer?.serve()
    const { quorum, role } = rooms
    if (this.#roles.controller) {
      quorum.onClaim((epoch) => void role.claim(epoch))
      quorum.onResign(() => role.resign())
    }
    quorum.start()
    if (this.#roles.broker) await this.#startBroker(rooms)
    this.#serves = true
  }

  async #startBroker(rooms: Rooms): Promise<void> {
    const { quorum, loader, replicas, elections, logs, server, lifecycle, assignments } = rooms
    const bound = server.open()
    // What is told of the cluster before this node has all of it could make it lead what it no longer leads (C14, C24).
    await Promise.all([bound, this.#catchUp(quorum)])
    // Nor what was so before it was registered: the controller takes its leadership away with the registration (B30).
    await lifecycle.register(server.listeners)
    const placed = ({ topic, partition, topicId }: Log) => {
      const known = loader.image.topics.byName.get(topic)
      const image = known?.id === topicId ? known.partitions.get(partition) : undefined
      return image?.replicas.includes(this.nodeId) ? image : undefined
    }
    logs.retainOnly((log) => placed(log) !== undefined)
    logs.promoteFutures((log, dirId) => {
      const image = placed(log)
      const home = image?.directories[image.replicas.indexOf(this.nodeId)]
      if (home === undefined || dirId === undefined) return false
      // A cluster that keeps no directories (KIP-858) cannot say: it holds where no other copy could be.
      const isComplete = logs.dirs.filter(({ isOnline }) => isOnline).length === this.#setup.dataDirs.length
      return home === dirId || (home === DIRECTORY.MIGRATING && isComplete)
    })
    loader.subscribe((delta, image) => {
      // Once it stops, its logs are being closed while the quorum still tells what happens.
      if (this.#rooms === undefined) return
      const changes = replicas.apply(delta, image)
      elections.apply(delta, changes)
      assignments.apply(changes)
    })
    await lifecycle.join()
    await this.createTopics(this.#setup.topics)
    await elections.settled()
    server.serve()
  }

  /** It waits as long as it takes: controllers may start after brokers. But whoever looks on is told for what. */
  async #catchUp(quorum: MetadataQuorum): Promise<void> {
    const { values } = this.#setup.config
    const told = () => {
      if (this.#stopping) return
      const { id, epoch } = quorum.leader
      const problem =
        id < 0 ? 'no controller leads the quorum yet' : `controller ${id} leads, and its log is not here yet`
      this.#logger.warn(`still waiting to catch up with the cluster: ${problem}`, {
        epoch,
        voters: values['controller.quorum.voters'].join(),
        bootstrapServers: values['controller.quorum.bootstrap.servers'].join(),
      })
      waiting = this.#system.timers.after(STILL_WAITING_MS, told)
    }
    let waiting = this.#system.timers.after(STILL_WAITING_MS, told)
    await quorum.caughtUp()
    waiting.cancel()
  }

  /** Topics that are to be there; one that exists stays as it is. Throws ConfigError. */
  async createTopics(topics: readonly TopicToCreate[]): Promise<void> {
    for (const { name, partitions, replicationFactor, configs } of topics) {
      const { errorCode, errorMessage } = await this.#rooms!.createTopic({
        name,
        numPartitions: partitions,
        replicationFactor,
        configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
      })
      if (errorCode !== ErrorCode.NONE && errorCode !== ErrorCode.TOPIC_ALREADY_EXISTS)
        throw new ConfigError(`Topic ${name} could not be created: ${errorMessage ?? errorCode}`)
    }
  }

  /** Hands over what it leads and stops answering clients. As a controller it goes on. */
  async leave(): Promise<void> {
    const rooms = this.#rooms
    if (!rooms || this.#hasLeft || !this.#roles.broker) return
    this.#hasLeft = true
    const { server, groups, lifecycle, replicas } = rooms
    const alone = this.#isAlone(rooms)
    if (!alone || !this.#roles.controller || rooms.quorum.voters.length > 1) {
      replicas.beginControlledShutdown()
      await lifecycle.leave(alone ? LEAVE_MS.alone : LEAVE_MS.inCluster)
      await server.close()
    } else {
      // Nobody to hand over to, and nobody a client could turn to that is told that this broker leads no more.
      await server.close()
      lifecycle.stop()
    }
    groups.shutdown()
    replicas.shutdown()
  }

  /**
   * Leaves, flushes, and lets go of every socket, timer and file.
   * @param handOver false: all controllers stop, and nobody is there to take over from this one
   */
  async stop({ handOver = true }: { handOver?: boolean } = {}): Promise<void> {
    if (this.#stopping) return
    this.#stopping = true
    this.#failing?.cancel()
    await this.leave()
    const rooms = this.#rooms
    this.#rooms = undefined
    if (rooms) {
      const { lifecycle, logs, role, channels } = rooms
      for (const channel of channels) channel.close()
      role.resign()
      if (handOver) await this.#quorum!.leave()
      await logs.shutdown(lifecycle.epoch)
    } else {
      this.#logs?.abandon()
    }
    await this.#controllerServer?.close()
    await this.#quorum?.close()
    await this.closeAdmin()
  }

  /** The pages for those who watch; for a node that is killed, too. */
  closeAdmin(): Promise<void> {
    const admin = this.#admin
    this.#admin = undefined
    return admin?.close() ?? Promise.resolve()
  }

  #isAlone({ loader }: Rooms): boolean {
    return [...loader.image.cluster.brokers.values()].every(({ id, fenced }) => id === this.nodeId || fenced)
  }

  #openLogs(): LogManager {
    const { dataDirs, clusterId, freshClusterId } = this.#setup
    const logs = LogManager.open({
      system: this.#system,
      dirs: dataDirs,
      config: this.#live.values,
      logger: this.#logger,
      identity: { nodeId: this.nodeId, clusterId, freshClusterId },
    })
    logs.onDirFailure((dir, error) => {
      const isMetadata = dir === this.#metadataDir(logs).path
      if (isMetadata || logs.dirs.every(({ isOnline }) => !isOnline)) this.#disksFailed(error)
      else this.#rooms?.lifecycle.reportNow()
    })
    return logs
  }

  #metadataDir(logs: LogManager): DirInfo {
    const wanted = this.#setup.config.values['metadata.log.dir'] ?? this.#setup.dataDirs[0]
    const found = logs.dirs.find(({ path }) => path === wanted)
    if (found === undefined)
      throw new ConfigError(`metadata.log.dir: ${wanted} is none of log.dirs, and has to be one.`)
    return found
  }

  #openQuorum(logs: LogManager, voters: readonly string[] | undefined): MetadataQuorum {
    const dir = this.#metadataDir(logs)
    const config = this.#setup.config.values
    return MetadataQuorum.open({
      environment: logs.environment,
      dir: dir.path,
      nodeId: this.nodeId,
      directoryId: dir.id!,
      clusterId: logs.clusterId!,
      isController: this.#roles.controller,
      config: voters ? { ...config, 'controller.quorum.voters': voters } : config,
      endpoints: (this.#controllerServer?.listeners ?? []).map(({ name, advertised }) => ({ name, ...advertised })),
      freshRecords: freshFeatureRecords,
      peers: quorumPeers(this.#system, this.nodeId, this.#logins?.toControllers),
      onFailure: (cause) => this.#fatal(cause),
    })
  }

  #fatal(cause: unknown): void {
    this.#onFatal(cause instanceof Error ? cause : new Error(String(cause)))
  }

  /** Without its metadata, or without any directory, a node halts (fact B84); a supervisor can do something about it. */
  #disksFailed(error: Error): void {
    this.#failing ??= this.#system.timers.after(DISKS_FAILED_MS, () => this.#onFatal(error))
  }
}
