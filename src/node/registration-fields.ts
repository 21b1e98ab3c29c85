import type { VersionRange } from '../metadata/image.ts'
import type { OpenListener } from '../net/server.ts'

/** As metadata records number them (SecurityProtocol of Apache Kafka). */
const SECURITY_PROTOCOL_ID = { PLAINTEXT: 0, SSL: 1, SASL_PLAINTEXT: 2, SASL_SSL: 3 } as const

/** Where a node is reached, as registrations of brokers and of controllers say it. */
export const registeredListeners = (listeners: readonly OpenListener[]) =>
  listeners.map(({ name, advertised, securityProtocol }) => ({
    name,
    ...advertised,
    securityProtocol: SECURITY_PROTOCOL_ID[securityProtocol],
  }))

/** The feature levels that a node can run with, in the same place. */
export const registeredFeatures = (features: ReadonlyMap<string, VersionRange>) =>
  [...features].map(([name, { min, max }]) => ({
    name,
    minSupportedVersion: min,
    maxSupportedVersion: max,
  }))
