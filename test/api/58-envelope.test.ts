import t from 'tap'
import { type ApiKey, type ApiOf, apiByKey } from '../../protocol/api/index.ts'
import { ErrorCode, ProtocolError } from '../../protocol/errors.ts'
import { decodeRequestHeader, encodeRequest, encodeResponse } from '../../protocol/frame.ts'
import { ResponseHeader, responseHeaderVersion } from '../../protocol/header.ts'
import { Reader } from '../../protocol/wire/reader.ts'
import type { ListenerKind } from '../../src/api/handler.ts'
import { Api, type IncomingRequest } from '../../src/api/index.ts'
import type { Services } from '../../src/api/services.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { ANONYMOUS, encodePrincipal, userPrincipal } from '../../src/security/principal.ts'
import { KEY } from './harness.ts'

const ENVELOPE = 58
const deletion = { topicNames: ['orders'], timeoutMs: 1000 }
const DELETION_VERSION = 5
const connection = { listener: 'PLAINTEXT', remote: { host: '10.1.2.3', port: 4 }, principal: ANONYMOUS }

/** What a connection would hand over. */
function incoming<Key extends ApiKey>(key: Key, version: number, body: ApiOf<Key>['request']['Input']) {
  const frame = Buffer.concat(encodeRequest(apiByKey(key), version, 77, 'someone', body as never)).subarray(4)
  const header = decodeRequestHeader(frame)
  const request: IncomingRequest = {
    header: { apiKey: key, apiVersion: version, correlationId: header.correlationId, clientId: header.clientId },
    body: header.body,
    frame,
    connection,
  }
  return request
}

function decoded<Key extends ApiKey>(key: Key, version: number, answer: Buffer) {
  const reader = new Reader(answer)
  const { correlationId } = ResponseHeader.decode(reader, responseHeaderVersion(key, version)!)
  return { correlationId, body: apiByKey(key).response.decode(reader, version) as ApiOf<Key>['response']['T'] }
}

/** A node that may be the active controller; its decisions on topics are always the same. */
function node(kind: ListenerKind, services: Partial<Services>) {
  const all = { logger: silentLogger, ...services }
  return new Api(all as unknown as Services, kind)
}

const deletes = {
  deleteTopics: async () => ({
    throttleTimeMs: 0,
    responses: [{ name: 'orders', errorCode: ErrorCode.NONE, errorMessage: null }],
  }),
}

t.test('B89, B91: a forwarded request is answered with the header and version of its client', async (t) => {
  const seen: unknown[] = []
  const controller = node('controller', { isActiveController: () => true, controller: deletes as never })
  const broker = node('broker', {
    isActiveController: () => false,
    forward: async (requestData, client) => {
      seen.push(client.remote.host)
      const requestPrincipal = encodePrincipal(client.principal)
      const body = { requestData, requestPrincipal, clientHostAddress: Buffer.from([10, 1, 2, 3]) }
      const reply = await controller.dispatch(incoming(ENVELOPE, 0, body))
      if (reply.kind !== 'reply') throw new Error(`the controller gave ${reply.kind}`)
      const envelope = decoded(ENVELOPE, 0, Buffer.concat(reply.chunks)).body
      return envelope.responseData ?? (envelope.errorCode as ErrorCode)
    },
  })
  const reply = await broker.dispatch(incoming(KEY.DELETE_TOPICS, DELETION_VERSION, deletion))
  if (reply.kind !== 'reply') return t.fail(reply.kind)
  const { correlationId, body } = decoded(KEY.DELETE_TOPICS, DELETION_VERSION, Buffer.concat(reply.chunks))
  t.equal(correlationId, 77)
  t.match(body, { responses: [{ name: 'orders', errorCode: ErrorCode.NONE }] })
  t.same(seen, ['10.1.2.3'])
})

