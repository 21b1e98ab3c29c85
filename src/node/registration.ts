import { ErrorCode, errorName } from '../../protocol/errors.ts'
import type { Random } from '../base/random.ts'
import { randomUuid } from '../base/random.ts'
import type { Controller } from '../controller/controller.ts'
import { SUPPORTED_FEATURES } from '../metadata/features.ts'
import type { OpenListener } from '../net/server.ts'

/** As metadata records number them (SecurityProtocol of Apache Kafka). */
const SECURITY_PROTOCOL_ID = { PLAINTEXT: 0, SSL: 1, SASL_PLAINTEXT: 2, SASL_SSL: 3 } as const
const REGISTRATION_VERSION = 4

export interface BrokerIdentity {
  readonly nodeId: number
  readonly clusterId: string
  readonly rack: string | null
  /** Ids of the log directories (KIP-858). */
  readonly logDirs: readonly string[]
  /** Of the run before this one, if that ended in order; else -1 (KIP-966). */
  readonly previousBrokerEpoch: bigint
}

/**
 * Makes this broker a live one: registers it, then reports until the controller has unfenced it (KIP-631). Gives the
 * broker epoch.
 */
export async function joinCluster(
  controller: Controller,
  identity: BrokerIdentity,
  listeners: readonly OpenListener[],
  system: { random: Random },
  metadataOffset: () => number,
): Promise<bigint> {
  const { nodeId, clusterId, rack, logDirs, previousBrokerEpoch } = identity
  const { errorCode, brokerEpoch = -1n } = await controller.registerBroker(
    {
      brokerId: nodeId,
      clusterId,
      incarnationId: randomUuid(system.random),
      listeners: listeners.map(({ name, advertised, securityProtocol }) => ({
        name,
        ...advertised,
        securityProtocol: SECURITY_PROTOCOL_ID[securityProtocol],
      })),
      features: [...SUPPORTED_FEATURES].map(([name, { min, max }]) => ({
        name,
        minSupportedVersion: min,
        maxSupportedVersion: max,
      })),
      rack,
      isMigratingZkBroker: false,
      logDirs: [...logDirs],
      previousBrokerEpoch,
    },
    REGISTRATION_VERSION,
  )
  check(errorCode, 'registration')
  for (let fenced = true; fenced; ) {
    const answer = await heartbeat(controller, nodeId, brokerEpoch, metadataOffset(), false)
    check(answer.errorCode, 'heartbeat')
    fenced = answer.isFenced ?? true
  }
  return brokerEpoch
}

/** Heartbeats that a broker on its way out sends until the controller lets it go; then it goes all the same. */
const MAX_FAREWELLS = 10

/** Tells the controller that this broker goes, so that nobody is sent to it any more. */
export async function leaveCluster(
  controller: Controller,
  nodeId: number,
  brokerEpoch: bigint,
  metadataOffset: () => number,
): Promise<void> {
  for (let sent = 0; sent < MAX_FAREWELLS; sent++) {
    const { errorCode, shouldShutDown } = await heartbeat(controller, nodeId, brokerEpoch, metadataOffset(), true)
    if (errorCode !== ErrorCode.NONE || shouldShutDown) return
  }
}

function heartbeat(
  controller: Controller,
  brokerId: number,
  brokerEpoch: bigint,
  metadataOffset: number,
  wantShutDown: boolean,
) {
  return controller.brokerHeartbeat({
    brokerId,
    brokerEpoch,
    currentMetadataOffset: metadataOffset,
    wantFence: false,
    wantShutDown,
    offlineLogDirs: [],
    cordonedLogDirs: null,
  })
}

function check(errorCode: number, step: string): void {
  if (errorCode !== ErrorCode.NONE)
    throw new Error(`The controller refused the ${step} of this broker: ${errorName(errorCode)}.`)
}
