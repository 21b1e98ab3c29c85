import t from 'tap'
import { apiByKey } from '../../protocol/api/index.ts'
import { encodeResponse } from '../../protocol/frame.ts'
import type { IncomingRequest, Reply } from '../../src/net/dispatch.ts'
import { Peer, PeerError, type PeerOptions } from '../../src/net/peer.ts'
import { API_VERSIONS, apiVersionsReply, METADATA, memoryServer, PRODUCE } from './harness.ts'

const CLUSTER = 60
const SERVED: [number, number, number][] = [
  [PRODUCE, 0, 13],
  [METADATA, 0, 9],
  [API_VERSIONS, 0, 4],
]

function metadataReply({ header }: IncomingRequest, clusterId: string): Reply {
  const chunks = encodeResponse(apiByKey(METADATA), header.apiVersion, header.correlationId, {
    brokers: [],
    clusterId,
    controllerId: 1,
    topics: [],
  })
  return { kind: 'reply', chunks: [Buffer.concat(chunks).subarray(4)] }
}

async function world(dispatch: (request: IncomingRequest) => Reply | Promise<Reply>) {
  const server = await memoryServer({
    dispatch: (request) =>
      request.header.apiKey === API_VERSIONS ? apiVersionsReply(request, SERVED) : dispatch(request),
  })
  const open = async (options: Partial<PeerOptions> = {}) => {
    const connecting = Peer.connect({
      system: server.system,
      address: { host: 'localhost', port: 9092 },
      clientId: 'test',
      ...options,
    })
    connecting.catch(() => {})
    await server.time.run(0)
    return connecting
  }
  return { ...server, open }
}

t.test('learns versions, sends, decodes the answer', async (t) => {
  const { open, settle } = await world((request) => metadataReply(request, 'cluster-1'))
  const peer = await open()
  t.same(peer.versions.get(METADATA), [0, 9])
  t.equal(peer.versionFor(METADATA), 9)
  const sending = peer.send(METADATA, { topics: null })
  await settle()
  t.match(await sending, { clusterId: 'cluster-1', controllerId: 1 })
  t.equal(peer.inFlight, 0)
  peer.close()
  await settle()
})

t.test('an API or version that the two do not share is told with both ranges', async (t) => {
  const { open } = await world((request) => metadataReply(request, ''))
  const peer = await open()
  await t.rejects(peer.send(CLUSTER, { includeClusterAuthorizedOperations: false }), {
    code: 'EVERSION',
    message: /DescribeCluster: localhost:9092 does not serve it; this program speaks 0 to/,
  })
})

t.test('any number of requests at a time, each with its answer', async (t) => {
  const { open, settle, server } = await world((request) =>
    metadataReply(request, String(request.header.correlationId)),
  )
  const peer = await open()
  const sendings = Array.from({ length: 1000 }, () => peer.send(METADATA, { topics: [] }))
  await settle()
  const ids = (await Promise.all(sendings)).map(({ clusterId }) => Number(clusterId))
  t.same(
    ids,
    Array.from({ length: 1000 }, (_, i) => ids[0]! + i),
  )
  t.equal(server.connections.size, 1)
})

t.test('a peer that lacks our version of ApiVersions is asked in its own', async (t) => {
  const asked: number[] = []
  const { system, time } = await memoryServer({
    dispatch: (request) => {
      asked.push(request.header.apiVersion)
      if (request.header.apiVersion <= 2) return apiVersionsReply(request, SERVED)
      const refusal = encodeResponse(apiByKey(API_VERSIONS), 0, request.header.correlationId, {
        errorCode: 35,
        apiKeys: [{ apiKey: API_VERSIONS, minVersion: 0, maxVersion: 2 }],
      })
      return { kind: 'reply', chunks: [Buffer.concat(refusal).subarray(4)] }
    },
  })
  const connecting = Peer.connect({ system, address: { host: 'localhost', port: 9092 }, clientId: 'test' })
  await time.run(0)
  t.same((await connecting).versions.get(METADATA), [0, 9])
  t.same(asked, [4, 2])
})

