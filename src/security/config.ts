import { boolean, type ConfigOf, className, configTable, int, list, long, password, string } from '../base/config.ts'
import { parsePrincipal } from './principal.ts'

/** The only authorizer that there is here. */
const STANDARD_AUTHORIZER = 'org.apache.kafka.metadata.authorizer.StandardAuthorizer'
/** Another one would give clients names that entries are written for. */
const DEFAULT_PRINCIPALS = 'org.apache.kafka.common.security.authenticator.DefaultKafkaPrincipalBuilder'

/**
 * Who clients and other nodes are, and what they may do. The keys of SASL may stand behind `listener.name.<listener>.`
 * too, for that one alone; connections.max.reauth.ms behind `listener.name.<listener>.<mechanism>.` as well.
 */
export const securityConfig = configTable({
  'sasl.enabled.mechanisms': list({
    default: ['GSSAPI'],
    doc: 'SASL mechanisms that listeners of SASL_PLAINTEXT take: PLAIN, SCRAM-SHA-256, SCRAM-SHA-512.',
  }),
  'sasl.mechanism.inter.broker.protocol': string({
    default: 'GSSAPI',
    doc: 'SASL mechanism with which this broker says to other brokers who it is.',
  }),
  'sasl.mechanism.controller.protocol': string({
    default: 'GSSAPI',
    doc: 'SASL mechanism with which this node says to controllers who it is.',
  }),
  'sasl.jaas.config': password({
    default: null,
    doc: 'Login module and its options, for mechanisms without a listener.name.<listener>.<mechanism>.sasl.jaas.config.',
  }),
  'sasl.server.max.receive.size': int({
    default: 524288,
    doc: 'Size of the largest request of a client that has not said who it is.',
  }),
  'connections.max.reauth.ms': long({
    default: 0,
    doc: 'For how long a client may use a connection before it has to say again who it is. Not positive: for ever.',
  }),
  'connection.failed.authentication.delay.ms': int({
    default: 100,
    min: 0,
    doc: 'How long a client that could not say who it is waits for the answer.',
  }),
  'authorizer.class.name': className({
    default: '',
    doc: `Who decides what clients and other nodes may do: ${STANDARD_AUTHORIZER}, by ACLs. Empty: everybody may do all.`,
    validate: (name) =>
      name === '' || name === STANDARD_AUTHORIZER ? undefined : `the only authorizer here is ${STANDARD_AUTHORIZER}`,
  }),
  'principal.builder.class': className({
    default: DEFAULT_PRINCIPALS,
    doc: 'What makes of a user the principal that ACLs name: User:alice of alice.',
    validate: (name) =>
      name === DEFAULT_PRINCIPALS ? undefined : `principals are made here as by ${DEFAULT_PRINCIPALS}`,
  }),
  'super.users': string({
    default: '',
    doc: 'Who may do everything, whatever the ACLs say: User:alice;User:bob. Brokers and controllers have to be among them.',
    validate: (text) => {
      const wrong = superUsersOf(text).find((user) => parsePrincipal(user) === undefined)
      return wrong === undefined ? undefined : `${wrong} is no principal such as User:alice; several are separated by ;`
    },
  }),
  'allow.everyone.if.no.acl.found': boolean({
    default: false,
    doc: 'Whether everybody may do everything to a resource that no ACL is about.',
  }),
})

export function superUsersOf(text: string): string[] {
  return text.split(';').flatMap((user) => (user.trim() === '' ? [] : user.trim()))
}

export type SecurityConfig = ConfigOf<typeof securityConfig>
