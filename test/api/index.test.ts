import t from 'tap'
import { type ApiKey, type ApiOf, apiByKey } from '../../protocol/api/index.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import { ResponseHeader, responseHeaderVersion } from '../../protocol/header.ts'
import { Reader } from '../../protocol/wire/reader.ts'
import { ZERO_UUID } from '../../protocol/wire/uuid.ts'
import { Writer } from '../../protocol/wire/writer.ts'
import { Api } from '../../src/api/index.ts'
import type { Services } from '../../src/api/services.ts'
import { AssertionFailure } from '../../src/base/assert.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { ANONYMOUS } from '../../src/security/principal.ts'
import { batchOf, KEY } from './harness.ts'

/** An API on services all of which fail in the same way. */
function broken(failure: Error) {
  const fail = () => {
    throw failure
  }
  const room = new Proxy({}, { get: () => fail })
  const services = new Proxy({ logger: silentLogger } as Record<string, unknown>, {
    get: (known, name: string) => known[name] ?? (name === 'image' ? fail : room),
  })
  const api = new Api(services as unknown as Services, 'broker')
  return async <Key extends ApiKey>(key: Key, version: number, body: ApiOf<Key>['request']['Input']) => {
    const writer = new Writer()
    const definition = apiByKey(key)
    definition.request.encode(writer, version, body as never)
    const frame = Buffer.concat(writer.finish())
    const reply = await api.dispatch({
      header: { apiKey: key, apiVersion: version, correlationId: 1, clientId: 'test' },
      body: new Reader(frame),
      frame,
      connection: { listener: 'PLAINTEXT', remote: { host: '127.0.0.1', port: 1 }, principal: ANONYMOUS },
    })
    if (reply.kind !== 'reply') return reply
    const reader = new Reader(Buffer.concat(reply.chunks))
    ResponseHeader.decode(reader, responseHeaderVersion(key, version)!)
    return definition.response.decode(reader, version) as ApiOf<Key>['response']['T']
  }
}

const topicData = [{ name: 'topic', partitionData: [{ index: 3, records: batchOf(['v']) }] }]
const produce = (acks: number) => ({ acks, timeoutMs: 1000, topicData })
const fetch = {
  maxWaitMs: 0,
  minBytes: 0,
  sessionId: 7,
  topics: [
    { topic: 'topic', topicId: ZERO_UUID, partitions: [{ partition: 3, fetchOffset: 0, partitionMaxBytes: 1 }] },
  ],
  forgottenTopicsData: [],
}

t.test('I19: what fails in a handler is answered in the form of its API', async (t) => {
  const send = broken(new TypeError('not a thing'))
  const errorCode = ErrorCode.UNKNOWN_SERVER_ERROR
  t.match(await send(KEY.METADATA, 9, { topics: [{ name: 'topic' }] }), {
    brokers: [],
    topics: [{ name: 'topic', errorCode }],
  })
  t.match(await send(KEY.PRODUCE, 9, produce(-1)), {
    responses: [{ name: 'topic', partitionResponses: [{ index: 3, errorCode, baseOffset: -1, logStartOffset: -1 }] }],
  })
  for (const version of [4, 12]) {
    t.match(await send(KEY.FETCH, version, fetch), {
      errorCode: version < 7 ? 0 : errorCode,
      sessionId: version < 7 ? 0 : 7,
      responses: [{ topic: 'topic', partitions: [{ partitionIndex: 3, errorCode, records: Buffer.alloc(0) }] }],
    })
  }
  t.match(await send(KEY.FETCH, 13, fetch), { errorCode, sessionId: 7, responses: [] }, 'by id: at the top alone')
  const { memberId, ...join } = (await send(KEY.JOIN_GROUP, 7, {
    groupId: 'g',
    sessionTimeoutMs: 6000,
    rebalanceTimeoutMs: 6000,
    memberId: 'm',
    protocolType: 'consumer',
    protocols: [],
  })) as ApiOf<11>['response']['T']
  t.match(join, { errorCode, generationId: -1, protocolName: null, leader: '' })
  t.equal(memberId, '')
  const topics = [{ name: 'topic', partitionIndexes: [3] }]
  t.match(await send(KEY.OFFSET_FETCH, 1, { groupId: 'g', topics }), {
    topics: [{ name: 'topic', partitions: [{ partitionIndex: 3, committedOffset: -1, errorCode }] }],
  })
  t.match(await send(KEY.OFFSET_FETCH, 7, { groupId: 'g', topics }), { topics: [], errorCode })
})

t.test('C37, I19: where acks=0 has no answer the connection ends', async (t) => {
  t.match(await broken(new TypeError('not a thing'))(KEY.PRODUCE, 9, produce(0)), { kind: 'close' })
})

t.test('an impossible state is not for an answer to hide', async (t) => {
  const send = broken(new AssertionFailure('impossible'))
  await t.rejects(Promise.resolve(send(KEY.METADATA, 9, { topics: null })), AssertionFailure)
})
