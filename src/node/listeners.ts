import { type ListenerSpec, parseListeners } from '../net/listener.ts'
import { type BrokerConfig, ConfigError } from './config.ts'

/** Who listens where: clients and brokers on the one side, brokers and controllers on the other. */
export interface NodeListeners {
  readonly clients: readonly ListenerSpec[]
  readonly controllers: readonly ListenerSpec[]
  /** Through which brokers reach each other. */
  readonly interBroker: string
  /** Through which controllers are reached; undefined where a quorum of one has no need of one. */
  readonly controller: string | undefined
}

export const isBroker = (config: BrokerConfig): boolean => config['process.roles'].includes('broker')
export const isController = (config: BrokerConfig): boolean => config['process.roles'].includes('controller')

/** Voters that the configuration fixes, by id; empty where the log says who votes. */
export const staticVoterIds = (config: BrokerConfig): number[] =>
  config['controller.quorum.voters'].map((voter) => Number.parseInt(voter, 10))

/** Reads `listeners` by roles (fact A100). Throws ConfigError. */
export function nodeListeners(config: BrokerConfig): NodeListeners {
  const controllerNames = (config['controller.listener.names'] ?? '')
    .split(',')
    .map((name) => name.trim().toUpperCase())
    .filter((name) => name !== '')
  const { listeners, errors } = parseListeners(config, controllerNames)
  if (errors.length > 0) throw new ConfigError(`${errors.join('.\n')}.`)
  const clients = listeners.filter(({ name }) => !controllerNames.includes(name))
  const controllers = listeners.filter(({ name }) => controllerNames.includes(name))
  const problem = problemOf(config, clients, controllers, controllerNames)
  if (problem) throw new ConfigError(problem)
  return {
    clients: isBroker(config) ? clients : [],
    controllers,
    interBroker: isBroker(config) ? interBrokerName(config, clients) : '',
    controller: controllerNames[0],
  }
}

function problemOf(
  config: BrokerConfig,
  clients: readonly ListenerSpec[],
  controllers: readonly ListenerSpec[],
  controllerNames: readonly string[],
): string | undefined {
  const malformed = config['controller.quorum.voters'].find((voter) => !/^\d+@/.test(voter))
  if (malformed !== undefined) return `controller.quorum.voters: expected id@host:port, not ${malformed}.`
  const voters = staticVoterIds(config)
  const nodeId = config['node.id']
  if (isBroker(config) && clients.length === 0) return 'listeners: there is no listener for clients.'
  if (!isBroker(config) && clients.length > 0)
    return `listeners: ${clients[0]!.name} is for clients, and process.roles says that this node is no broker.`
  if (!isController(config)) {
    if (controllers.length > 0)
      return `listeners: ${controllers[0]!.name} is for controllers, and process.roles says that this node is none.`
    if (voters.includes(nodeId))
      return `controller.quorum.voters names node ${nodeId}, and process.roles says that it is no controller.`
    if (voters.length === 0 && config['controller.quorum.bootstrap.servers'].length === 0)
      return 'A node that is no controller needs controller.quorum.bootstrap.servers or controller.quorum.voters to find one.'
    if (controllerNames.length === 0)
      return 'controller.listener.names: say through which listener controllers are reached.'
    return undefined
  }
  if (voters.length > 0 && !voters.includes(nodeId))
    return `controller.quorum.voters does not name node ${nodeId}, which is a controller by its process.roles.`
  const alone = voters.length <= 1 && config['controller.quorum.bootstrap.servers'].length === 0
  if (controllers.length === 0 && (!alone || !isBroker(config)))
    return 'listeners has none of controller.listener.names: the other nodes cannot reach this controller.'
  return undefined
}

/** KIP-103: by name, else the first one of the protocol that brokers speak. */
function interBrokerName(config: BrokerConfig, clients: readonly ListenerSpec[]): string {
  const wanted = config['inter.broker.listener.name']?.toUpperCase()
  const found =
    wanted === undefined
      ? clients.find(({ securityProtocol }) => securityProtocol === config['security.inter.broker.protocol'])
      : clients.find(({ name }) => name === wanted)
  if (found) return found.name
  if (wanted !== undefined) throw new ConfigError(`inter.broker.listener.name: there is no listener ${wanted}.`)
  return clients[0]!.name
}
