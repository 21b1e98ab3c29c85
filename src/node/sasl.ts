import type { System } from '../base/ports.ts'
import type { MetadataImage } from '../metadata/image.ts'
import type { RecordValue } from '../metadata/record.ts'
import { scramKey } from '../metadata/security-delta.ts'
import { securityProtocolOf } from '../net/listener.ts'
import { SaslServer } from '../security/sasl-server.ts'
import {
  type OwnCredentials,
  ownCredentials,
  SaslConfigError,
  type SaslSettings,
  type SaslSource,
  saslSettings,
} from '../security/sasl-settings.ts'
import { SCRAM_NUMBER } from '../security/scram.ts'
import { ConfigError, type ResolvedConfig } from './config.ts'
import type { NodeListeners } from './listeners.ts'

/** Who has to say who it is, and as whom this node comes in where it is asked itself. */
export interface NodeSasl {
  /** By listener; those where nobody is asked are not in it. */
  readonly listeners: ReadonlyMap<string, SaslSettings>
  /** Undefined where other nodes ask nobody. */
  readonly toBrokers: OwnCredentials | undefined
  readonly toControllers: OwnCredentials | undefined
}

/** Reads what the configuration says of SASL. `alone`: no other node has to be reached. Throws ConfigError. */
export function nodeSasl(
  { values, given, ofListeners }: ResolvedConfig,
  listeners: NodeListeners,
  alone: boolean,
): NodeSasl {
  const source: SaslSource = { values, given: ofListeners }
  const asks = (name: string) =>
    name !== '' && securityProtocolOf(values['listener.security.protocol.map'], name) === 'SASL_PLAINTEXT'
  const { interBroker, controller } = listeners
  const isChosen = given.has('inter.broker.listener.name') || given.has('security.inter.broker.protocol')
  try {
    const asking = [...listeners.clients, ...listeners.controllers].filter(
      ({ securityProtocol }) => securityProtocol === 'SASL_PLAINTEXT',
    )
    return {
      listeners: new Map(asking.map(({ name }) => [name, saslSettings(source, name)])),
      toBrokers:
        asks(interBroker) && (isChosen || !alone)
          ? ownCredentials(source, interBroker, 'sasl.mechanism.inter.broker.protocol')
          : undefined,
      toControllers:
        controller !== undefined && asks(controller) && !alone
          ? ownCredentials(source, controller, 'sasl.mechanism.controller.protocol')
          : undefined,
    }
  } catch (cause) {
    if (!(cause instanceof SaslConfigError)) throw cause
    throw new ConfigError(cause.message, { cause })
  }
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