t.test('B92: no controller in time is answered in the form of the API that was asked', async (t) => {
  const broker = node('broker', {
    isActiveController: () => false,
    forward: async () => ErrorCode.REQUEST_TIMED_OUT,
  })
  const reply = await broker.dispatch(incoming(KEY.DELETE_TOPICS, DELETION_VERSION, deletion))
  if (reply.kind !== 'reply') return t.fail(reply.kind)
  const { body } = decoded(KEY.DELETE_TOPICS, DELETION_VERSION, Buffer.concat(reply.chunks))
  t.match(body, { responses: [{ name: 'orders', errorCode: ErrorCode.REQUEST_TIMED_OUT }] })
})

t.test('B90, B92: what the envelope itself is refused for', async (t) => {
  const ask = async (
    active: boolean,
    requestData: Buffer,
    controller: unknown = deletes,
    { addressBytes = 4, requestPrincipal = encodePrincipal(ANONYMOUS) as Buffer | null } = {},
  ) => {
    const api = node('controller', { isActiveController: () => active, controller: controller as never })
    const reply = await api.dispatch(
      incoming(ENVELOPE, 0, { requestData, requestPrincipal, clientHostAddress: Buffer.alloc(addressBytes) }),
    )
    if (reply.kind !== 'reply') throw new Error(reply.kind)
    return decoded(ENVELOPE, 0, Buffer.concat(reply.chunks)).body.errorCode
  }
  const frame = incoming(KEY.DELETE_TOPICS, DELETION_VERSION, deletion).frame
  t.equal(await ask(true, frame), ErrorCode.NONE)
  t.equal(await ask(false, frame), ErrorCode.NOT_CONTROLLER, 'the controller is elsewhere')
  t.equal(await ask(true, frame, deletes, { addressBytes: 16 }), ErrorCode.NONE)
  for (const addressBytes of [0, 3, 17, 60_001])
    t.equal(await ask(true, frame, deletes, { addressBytes }), ErrorCode.INVALID_REQUEST, `${addressBytes} bytes`)
  for (const requestPrincipal of [null, Buffer.from('User:alice')])
    t.equal(await ask(true, frame, deletes, { requestPrincipal }), ErrorCode.PRINCIPAL_DESERIALIZATION_FAILURE)
  const loses = {
    deleteTopics: async () => {
      throw new ProtocolError(ErrorCode.NOT_CONTROLLER)
    },
  }
  t.equal(await ask(true, frame, loses), ErrorCode.NOT_CONTROLLER, 'leadership went meanwhile')
  const notForwarded = incoming(KEY.API_VERSIONS, 0, {}).frame
  t.equal(await ask(true, notForwarded), ErrorCode.INVALID_REQUEST, 'an API that no broker forwards')
  t.equal(await ask(true, frame.subarray(0, frame.length - 3)), ErrorCode.UNSUPPORTED_VERSION, 'cut short')
  t.equal(await ask(true, Buffer.from([1])), ErrorCode.UNSUPPORTED_VERSION, 'no header')
})

t.test('F38: the controller sees the principal and the address of the client, not those of the broker', async (t) => {
  const api = node('controller', { isActiveController: () => true, controller: deletes as never })
  const seen: unknown[] = []
  const enveloped = api.enveloped.bind(api)
  api.enveloped = (frame, { principal, remote, listener }) => {
    seen.push({ principal, host: remote.host, listener })
    return enveloped(frame, connection)
  }
  for (const [address, host] of [
    ['0a090807', '10.9.8.7'],
    ['20010db8000000000000000000000001', '2001:db8:0:0:0:0:0:1'],
  ] as const) {
    const requestData = incoming(KEY.DELETE_TOPICS, DELETION_VERSION, deletion).frame
    const requestPrincipal = encodePrincipal({ ...userPrincipal('alice'), tokenAuthenticated: true })
    const clientHostAddress = Buffer.from(address, 'hex')
    await api.dispatch(incoming(ENVELOPE, 0, { requestData, requestPrincipal, clientHostAddress }))
    const principal = { type: 'User', name: 'alice', tokenAuthenticated: true }
    t.same(seen.pop(), { principal, host, listener: 'PLAINTEXT' })
  }
})

