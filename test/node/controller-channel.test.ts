import t from 'tap'
import { ErrorCode } from '../../protocol/errors.ts'
import { ControllerChannel } from '../../src/node/controller-channel.ts'
import { API_VERSIONS, apiVersionsReply, memoryServer } from '../net/harness.ts'

const HEARTBEAT = 63
const SELF = 2
const heartbeat = {
  brokerId: SELF,
  brokerEpoch: 7n,
  currentMetadataOffset: 1,
  wantFence: false,
  wantShutDown: false,
  offlineLogDirs: [],
}

t.test('C12: a controller that has gone without a word is not waited for once another one leads', async (t) => {
  let asked = 0
  const server = await memoryServer({
    dispatch: (request) => {
      if (request.header.apiKey === API_VERSIONS) return apiVersionsReply(request, [[HEARTBEAT, 0, 1]])
      asked++
      return new Promise(() => {})
    },
  })
  let leader = { id: 1, endpoint: { host: 'localhost', port: 9092 } as { host: string; port: number } | undefined }
  const channel = new ControllerChannel({
    system: { ...server.system, clock: server.time, timers: server.time },
    nodeId: SELF,
    clientId: 'test',
    leader: () => leader,
    callLocal: async () => ({ errorCode: ErrorCode.NONE, isCaughtUp: true }),
  })
  const answer = channel.send(HEARTBEAT, heartbeat, { timeoutMs: 30_000 })
  await server.time.run(10)
  t.equal(asked, 1)
  const beforeMs = server.time.monotonicMs()
  leader = { id: -1, endpoint: undefined }
  channel.leaderChanged()
  await server.time.run(100)
  leader = { id: SELF, endpoint: undefined }
  channel.leaderChanged()
  let caughtUp: boolean | undefined
  answer.then(({ isCaughtUp }) => {
    caughtUp = isCaughtUp
  })
  await server.time.run(100)
  t.equal(caughtUp, true)
  t.ok(server.time.monotonicMs() - beforeMs < 30_000)
  channel.close()
  await server.time.run(0)
})
