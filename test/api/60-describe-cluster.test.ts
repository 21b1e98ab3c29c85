import t from 'tap'
import { ErrorCode } from '../../protocol/errors.ts'
import { KEY, TestBroker, versionsOf } from './harness.ts'

t.test('DescribeCluster', async (t) => {
  const broker = await TestBroker.start(t, { config: { 'broker.rack': 'east' } })
  const { nodeId, clusterId, port } = broker.broker
  for (const version of versionsOf(KEY.DESCRIBE_CLUSTER)) {
    t.test(`v${version}`, async (t) => {
      const body = { includeClusterAuthorizedOperations: false }
      const answer = await broker.send(KEY.DESCRIBE_CLUSTER, version, body)
      t.match(answer, {
        errorCode: 0,
        clusterId,
        controllerId: nodeId,
        brokers: [{ brokerId: nodeId, host: '127.0.0.1', port, rack: 'east', isFenced: false }],
      })
      if (version < 1) return
      const codeOf = async (endpointType: number) =>
        (await broker.send(KEY.DESCRIBE_CLUSTER, version, { ...body, endpointType })).errorCode
      t.equal(await codeOf(2), ErrorCode.MISMATCHED_ENDPOINT_TYPE)
      t.equal(await codeOf(3), ErrorCode.UNSUPPORTED_ENDPOINT_TYPE)
    })
  }
})
