import t from 'tap'
import { defaultsOf } from '../../src/base/config.ts'
import { netConfig, parseOverrides } from '../../src/net/config.ts'
import { formatHostPort, parseListeners } from '../../src/net/listener.ts'

const map = defaultsOf(netConfig)['listener.security.protocol.map']
const parse = (listeners: string[], advertised: string[] | null = null, protocols = map) =>
  parseListeners({
    listeners,
    'advertised.listeners': advertised,
    'listener.security.protocol.map': protocols,
  })

t.test('I22: NAME://host:port, empty host, IPv6 in brackets, port 0', async (t) => {
  const { listeners, errors } = parse(
    ['PLAINTEXT://:9092', 'inside://[::1]:0', 'OUTSIDE://0.0.0.0:19092'],
    ['OUTSIDE://broker.example.com:443', 'INSIDE://[fe80::1]:0'],
    'PLAINTEXT:PLAINTEXT,INSIDE:PLAINTEXT, outside : ssl',
  )
  t.same(errors, [])
  t.same(listeners, [
    { name: 'PLAINTEXT', securityProtocol: 'PLAINTEXT', host: '', port: 9092 },
    { name: 'INSIDE', securityProtocol: 'PLAINTEXT', host: '::1', port: 0, advertised: { host: 'fe80::1', port: 0 } },
    {
      name: 'OUTSIDE',
      securityProtocol: 'SSL',
      host: '0.0.0.0',
      port: 19092,
      advertised: { host: 'broker.example.com', port: 443 },
    },
  ])
})

t.test('I22: names are unique, ports too, except for an IPv4 and IPv6 pair and port 0', async (t) => {
  const protocols = 'A:PLAINTEXT,B:PLAINTEXT'
  t.match(parse(['A://h:1', 'A://h:2'], null, protocols).errors, ['listeners: the name A appears twice'])
  t.match(parse(['A://h:1', 'B://k:1'], null, protocols).errors, ['listeners: A and B have the same port 1'])
  t.same(parse(['A://127.0.0.1:1', 'B://[::1]:1'], null, protocols).errors, [])
  t.same(parse(['A://h:0', 'B://h:0'], null, protocols).errors, [])
})

t.test('I23: advertised listeners exist and can be connected to', async (t) => {
  t.match(parse(['PLAINTEXT://:9092'], ['OTHER://h:1']).errors, [/there is no listener OTHER; listeners has PLAINTEXT/])
  t.match(parse(['PLAINTEXT://:9092'], ['PLAINTEXT://0.0.0.0:1']).errors, [/no client can connect to/])
  t.same(parse(['PLAINTEXT://:9092'], ['PLAINTEXT://:1']).errors, [])
})

t.test('what is not a listener is told what one looks like', async (t) => {
  for (const text of ['localhost:9092', 'PLAINTEXT://localhost', 'PLAINTEXT://h:65536', 'PLAINTEXT://h:-1', '://h:1']) {
    t.match(parse([text]).errors, [/is not NAME:\/\/host:port, such as PLAINTEXT:\/\/localhost:9092/], text)
  }
  t.match(parse(['EXTERNAL://h:1']).errors, [/add EXTERNAL:PLAINTEXT to listener.security.protocol.map/])
  t.match(parse(['PLAINTEXT://h:1'], null, 'PLAINTEXT:CLEAR').errors[0], /is not NAME:PROTOCOL/)
})

t.test('a controller listener needs no entry in the map', async (t) => {
  const { listeners, errors } = parseListeners(
    { listeners: ['CONTROLLER://localhost:9093'], 'listener.security.protocol.map': map },
    ['CONTROLLER'],
  )
  t.same(errors, [])
  t.equal(listeners[0]?.securityProtocol, 'PLAINTEXT')
})

t.test('max.connections.per.ip.overrides holds IPv6 addresses too', async (t) => {
  t.same(
    [...(parseOverrides('127.0.0.1:10, ::1:5,host:0') ?? [])],
    [
      ['127.0.0.1', 10],
      ['::1', 5],
      ['host', 0],
    ],
  )
  t.equal(parseOverrides('127.0.0.1'), undefined)
  t.equal(parseOverrides('')?.size, 0)
})

t.test('addresses print as clients take them', async (t) => {
  t.equal(formatHostPort({ host: '::1', port: 1 }), '[::1]:1')
  t.equal(formatHostPort({ host: 'h', port: 1 }), 'h:1')
})
