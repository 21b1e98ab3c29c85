import t from 'tap'
import { ErrorCode } from '../../protocol/errors.ts'
import { KEY, TestBroker } from './harness.ts'

t.test('ListConfigResources', async (t) => {
  const broker = await TestBroker.start(t, { topics: { a: {}, b: { config: { 'retention.ms': '5' } } } })
  const ask = async (version: number, resourceTypes: number[]) => {
    const answer = await broker.send(KEY.LIST_CONFIG_RESOURCES, version, version === 0 ? {} : { resourceTypes })
    const names = answer.configResources.map(({ resourceType, resourceName }) => `${resourceType}:${resourceName}`)
    return { errorCode: answer.errorCode, names: names.sort() }
  }
  t.strictSame(await ask(0, []), { errorCode: 0, names: [] }, 'v0: client metrics, of which there are none')
  t.strictSame(await ask(1, []), { errorCode: 0, names: ['2:a', '2:b', '4:1', '8:1'] }, 'N-F19: set or not')
  t.strictSame(await ask(1, [2, 16, 32]), { errorCode: 0, names: ['2:a', '2:b'] })
  t.strictSame(await ask(1, [4, 4]), { errorCode: 0, names: ['4:1'] })
  t.strictSame(await ask(1, [2, 3]), { errorCode: ErrorCode.UNSUPPORTED_VERSION, names: [] }, 'N-F18: for all')
})