t.test('B96: an envelope is for controllers, a produce request for brokers', (t) => {
  const servedBy = (kind: ListenerKind) => node(kind, {}).served.map(({ apiKey }) => apiKey)
  t.notOk(servedBy('broker').includes(ENVELOPE))
  t.ok(servedBy('controller').includes(ENVELOPE))
  t.notOk(servedBy('controller').includes(KEY.PRODUCE))
  t.end()
})

t.test('B54, B56: what the broker refuses does not travel, and the answers become one', async (t) => {
  const ALTER = KEY.INCREMENTAL_ALTER_CONFIGS
  const configs = [{ name: 'retention.ms', configOperation: 0, value: '1' }]
  const topic = (resourceName: string) => ({ resourceType: 2, resourceName, configs })
  const passedOn: string[][] = []
  let outcome: Buffer | ErrorCode = ErrorCode.REQUEST_TIMED_OUT
  const broker = node('broker', {
    nodeId: 1,
    isActiveController: () => false,
    forward: async (frame) => {
      const { correlationId, version, body } = decodeRequestHeader(frame)
      const { resources } = apiByKey(ALTER).request.decode(body, version)
      passedOn.push([`${correlationId}`, ...resources.map(({ resourceName }) => resourceName)])
      return outcome
    },
  })
  const ask = async (...resources: ReturnType<typeof topic>[]) => {
    const reply = await broker.dispatch(incoming(ALTER, 1, { resources, validateOnly: false }))
    if (reply.kind !== 'reply') throw new Error(reply.kind)
    const { correlationId, body } = decoded(ALTER, 1, Buffer.concat(reply.chunks))
    return [correlationId, ...body.responses.map(({ resourceName, errorCode }) => [resourceName, errorCode])]
  }
  const { INVALID_REQUEST, REQUEST_TIMED_OUT, INVALID_CONFIG } = ErrorCode
  t.strictSame(await ask(topic('a'), topic('b'), topic('a')), [
    77,
    ['a', INVALID_REQUEST],
    ['b', REQUEST_TIMED_OUT],
    ['a', INVALID_REQUEST],
  ])
  const responses = ['c', 'b'].map((resourceName) => ({
    errorCode: resourceName === 'b' ? INVALID_CONFIG : 0,
    errorMessage: null,
    resourceType: 2,
    resourceName,
  }))
  outcome = Buffer.concat(encodeResponse(apiByKey(ALTER), 1, 77, { throttleTimeMs: 0, responses })).subarray(4)
  t.strictSame(await ask(topic('b'), topic('c')), [77, ['b', INVALID_CONFIG], ['c', 0]], 'in the order of the request')
  t.strictSame(await ask(topic('a'), topic('a')), [77, ['a', INVALID_REQUEST], ['a', INVALID_REQUEST]])
  t.strictSame(passedOn, [
    ['77', 'b'],
    ['77', 'b', 'c'],
  ])
})

t.test('B92: a controller that loses its office over a request of its own clients passes it on', async (t) => {
  const controller = node('controller', { isActiveController: () => true, controller: deletes as never })
  const lost = {
    deleteTopics: async () => {
      throw new ProtocolError(ErrorCode.NOT_CONTROLLER)
    },
  }
  const broker = node('broker', {
    isActiveController: () => true,
    controller: lost as never,
    forward: (frame, client) => controller.enveloped(frame, client),
  })
  const reply = await broker.dispatch(incoming(KEY.DELETE_TOPICS, DELETION_VERSION, deletion))
  if (reply.kind !== 'reply') return t.fail(reply.kind)
  const { correlationId, body } = decoded(KEY.DELETE_TOPICS, DELETION_VERSION, Buffer.concat(reply.chunks))
  t.equal(correlationId, 77)
  t.match(body, { responses: [{ name: 'orders', errorCode: ErrorCode.NONE }] })
})
