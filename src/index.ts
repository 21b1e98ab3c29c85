/** Odradek as a library: a broker inside the process that asks for it. */
export type { LogLevel } from './base/logger.ts'
export { type BrokerOptions, type RunningBroker, startBroker, type TopicOptions } from './node/start-broker.ts'
export { VERSION } from './node/version.ts'
