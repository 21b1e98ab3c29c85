import { assert } from '../base/assert.ts'
import type { BrokerImage, ClusterImage, ControllerImage, VersionRange } from './image.ts'
import type { RecordValue } from './record.ts'

/** How BrokerRegistrationChange says that a flag turns on, off, or stays (fact B15). */
export const FLAG = { OFF: -1, UNCHANGED: 0, ON: 1 } as const

/** Brokers and controllers that records since the image registered, changed or removed. */
export class ClusterDelta {
  readonly #image: ClusterImage
  readonly #brokers = new Map<number, BrokerImage | null>()
  readonly #controllers = new Map<number, ControllerImage>()

  constructor(image: ClusterImage) {
    this.#image = image
  }

  /** Changed brokers as they are after the delta; null for those that are gone. */
  get brokers(): ReadonlyMap<number, BrokerImage | null> {
    return this.#brokers
  }

  get controllers(): ReadonlyMap<number, ControllerImage> {
    return this.#controllers
  }

  registerBroker(record: RecordValue<'RegisterBrokerRecord'>): void {
    this.#brokers.set(record.brokerId, {
      id: record.brokerId,
      epoch: Number(record.brokerEpoch),
      incarnationId: record.incarnationId,
      endpoints: record.endPoints,
      features: rangesOf(record.features),
      rack: record.rack,
      fenced: record.fenced,
      inControlledShutdown: record.inControlledShutdown,
      logDirs: record.logDirs,
      cordonedLogDirs: record.cordonedLogDirs ?? [],
    })
  }

  unregisterBroker({ brokerId, brokerEpoch }: RecordValue<'UnregisterBrokerRecord'>): void {
    this.#registered(brokerId, brokerEpoch)
    this.#brokers.set(brokerId, null)
  }

  changeRegistration(record: RecordValue<'BrokerRegistrationChangeRecord'>): void {
    const { brokerId, brokerEpoch, fenced, inControlledShutdown, logDirs, cordonedLogDirs } = record
    const old = this.#registered(brokerId, brokerEpoch)
    this.#brokers.set(brokerId, {
      ...old,
      fenced: fenced === FLAG.UNCHANGED ? old.fenced : fenced === FLAG.ON,
      inControlledShutdown: inControlledShutdown === FLAG.ON || old.inControlledShutdown,
      logDirs: logDirs.length === 0 ? old.logDirs : logDirs,
      cordonedLogDirs: cordonedLogDirs ?? old.cordonedLogDirs,
    })
  }

  /** FenceBroker and UnfenceBroker, as written below metadata.version 6. */
  setFenced(brokerId: number, brokerEpoch: bigint, fenced: boolean): void {
    this.#brokers.set(brokerId, { ...this.#registered(brokerId, brokerEpoch), fenced })
  }

  registerController(record: RecordValue<'RegisterControllerRecord'>): void {
    this.#controllers.set(record.controllerId, {
      id: record.controllerId,
      incarnationId: record.incarnationId,
      endpoints: record.endPoints,
      features: rangesOf(record.features),
    })
  }

  apply(): ClusterImage {
    if (this.#brokers.size === 0 && this.#controllers.size === 0) return this.#image
    const brokers = new Map(this.#image.brokers)
    for (const [id, broker] of this.#brokers) {
      if (broker) brokers.set(id, broker)
      else brokers.delete(id)
    }
    return {
      brokers: byId(brokers),
      controllers: byId(new Map([...this.#image.controllers, ...this.#controllers])),
    }
  }

  #registered(brokerId: number, brokerEpoch: bigint): BrokerImage {
    const changed = this.#brokers.get(brokerId)
    const broker = changed === undefined ? this.#image.brokers.get(brokerId) : changed
    assert(broker, `record about broker ${brokerId}, which is not registered`)
    assert(BigInt(broker.epoch) === brokerEpoch, `record about broker ${brokerId} of another epoch: ${brokerEpoch}`)
    return broker
  }
}

/** Iteration in the order of ids, so that equal images look equal. */
const byId = <T>(map: ReadonlyMap<number, T>): ReadonlyMap<number, T> =>
  new Map([...map].sort(([one], [other]) => one - other))

const rangesOf = (
  features: readonly { name: string; minSupportedVersion: number; maxSupportedVersion: number }[],
): ReadonlyMap<string, VersionRange> =>
  new Map(
    features
      .map(({ name, minSupportedVersion: min, maxSupportedVersion: max }) => [name, { min, max }] as const)
      .sort(([one], [other]) => (one < other ? -1 : 1)),
  )
