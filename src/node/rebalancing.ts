import type { Logger } from '../base/logger.ts'
import type { System } from '../base/ports.ts'
import { Rebalancer } from '../controller/balance/rebalancer.ts'
import type { Controller } from '../controller/controller.ts'
import type { BrokerConfig } from './config.ts'
import { type ReplicaSizesOptions, replicaSizes } from './replica-sizes.ts'

export interface RebalancingOptions extends ReplicaSizesOptions {
  readonly system: System
  readonly config: BrokerConfig
  readonly logger: Logger
}

/** The rebalancer of one term of a controller, where the configuration wants one. */
export function rebalancing(controller: Controller, options: RebalancingOptions): { stop(): void } {
  const { config, system, logger } = options
  if (!config['odradek.rebalance.enable']) return { stop: () => {} }
  const rebalancer = new Rebalancer({
    target: controller,
    config,
    system,
    logger,
    bytes: () => replicaSizes(options),
  })
  rebalancer.start()
  return rebalancer
}
