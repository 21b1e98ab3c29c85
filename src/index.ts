/** Odradek as a library: a broker, or a whole cluster, inside the process that asks for it. */
export type { LogLevel } from './base/logger.ts'
export { type BrokerOptions, type RunningBroker, startBroker, type TopicOptions } from './node/start-broker.ts'
export { type ClusterOptions, type RunningCluster, type RunningNode, startCluster } from './node/start-cluster.ts'
export { VERSION } from './node/version.ts'
