import t from 'tap'
import { apiByKey } from '../../protocol/api/index.ts'
import { decodeRequestHeader, decodeResponse, encodeRequest, encodeResponse } from '../../protocol/frame.ts'
import { requestHeaderVersion, responseHeaderVersion } from '../../protocol/header.ts'

const HEARTBEAT = apiByKey(12)
const API_VERSIONS = apiByKey(18)

t.test('header versions go with the flexible versions of the API', (t) => {
  t.equal(requestHeaderVersion(12, 3), 1)
  t.equal(requestHeaderVersion(12, 4), 2)
  t.equal(responseHeaderVersion(12, 3), 0)
  t.equal(responseHeaderVersion(12, 4), 1)
  t.equal(requestHeaderVersion(17, 1), 1)
  t.equal(requestHeaderVersion(18, 99), 2)
  t.equal(responseHeaderVersion(18, 4), 0)
  t.equal(requestHeaderVersion(7, 0), undefined)
  t.equal(responseHeaderVersion(93, 0), undefined)
  t.end()
})

t.test('the client id keeps its classic length in a flexible header', (t) => {
  const body = { groupId: 'g', generationId: 1, memberId: 'm', groupInstanceId: null }
  const frame = Buffer.concat(encodeRequest(HEARTBEAT, 4, 7, 'c', body))
  t.equal(
    frame.toString('hex'),
    '00000016' + '000c0004' + '00000007' + '000163' + '00' + '0267' + '00000001' + '026d' + '0000',
  )
  const { version, correlationId, clientId, body: reader } = decodeRequestHeader(frame.subarray(4))
  t.strictSame({ version, correlationId, clientId }, { version: 4, correlationId: 7, clientId: 'c' })
  t.strictSame(HEARTBEAT.request.decode(reader, version), body)
  t.end()
})

t.test('a response of ApiVersions has the plainest header in every version', (t) => {
  const frame = Buffer.concat(encodeResponse(API_VERSIONS, 3, 9, { errorCode: 0, apiKeys: [] })).subarray(4)
  t.equal(frame.toString('hex'), '00000009' + '0000' + '01' + '00000000' + '00')
  t.equal(decodeResponse(API_VERSIONS, 3, frame).correlationId, 9)
  t.end()
})

t.test('the header of an ApiVersions request of an unknown version is read, the body left alone', (t) => {
  const header = Buffer.from('0012' + '0063' + '00000001' + 'ffff' + '00', 'hex')
  t.match(decodeRequestHeader(header), { api: API_VERSIONS, version: 99, correlationId: 1, clientId: null })
  t.end()
})

t.test('a key that does not exist is a DecodeError', (t) => {
  t.throws(() => decodeRequestHeader(Buffer.from('000400000000000100', 'hex')), { message: 'no API has key 4' })
  t.throws(() => decodeRequestHeader(Buffer.alloc(3)), { name: 'DecodeError' })
  t.end()
})