t.test('an answer that does not come in time is an error; the next one finds its request', async (t) => {
  const answers: (() => void)[] = []
  const { open, time } = await world(
    (request) =>
      new Promise((resolve) =>
        answers.push(() => resolve(metadataReply(request, String(request.header.correlationId)))),
      ),
  )
  const peer = await open({ requestTimeoutMs: 1000 })
  const slow = peer.send(METADATA, { topics: [] })
  slow.catch(() => {})
  await time.run(1000)
  await t.rejects(slow, { code: 'ETIMEDOUT', message: /localhost:9092 did not answer Metadata within 1000 ms/ })
  const next = peer.send(METADATA, { topics: [] })
  await time.run(0)
  answers[0]!()
  await time.run(0)
  answers[1]!()
  await time.run(0)
  t.equal((await next).clusterId, '2')
  peer.close()
  await time.run(0)
})

t.test('a connection that goes rejects what waits', async (t) => {
  const { open, settle, server } = await world(() => new Promise(() => {}))
  const peer = await open()
  let gone = 0
  peer.onClose(() => gone++)
  const sending = peer.send(METADATA, { topics: [] })
  sending.catch(() => {})
  await settle()
  server.destroyConnections()
  await settle()
  await t.rejects(sending, { code: 'ECLOSED', message: /localhost:9092 closed the connection/ })
  t.ok(peer.closed)
  t.equal(gone, 1)
  await t.rejects(peer.send(METADATA, { topics: [] }), PeerError)
})

t.test('nobody there, and somebody who is no broker', async (t) => {
  const { open, system, time } = await world(() => ({ kind: 'none' }))
  await t.rejects(open({ address: { host: 'localhost', port: 1 } }), {
    code: 'ECONNREFUSED',
    message: /nothing listens on localhost:1; is the broker running there\?/,
  })
  await system.network.listen({ host: 'localhost', port: 80 }, (socket) => {
    socket.handle({ onData: () => socket.write([Buffer.from('HTTP/1.1 400 Bad')]), onDrain() {}, onClose() {} })
  })
  const web = open({ address: { host: 'localhost', port: 80 } })
  web.catch(() => {})
  await time.run(0)
  await t.rejects(web, { code: 'EPROTOCOL', message: /is it a Kafka broker/ })
})

t.test('requests beyond the bound wait here, in order, until there is room', async (t) => {
  const answers: (() => void)[] = []
  const { open, settle, held, server, time } = await world(
    (request) =>
      new Promise((resolve) =>
        answers.push(() => resolve(metadataReply(request, String(request.header.correlationId)))),
      ),
  )
  const peer = await open({ requestTimeoutMs: 1000 })
  const sendings = Array.from({ length: 600 }, () => peer.send(METADATA, { topics: [] }))
  await settle()
  t.equal(peer.inFlight, 256)
  while (answers.length > 0) {
    answers.shift()!()
    await settle()
    t.ok(peer.inFlight <= 256)
  }
  const ids = (await Promise.all(sendings)).map(({ clusterId }) => Number(clusterId))
  t.same(
    ids,
    ids.toSorted((a, b) => a - b),
  )

  const late = Array.from({ length: 300 }, () => peer.send(METADATA, { topics: [] }).catch((error) => error.code))
  await settle()
  await time.run(1000)
  t.same([...new Set(await Promise.all(late))], ['ETIMEDOUT'])
  const rejected = peer.send(METADATA, { topics: [] }).catch((error) => error.code)
  server.destroyConnections()
  await settle()
  t.equal(await rejected, 'ECLOSED', 'those that wait are rejected too')
  t.same(held, [])
})

t.test('an answer to something else ends the connection', async (t) => {
  const { open, settle } = await world(({ header }) => {
    const chunk = Buffer.alloc(8)
    chunk.writeInt32BE(header.correlationId + 1)
    return { kind: 'reply', chunks: [chunk] }
  })
  const peer = await open()
  const sending = peer.send(METADATA, { topics: [] })
  sending.catch(() => {})
  await settle()
  await t.rejects(sending, { code: 'EPROTOCOL', message: /answer 2 where 1 was due/ })
  t.ok(peer.closed)
})

t.test('sendOneWay waits for no answer', async (t) => {
  const produced: number[] = []
  const { open, settle } = await world((request) => {
    produced.push(request.header.apiKey)
    return { kind: 'none' }
  })
  const peer = await open()
  await peer.sendOneWay(PRODUCE, { acks: 0, timeoutMs: 1, topicData: [] }, { version: 9 })
  await settle()
  t.same(produced, [PRODUCE])
  t.equal(peer.inFlight, 0)
})
