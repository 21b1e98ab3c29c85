import type { Logger } from '../base/logger.ts'
import type { System } from '../base/ports.ts'
import type { MetadataImage } from '../metadata/image.ts'
import type { RecordValue } from '../metadata/record.ts'
import { SCRAM_NUMBER } from '../metadata/scram.ts'
import { scramKey } from '../metadata/security-delta.ts'
import { securityProtocolOf } from '../net/listener.ts'
import type { Login } from '../net/login.ts'
import { saslLogin } from '../security/login.ts'
import { SaslServer } from '../security/sasl-server.ts'
import {
  type MechanismKey,
  type OwnCredentials,
  ownCredentials,
  SaslConfigError,
  type SaslSettings,
  type SaslSource,
  saslSettings,
  settingKey,
} from '../security/sasl-settings.ts'
import { ConfigError, type ResolvedConfig } from './config.ts'
import type { NodeListeners } from './listeners.ts'

/** Between two words about not being let in somewhere. */
const REFUSALS_MS = 10_000

/** Who has to say who it is, and as whom this node comes in where it is asked itself. */
export interface NodeSasl {
  /** By listener; those where nobody is asked are not in it. */
  readonly listeners: ReadonlyMap<string, SaslSettings>
  /** Undefined where other nodes ask nobody. */
  readonly toBrokers: OwnCredentials | undefined
  readonly toControllers: OwnCredentials | undefined
}

/** How this node comes in at others; undefined where nobody is asked. */
export interface NodeLogins {
  readonly toBrokers: Login | undefined
  readonly toControllers: Login | undefined
}

/**
 * Reads what the configuration says of SASL. `alone`: as far as it says there is no other node, so that nothing has to
 * be said of how to come in there. Throws ConfigError.
 */
export function nodeSasl(
  { values, given, ofListeners }: ResolvedConfig,
  listeners: NodeListeners,
  alone: boolean,
): NodeSasl {
  const source: SaslSource = { values, given: ofListeners }
  const asks = (name: string) =>
    name !== '' && securityProtocolOf(values['listener.security.protocol.map'], name) === 'SASL_PLAINTEXT'
  const own = (asked: NodeSasl['listeners'], listener: string | undefined, key: MechanismKey, isNeeded: boolean) => {
    if (listener === undefined || !asks(listener)) return undefined
    let credentials: OwnCredentials
    try {
      credentials = ownCredentials(source, listener, key)
    } catch (error) {
      if (error instanceof SaslConfigError && !isNeeded) return undefined
      throw error
    }
    if (isNeeded || given.has(key)) requireEnabled(credentials, key, listener, asked.get(listener))
    return credentials
  }
  const { interBroker, controller, clients, controllers } = listeners
  const isChosen = given.has('inter.broker.listener.name') || given.has('security.inter.broker.protocol')
  const asking = [...clients, ...controllers].filter(({ securityProtocol }) => securityProtocol === 'SASL_PLAINTEXT')
  try {
    const asked = new Map(asking.map(({ name }) => [name, saslSettings(source, name)]))
    return {
      listeners: asked,
      toBrokers: own(asked, interBroker, 'sasl.mechanism.inter.broker.protocol', isChosen || !alone),
      toControllers: own(asked, controller, 'sasl.mechanism.controller.protocol', !alone),
    }
  } catch (cause) {
    if (!(cause instanceof SaslConfigError)) throw cause
    throw new ConfigError(cause.message, { cause })
  }
}

/** Nodes have the same listeners: what this one does not let in, the others do not either, and they would try for ever. */
function requireEnabled(
  { mechanism }: OwnCredentials,
  key: MechanismKey,
  listener: string,
  asked: SaslSettings | undefined,
): void {
  if (asked === undefined || asked.mechanisms.includes(mechanism)) return
  throw new SaslConfigError(
    `Listener ${listener}: ${key} says ${mechanism}, which sasl.enabled.mechanisms (${asked.mechanisms}) leaves out; ` +
      `nodes could not come in at each other. Name it there, or in ${settingKey('sasl.enabled.mechanisms', listener)}.`,
  )
}

/** Undefined where no listener asks. `image`: undefined until the node has one. */
export function saslServer(
  system: System,
  { listeners }: NodeSasl,
  image: () => MetadataImage | undefined,
): SaslServer | undefined {
  if (listeners.size === 0) return undefined
  return new SaslServer({
    system,
    listeners,
    credential: (mechanism, name) =>
      image()?.security.scram.get(scramKey({ name, mechanism: SCRAM_NUMBER[mechanism] })) as
        | RecordValue<'UserScramCredentialRecord'>
        | undefined,
  })
}

export function nodeLogins(system: System, { toBrokers, toControllers }: NodeSasl, logger: Logger): NodeLogins {
  const login = (credentials: OwnCredentials | undefined): Login | undefined => {
    if (credentials === undefined) return undefined
    const made = saslLogin(credentials, system.random)
    return { mechanism: made.mechanism, begin: () => made.begin(), onRefused: occasionally(system, logger) }
  }
  return { toBrokers: login(toBrokers), toControllers: login(toControllers) }
}

/** Links to other nodes are tried again many times a second. */
function occasionally({ clock }: System, logger: Logger): (reason: string) => void {
  let saidMs = Number.NEGATIVE_INFINITY
  return (reason) => {
    const nowMs = clock.monotonicMs()
    if (nowMs - saidMs < REFUSALS_MS) return
    saidMs = nowMs
    logger.warn(reason)
  }
}
