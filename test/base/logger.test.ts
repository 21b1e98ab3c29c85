import t from 'tap'
import { createLogger } from '../../src/base/system-logger.ts'

function lines() {
  const written: string[] = []
  return { written, write: (line: string) => written.push(line) }
}

t.test('text: one readable line, with fields', async (t) => {
  const sink = lines()
  const logger = createLogger({ sink }).child({ topic: 'orders' })
  logger.warn('index rebuilt', { partition: 3, bytes: 7n, why: undefined, list: [1] })
  t.match(sink.written, [
    /^\d\d:\d\d:\d\d\.\d{3} warn {2}index rebuilt \(topic=orders partition=3 bytes=7 list=\[1\]\)\n$/,
  ])
})

t.test('levels below the chosen one are silent', async (t) => {
  const sink = lines()
  const logger = createLogger({ sink, level: 'warn' })
  logger.info('no')
  logger.debug('no')
  logger.error('yes')
  t.equal(sink.written.length, 1)
})

t.test('text from outside cannot forge a line or colours', async (t) => {
  const sink = lines()
  createLogger({ sink }).info('client says', { id: 'x\n12:00:00.000 error disk on fire\u001b[31m' })
  t.equal(sink.written[0]?.split('\n').length, 2)
  t.notMatch(sink.written[0], '\u001b')
})

t.test('an error line carries the stack, a warning only the message', async (t) => {
  const sink = lines()
  const logger = createLogger({ sink })
  const error = new Error('broken', { cause: new Error('deeper') })
  logger.warn('oh', { error })
  logger.error('oh', { error })
  t.match(sink.written[0], /error=broken\)\n$/)
  t.match(sink.written[1], /error=broken\)\n {4}Error: broken\n.*at /)
  t.match(sink.written[1], /caused by Error: deeper/)
})

t.test('json: one object a line', async (t) => {
  const sink = lines()
  const logger = createLogger({ sink, format: 'json' }).child({ topic: 'orders' })
  logger.info('rolled', { partition: 3, bytes: 7 })
  logger.error('failed', { error: new Error('broken') })
  const [first, second] = sink.written.map((line) => JSON.parse(line))
  t.match(first, { level: 'info', msg: 'rolled', topic: 'orders', partition: 3, bytes: 7, time: /T.*Z/ })
  t.match(second, { level: 'error', msg: 'failed', err: { message: 'broken', stack: /Error: broken/ } })
})
