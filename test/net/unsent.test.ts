import t from 'tap'
import { FETCH, memoryServer, replyTo, smallRequest } from './harness.ts'

t.test('replies count until their peers have taken them, or are gone', async (t) => {
  const s = await memoryServer({ dispatch: (request) => replyTo(request, 1_000_000) })
  const reader = await s.connect()
  const silent = await s.connect()
  silent.socket.pause()
  for (const client of [reader, silent]) client.send(smallRequest(FETCH, 1))
  await s.settle()
  t.equal(reader.answers.length, 1)
  t.ok(s.server.unsentBytes > 0 && s.server.unsentBytes < 1_100_000, `${s.server.unsentBytes} bytes of the one reply`)
  silent.socket.destroy()
  await s.settle()
  t.equal(s.server.unsentBytes, 0)

  const late = await s.connect()
  late.socket.pause()
  late.send(smallRequest(FETCH, 1))
  await s.settle()
  t.ok(s.server.unsentBytes > 0)
  late.socket.resume()
  await s.settle()
  t.equal(late.answers.length, 1)
  t.equal(s.server.unsentBytes, 0)
})
