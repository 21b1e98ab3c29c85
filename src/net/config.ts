import { type ConfigOf, configTable, enumeration, int, list, long, string } from '../base/config.ts'

const INT_MAX = 2 ** 31 - 1

/** Connections and listeners. Where Kafka's meaning has no counterpart here, the doc says so. */
export const netConfig = configTable({
  listeners: list({
    default: ['PLAINTEXT://localhost:9092'],
    notEmpty: true,
    doc: 'Where to listen from the start on, as NAME://host:port. Empty host: all interfaces. localhost: 127.0.0.1 and ::1 both. Port 0: the system chooses.',
  }),
  'advertised.listeners': list({
    default: null,
    notEmpty: true,
    doc: 'What clients are told, as NAME://host:port, for each listener that differs. Port 0: the one that was bound.',
  }),
  'listener.security.protocol.map': string({
    default: 'SASL_SSL:SASL_SSL,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT',
    doc: 'Security protocol of each listener name, as NAME:PROTOCOL pairs.',
  }),
  'inter.broker.listener.name': string({
    default: null,
    doc: 'The listener through which brokers reach each other. Unset: the one of security.inter.broker.protocol.',
  }),
  'security.inter.broker.protocol': enumeration({
    values: ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'],
    default: 'PLAINTEXT',
    doc: 'Security protocol between brokers, where inter.broker.listener.name is not set.',
  }),
  'socket.send.buffer.bytes': int({
    default: 102400,
    doc: 'Send buffer of a socket. Accepted; the operating system sizes buffers itself.',
  }),
  'socket.receive.buffer.bytes': int({
    default: 102400,
    doc: 'Receive buffer of a socket. Accepted; the operating system sizes buffers itself.',
  }),
  'socket.request.max.bytes': int({
    default: 104857600,
    min: 1,
    doc: 'Size of the largest request. A connection that announces a larger one is closed.',
  }),
  'socket.listen.backlog.size': int({
    default: 50,
    min: 1,
    doc: 'Connections that may wait to be accepted.',
  }),
  'connections.max.idle.ms': long({
    default: 600000,
    doc: 'A connection on which nothing moves for this long is closed. Negative: never.',
  }),
  'max.connections': int({
    default: INT_MAX,
    min: 0,
    update: 'cluster-wide',
    doc: 'Connections of this broker. Further ones wait until one closes, as many as socket.listen.backlog.size.',
  }),
  'max.connections.per.ip': int({
    default: INT_MAX,
    min: 0,
    update: 'cluster-wide',
    doc: 'Connections from one address. Further ones are closed at once.',
  }),
  'max.connections.per.ip.overrides': string({
    default: '',
    update: 'cluster-wide',
    doc: 'Exceptions to max.connections.per.ip, as address:count pairs.',
    validate: (text) => (parseOverrides(text) === undefined ? 'expected pairs such as 127.0.0.1:10,::1:10' : undefined),
  }),
  'queued.max.requests': int({
    default: 500,
    min: 1,
    doc: 'Requests that may wait for a handler. Accepted; requests start at once here and none waits in a common queue.',
  }),
  'queued.max.request.bytes': long({
    default: -1,
    doc: 'Bytes of requests that all connections may have under way; no further request is read beyond. Not positive: no limit.',
  }),
  'num.network.threads': int({
    default: 3,
    min: 1,
    update: 'cluster-wide',
    doc: 'Threads that read and write sockets. Accepted; one event loop does it here.',
  }),
})
export type NetConfig = ConfigOf<typeof netConfig>

/** `address:count` pairs; undefined if the text is not that. The address may hold colons itself. */
export function parseOverrides(text: string): ReadonlyMap<string, number> | undefined {
  const overrides = new Map<string, number>()
  for (const pair of text.split(',').filter((item) => item.trim() !== '')) {
    const [, address, count] = /^\s*(\S+):(\d+)\s*$/.exec(pair) ?? []
    if (address === undefined || count === undefined) return undefined
    overrides.set(address, Number(count))
  }
  return overrides
}
