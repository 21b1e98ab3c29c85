import type { ConfigOf } from '../base/config.ts'
import type { Logger } from '../base/logger.ts'
import type { System } from '../base/ports.ts'
import type { Controller } from '../controller/controller.ts'
import type { groupConfig } from '../coordinator/group/config.ts'
import type { GroupCoordinator } from '../coordinator/group/group-coordinator.ts'
import type { EffectiveConfig } from '../metadata/effective-config.ts'
import type { MetadataImage } from '../metadata/image.ts'
import type { FetchSessionCache } from '../replica/fetch-session.ts'
import type { ProducerIdManager } from '../replica/producer-id-manager.ts'
import type { ReplicaManager } from '../replica/replica-manager.ts'
import type { apiConfig } from './config.ts'

/** What the handlers stand on. `src/node` plugs it together. */
export interface Services {
  readonly nodeId: number
  readonly clusterId: string
  readonly config: ConfigOf<typeof apiConfig> & ConfigOf<typeof groupConfig>
  readonly configs: EffectiveConfig
  readonly clock: System['clock']
  readonly logger: Logger
  /** The cluster as this node knows it now; never keep it across an await. */
  image(): MetadataImage
  readonly replicas: ReplicaManager
  readonly fetchSessions: FetchSessionCache
  readonly groups: GroupCoordinator
  readonly producerIds: ProducerIdManager
  readonly controller: Controller
  /** The node that clients are told is the controller (fact H21: any live broker will do). */
  controllerId(): number
  readonly supportedFeatures: readonly { name: string; minVersion: number; maxVersion: number }[]
}
