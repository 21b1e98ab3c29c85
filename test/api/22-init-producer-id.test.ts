import t from 'tap'
import { ErrorCode, ProtocolError } from '../../protocol/errors.ts'
import { initProducerId } from '../../src/api/22-init-producer-id.ts'
import { ANONYMOUS } from '../../src/security/principal.ts'
import { batchOf, KEY, TestBroker, versionsOf } from './harness.ts'

t.test('InitProducerId', async (t) => {
  const broker = await TestBroker.start(t, { topics: { t: {} } })
  const ask = (
    version: number,
    body: { transactionalId?: string | null; producerId?: bigint; producerEpoch?: number } = {},
  ) => broker.send(KEY.INIT_PRODUCER_ID, version, { transactionalId: null, transactionTimeoutMs: 1000, ...body })

  t.test('G12: every version gives an id of its own, with epoch 0', async (t) => {
    const ids = new Set<bigint>()
    for (const version of versionsOf(KEY.INIT_PRODUCER_ID)) {
      const { errorCode, producerId, producerEpoch } = await ask(version)
      t.equal(errorCode, 0)
      t.ok(producerId >= 0n)
      t.equal(producerEpoch, 0)
      ids.add(producerId)
      const sent = batchOf(['v'], { producerId: Number(producerId), producerEpoch, baseSequence: 0 })
      t.equal((await broker.produce('t', 0, sent)).errorCode, 0)
    }
    t.equal(ids.size, versionsOf(KEY.INIT_PRODUCER_ID).length)
  })

  t.test('more than a block of ids', async (t) => {
    const answers = await Promise.all(Array.from({ length: 2500 }, () => ask(4)))
    t.equal(new Set(answers.map(({ producerId }) => producerId)).size, 2500)
  })

  t.test('what is refused', async (t) => {
    t.match(await ask(4, { transactionalId: '' }), {
      errorCode: ErrorCode.INVALID_REQUEST,
      producerId: -1n,
      producerEpoch: -1,
    })
    t.equal((await ask(4, { producerId: 5n })).errorCode, ErrorCode.INVALID_REQUEST)
    t.equal((await ask(4, { producerEpoch: 5 })).errorCode, ErrorCode.INVALID_REQUEST)
    t.equal((await ask(4, { transactionalId: 'txn' })).errorCode, ErrorCode.COORDINATOR_NOT_AVAILABLE)
  })
})

t.test('G19: where the controller gives no ids, producers are told to ask again', async (t) => {
  const request = { transactionalId: null, transactionTimeoutMs: 1000, producerId: -1n, producerEpoch: -1 }
  const context = {
    apiVersion: 4,
    clientId: '',
    connection: { listener: 'PLAINTEXT', remote: { host: '', port: 0 }, principal: ANONYMOUS },
  }
  for (const code of [ErrorCode.REQUEST_TIMED_OUT, ErrorCode.STALE_BROKER_EPOCH]) {
    const producerIds = { next: () => Promise.reject(new ProtocolError(code)) }
    const answer = async () => initProducerId({ producerIds } as never).handle(request, context)
    await t.rejects(answer(), { code: ErrorCode.COORDINATOR_LOAD_IN_PROGRESS })
  }
})
