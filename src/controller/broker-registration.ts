import type {
  BrokerRegistrationRequest,
  BrokerRegistrationResponse,
} from '../../protocol/api/62-broker-registration.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import { isReservedDirectory } from '../metadata/directory-id.ts'
import { FEATURE, METADATA_VERSION } from '../metadata/features.ts'
import type { BrokerImage, MetadataImage } from '../metadata/image.ts'
import { brokerRecord } from '../metadata/image-records.ts'
import { partitionChanges } from './leadership.ts'
import type { Decision, DecisionContext } from './ports.ts'

type Response = typeof BrokerRegistrationResponse.Input

export interface RegistrationContext extends DecisionContext {
  readonly clusterId: string
  /** Level of kraft.version, which is no record of the metadata log's content. */
  readonly kraftVersion: number
  /** Whether the registered incarnation of a broker still shows signs of life. */
  isLive(broker: BrokerImage): boolean
}

/** From this version on a broker says which epoch it last shut down in, cleanly (KIP-966). */
const PREVIOUS_EPOCH_SINCE = 3

/**
 * Makes a broker known, fenced until its heartbeats show that it keeps up (facts B26 to B32, N-B19, N-C17, N-C18). Its
 * epoch is the offset that is next when this is decided. The same incarnation may come again: its epoch and state stay.
 */
export function registerBroker(
  image: MetadataImage,
  request: BrokerRegistrationRequest,
  version: number,
  context: RegistrationContext,
): Decision<Response> {
  const old = image.cluster.brokers.get(request.brokerId)
  const errorCode = problemOf(image, request, old, context)
  if (errorCode !== ErrorCode.NONE) return { records: [], response: { throttleTimeMs: 0, errorCode } }
  const again = old?.incarnationId === request.incarnationId ? old : undefined
  const broker = registration(request, again, context.nextOffset)
  const level = image.features.metadataVersion
  const response = { throttleTimeMs: 0, errorCode, brokerEpoch: BigInt(broker.epoch) }
  if (again || !old) return { records: [brokerRecord(broker, level)], response }
  // Its former incarnation is over: whether its copies can be relied on depends on how it ended.
  const clean = version >= PREVIOUS_EPOCH_SINCE && request.previousBrokerEpoch === BigInt(old.epoch)
  const elr = (image.features.levels.get(FEATURE.ELR_VERSION) ?? 0) > 0
  const changes = partitionChanges(image, old.id, clean || !elr ? 'LEAVES' : 'LOST_DATA', context.config)
  return { records: [...changes, brokerRecord(broker, level)], response, mayBeSplit: true }
}

function registration(request: BrokerRegistrationRequest, again: BrokerImage | undefined, epoch: number): BrokerImage {
  const ranges = request.features
    .map(({ name, minSupportedVersion: min, maxSupportedVersion: max }) => [name, { min, max }] as const)
    .sort(([one], [other]) => (one < other ? -1 : 1))
  return {
    id: request.brokerId,
    epoch: again?.epoch ?? epoch,
    incarnationId: request.incarnationId,
    endpoints: request.listeners,
    features: new Map(ranges),
    rack: request.rack,
    fenced: again?.fenced ?? true,
    inControlledShutdown: again?.inControlledShutdown ?? false,
    logDirs: request.logDirs,
    cordonedLogDirs: again?.cordonedLogDirs ?? [],
  }
}

function problemOf(
  image: MetadataImage,
  request: BrokerRegistrationRequest,
  old: BrokerImage | undefined,
  context: RegistrationContext,
): ErrorCode {
  if (request.clusterId !== context.clusterId) return ErrorCode.INCONSISTENT_CLUSTER_ID
  if (old && old.incarnationId !== request.incarnationId && context.isLive(old)) {
    return ErrorCode.DUPLICATE_BROKER_REGISTRATION
  }
  if (request.isMigratingZkBroker) return ErrorCode.BROKER_ID_NOT_REGISTERED
  if (image.features.metadataVersion >= METADATA_VERSION.DIRECTORIES && !areDirectoriesValid(image, request)) {
    return ErrorCode.INVALID_REGISTRATION
  }
  if (!request.features.some(({ name }) => name === FEATURE.METADATA_VERSION)) return ErrorCode.INVALID_REGISTRATION
  const levels = new Map([...image.features.levels, [FEATURE.KRAFT_VERSION, context.kraftVersion]])
  return [...levels].every(([name, level]) => supports(request, name, level))
    ? ErrorCode.NONE
    : ErrorCode.UNSUPPORTED_VERSION
}

/** Fact B27: named, real, each once, and nobody else's. */
function areDirectoriesValid(image: MetadataImage, { brokerId, logDirs }: BrokerRegistrationRequest): boolean {
  if (logDirs.length === 0 || new Set(logDirs).size < logDirs.length || logDirs.some(isReservedDirectory)) return false
  const others = [...image.cluster.brokers.values()].filter(({ id }) => id !== brokerId)
  return !others.some((other) => other.logDirs.some((id) => logDirs.includes(id)))
}

/** A feature that a broker does not mention it supports at level 0 only (fact B28). */
function supports({ features }: BrokerRegistrationRequest, name: string, level: number): boolean {
  const range = features.find((feature) => feature.name === name)
  return level >= (range?.minSupportedVersion ?? 0) && level <= (range?.maxSupportedVersion ?? 0)
}
