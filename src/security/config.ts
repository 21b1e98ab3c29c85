import { type ConfigOf, configTable, int, list, long, password, string } from '../base/config.ts'

/** Who clients and other nodes are. Most keys may stand behind `listener.name.<listener>.` too, for that one alone. */
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
})
export type SecurityConfig = ConfigOf<typeof securityConfig>
