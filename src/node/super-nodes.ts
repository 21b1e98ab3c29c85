import type { Logger } from '../base/logger.ts'
import { superUsersOf } from '../security/config.ts'
import { ANONYMOUS, principalText, userPrincipal } from '../security/principal.ts'
import type { BrokerConfig } from './config.ts'
import { isBroker } from './listeners.ts'
import type { NodeSasl } from './sasl.ts'

/** Nodes that are no super users are refused by each other while they do not know the ACLs yet, and wait without a word. */
export function warnUnlessSuper(config: BrokerConfig, { toBrokers, toControllers }: NodeSasl, logger: Logger): void {
  if (config['authorizer.class.name'] === '') return
  const superUsers = superUsersOf(config['super.users'])
  const ways = isBroker(config) ? [toBrokers, toControllers] : [toControllers]
  const own = ways.map((as) => principalText(as === undefined ? ANONYMOUS : userPrincipal(as.user)))
  const missing = [...new Set(own)].filter((principal) => !superUsers.includes(principal))
  if (missing.length === 0) return
  logger.warn(
    `super.users does not name ${missing.join(' and ')}, as which this node comes in at others: they will refuse it`,
  )
}
