import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import t from 'tap'
import { ErrorCode, errorMessage, errorName, isRetriable, ProtocolError } from '../../protocol/errors.ts'

const FACTS = resolve('../shared/kafka/error-codes.json')

t.test(
  'codes, names and retriability are those of the facts',
  { skip: existsSync(FACTS) ? false : 'no facts' },
  (t) => {
    const facts = JSON.parse(readFileSync(FACTS, 'utf8')) as { code: number; name: string; retriable: boolean }[]
    for (const { code, name, retriable } of facts) {
      t.equal(errorName(code), name)
      t.equal(ErrorCode[name as keyof typeof ErrorCode], code)
      t.equal(isRetriable(code), retriable, name)
    }
    t.end()
  },
)

t.test('N-I1: codes 129 to 133', (t) => {
  t.strictSame([129, 130, 131, 132, 133].map(errorName), [
    'REBOOTSTRAP_REQUIRED',
    'STREAMS_INVALID_TOPOLOGY',
    'STREAMS_INVALID_TOPOLOGY_EPOCH',
    'STREAMS_TOPOLOGY_FENCED',
    'SHARE_SESSION_LIMIT_REACHED',
  ])
  t.equal(isRetriable(129), false)
  t.equal(isRetriable(133), true)
  t.end()
})

t.test('every code from -1 to 133 has one name and a message of its own', (t) => {
  const codes = Object.values(ErrorCode).sort((a, b) => a - b)
  t.strictSame(
    codes,
    Array.from({ length: 135 }, (_, i) => i - 1),
  )
  t.equal(new Set(codes.map(errorMessage)).size, codes.length)
  t.equal(errorMessage(0), null)
  t.end()
})

t.test('a code that is not in the table', (t) => {
  t.equal(errorName(4711), 'ERROR_4711')
  t.equal(errorMessage(4711), 'Unknown error code 4711.')
  t.equal(isRetriable(4711), false)
  t.end()
})

t.test('ProtocolError carries its code, and its sentence unless given another', (t) => {
  t.equal(new ProtocolError(ErrorCode.INVALID_RECORD).message, errorMessage(87))
  t.match(new ProtocolError(ErrorCode.INVALID_RECORD, 'null key'), { code: 87, message: 'null key' })
  t.end()
})
