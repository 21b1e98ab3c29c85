import type { ApiKey } from '../../protocol/api/index.ts'
import type { ErrorCode } from '../../protocol/errors.ts'
import type { ConfigOf } from '../base/config.ts'
import type { Logger } from '../base/logger.ts'
import type { System } from '../base/ports.ts'
import type { Controller, TopicOnDemand } from '../controller/controller.ts'
import type { groupConfig } from '../coordinator/group/config.ts'
import type { GroupCoordinator } from '../coordinator/group/group-coordinator.ts'
import type { EffectiveConfig } from '../metadata/effective-config.ts'
import type { MetadataImage } from '../metadata/image.ts'
import type { FetchSessionCache } from '../replica/fetch-session.ts'
import type { ProducerIdManager } from '../replica/producer-id-manager.ts'
import type { ReplicaManager } from '../replica/replica-manager.ts'
import type { Authorizer } from '../security/authorizer.ts'
import type { apiConfig } from './config.ts'
import type { ClientConnection } from './handler.ts'

export interface LogDirUsage {
  readonly path: string
  readonly isOnline: boolean
  /** Gets no new replicas (KIP-1066). */
  readonly isCordoned: boolean
  /** Of the whole volume; -1 where the system does not say. */
  readonly totalBytes: number
  readonly usableBytes: number
  /** None where the directory is offline. */
  readonly logs: readonly {
    readonly topic: string
    readonly partition: number
    readonly sizeBytes: number
    readonly logEndOffset: number
    readonly highWatermark: number
    /** On its way to this directory (KIP-113). */
    readonly isFuture: boolean
  }[]
}

/** What the handlers stand on. `src/node` plugs it together. */
export interface Services {
  readonly nodeId: number
  readonly clusterId: string
  readonly config: ConfigOf<typeof apiConfig> & ConfigOf<typeof groupConfig>
  readonly configs: EffectiveConfig
  readonly clock: System['clock']
  readonly logger: Logger
  /** Undefined: everybody may do everything. */
  readonly authorizer?: Authorizer | undefined
  /** The cluster as this node knows it now; never keep it across an await. */
  image(): MetadataImage
  readonly replicas: ReplicaManager
  /** The log directories of this broker and what lies in each. */
  logDirs(): readonly LogDirUsage[]
  readonly fetchSessions: FetchSessionCache
  readonly groups: GroupCoordinator
  readonly producerIds: ProducerIdManager
  /** The active controller, where this node is it. @throws ProtocolError NOT_CONTROLLER */
  readonly controller: Controller
  isActiveController(): boolean
  /** Answers what the nodes of the metadata quorum ask each other. */
  readonly quorum: {
    handle(key: ApiKey, version: number, body: unknown, context: { listener: string }): Promise<unknown>
  }
  /**
   * Passes a client's request, header included, on to the active controller (KIP-590). Gives the answer, header
   * included, or the error to refuse it with: REQUEST_TIMED_OUT where no controller answers in time.
   */
  forward(frame: Buffer, connection: ClientConnection): Promise<Buffer | ErrorCode>
  /** A topic that this broker itself wants; resolves when its image shows it, or with why there is none. */
  createTopic(topic: TopicOnDemand): Promise<{ errorCode: ErrorCode; errorMessage: string | null }>
  /** The node that clients are told is the controller (fact H21: any live broker will do). */
  controllerId(): number
  /** Level of kraft.version that the quorum runs with. */
  kraftVersion(): number
  readonly supportedFeatures: readonly { name: string; minVersion: number; maxVersion: number }[]
}
