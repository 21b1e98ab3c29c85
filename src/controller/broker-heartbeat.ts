import type { BrokerHeartbeatRequest, BrokerHeartbeatResponse } from '../../protocol/api/63-broker-heartbeat.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import type { MetadataRecord } from '../../protocol/metadata/index.ts'
import type { Offset } from '../base/brand.ts'
import { FLAG } from '../metadata/cluster-delta.ts'
import { METADATA_VERSION } from '../metadata/features.ts'
import type { BrokerImage, MetadataImage } from '../metadata/image.ts'
import { record } from '../metadata/record.ts'
import { directoryChanges, leadsAnything, partitionChanges } from './leadership.ts'
import type { Decision, DecisionConfig } from './ports.ts'
import { replayed } from './replayed.ts'

type Response = typeof BrokerHeartbeatResponse.Input

/**
 * Where a broker stands. Legal moves: FENCED -> UNFENCED, SHUT_DOWN; UNFENCED -> FENCED, CONTROLLED_SHUTDOWN,
 * SHUT_DOWN; CONTROLLED_SHUTDOWN -> SHUT_DOWN. A shut down broker is fenced, and stays so until it registers again.
 */
type BrokerState = 'FENCED' | 'UNFENCED' | 'CONTROLLED_SHUTDOWN' | 'SHUT_DOWN'

export interface HeartbeatContext {
  readonly config: DecisionConfig
  /** Offset of the broker's registration record. */
  readonly registrationOffset: Offset
  /**
   * Whether all active brokers have seen the records that moved leadership away from this one, so that nobody sends
   * clients to it any more.
   */
  readonly shutdownSeenByAll: boolean
}

/** One sign of life, and the step to the next state that follows from it (facts B32 to B36). */
export function brokerHeartbeat(
  image: MetadataImage,
  request: BrokerHeartbeatRequest,
  context: HeartbeatContext,
): Decision<Response> {
  const broker = image.cluster.brokers.get(request.brokerId)
  if (!broker || BigInt(broker.epoch) !== request.brokerEpoch) {
    return {
      records: [],
      response: { throttleTimeMs: 0, errorCode: ErrorCode.STALE_BROKER_EPOCH, shouldShutDown: false },
    }
  }
  const next = nextState(image, broker, request, context)
  const failures = directoryFailures(image, broker, request, context.config)
  // What comes back must not be given what lies in a directory that has just failed.
  const rest = failures.length === 0 ? image : replayed(image, failures)
  return {
    records: [...failures, ...transition(rest, broker, next, context.config), ...cordonChange(image, broker, request)],
    response: {
      throttleTimeMs: 0,
      errorCode: ErrorCode.NONE,
      isCaughtUp: request.currentMetadataOffset >= context.registrationOffset,
      isFenced: next === 'FENCED' || next === 'SHUT_DOWN',
      shouldShutDown: next === 'SHUT_DOWN',
    },
    mayBeSplit: true,
  }
}

function stateOf({ fenced, inControlledShutdown }: BrokerImage): BrokerState {
  if (fenced) return 'FENCED'
  return inControlledShutdown ? 'CONTROLLED_SHUTDOWN' : 'UNFENCED'
}

function nextState(
  image: MetadataImage,
  broker: BrokerImage,
  { wantFence, wantShutDown, currentMetadataOffset }: BrokerHeartbeatRequest,
  { registrationOffset, shutdownSeenByAll }: HeartbeatContext,
): BrokerState {
  const leads = () => leadsAnything(image, broker.id)
  switch (stateOf(broker)) {
    case 'FENCED':
      if (wantShutDown) return 'SHUT_DOWN'
      return !wantFence && currentMetadataOffset >= registrationOffset ? 'UNFENCED' : 'FENCED'
    case 'UNFENCED':
      if (wantFence) return wantShutDown ? 'SHUT_DOWN' : 'FENCED'
      if (!wantShutDown) return 'UNFENCED'
      return leads() ? 'CONTROLLED_SHUTDOWN' : 'SHUT_DOWN'
    default:
      return !leads() && shutdownSeenByAll ? 'SHUT_DOWN' : 'CONTROLLED_SHUTDOWN'
  }
}

/** Fact B36 gives the order: a broker loses its partitions before it is fenced, and is unfenced before it gets any. */
function transition(
  image: MetadataImage,
  broker: BrokerImage,
  next: BrokerState,
  config: DecisionConfig,
): MetadataRecord[] {
  const { id } = broker
  switch (next) {
    case 'UNFENCED':
      if (!broker.fenced) return []
      return [registrationChange(broker, 0, { fenced: FLAG.OFF }), ...partitionChanges(image, id, 'RETURNS', config)]
    case 'CONTROLLED_SHUTDOWN': {
      const leaves = partitionChanges(image, id, 'LEAVES', config)
      if (broker.inControlledShutdown) return leaves
      return [registrationChange(broker, 1, { inControlledShutdown: FLAG.ON }), ...leaves]
    }
    default:
      return broker.fenced ? [] : fenceBroker(image, broker, config)
  }
}

/** A broker that is fenced leads nothing from here on. */
export const fenceBroker = (image: MetadataImage, broker: BrokerImage, config: DecisionConfig): MetadataRecord[] => [
  ...partitionChanges(image, broker.id, 'LEAVES', config),
  registrationChange(broker, 0, { fenced: FLAG.ON }),
]

/** Fact B38: replicas in directories that failed are out of sync first, then the directories are struck off. */
function directoryFailures(
  image: MetadataImage,
  broker: BrokerImage,
  { offlineLogDirs }: BrokerHeartbeatRequest,
  config: DecisionConfig,
): MetadataRecord[] {
  if (image.features.metadataVersion < METADATA_VERSION.DIRECTORIES) return []
  const failed = broker.logDirs.filter((id) => offlineLogDirs.includes(id))
  if (failed.length === 0) return []
  const logDirs = broker.logDirs.filter((id) => !failed.includes(id))
  const changes = directoryChanges(image, broker.id, failed, config)
  // An empty list would mean that nothing changes; a broker without any directory stops anyway.
  return logDirs.length === 0 ? changes : [...changes, registrationChange(broker, 2, { logDirs })]
}

/** Directories that shall get no new replicas (KIP-1066); null where the broker does not say. */
function cordonChange(
  image: MetadataImage,
  broker: BrokerImage,
  { cordonedLogDirs }: BrokerHeartbeatRequest,
): MetadataRecord[] {
  if (cordonedLogDirs === null || image.features.metadataVersion < METADATA_VERSION.CORDONED_DIRS) return []
  const known = new Set(broker.cordonedLogDirs)
  if (cordonedLogDirs.length === known.size && cordonedLogDirs.every((id) => known.has(id))) return []
  return [registrationChange(broker, 3, { cordonedLogDirs })]
}

const registrationChange = (
  { id, epoch }: BrokerImage,
  version: number,
  change: { fenced?: number; inControlledShutdown?: number; logDirs?: string[]; cordonedLogDirs?: string[] },
): MetadataRecord =>
  record('BrokerRegistrationChangeRecord', version, { brokerId: id, brokerEpoch: BigInt(epoch), ...change })
