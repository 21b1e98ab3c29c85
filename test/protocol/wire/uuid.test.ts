import t from 'tap'
import { isUuid, ONE_UUID, uuidFromBytes, uuidFromRandom, uuidToBytes, ZERO_UUID } from '../../../protocol/wire/uuid.ts'

t.test('text and bytes', (t) => {
  t.equal(uuidFromBytes(Buffer.alloc(16)), ZERO_UUID)
  t.equal(uuidFromBytes(Buffer.from('ff00000000000000000000000000000001', 'hex'), 1), ONE_UUID)
  t.same(uuidToBytes(`${'_'.repeat(21)}w`), Buffer.alloc(16, 0xff))
  for (const text of ['', 'A', `${ZERO_UUID}A`, '!'.repeat(22), 'AAAAAAAAAAAAAAAAAAAAAB']) {
    t.equal(isUuid(text), false, text)
    t.throws(() => uuidToBytes(text), RangeError)
  }
  t.end()
})

t.test('a random UUID is of version 4 and never begins with a dash', (t) => {
  const id = uuidFromRandom(Buffer.alloc(16, 0xfb))
  t.not(id[0], '-')
  const bytes = uuidToBytes(id)
  t.equal(bytes[6]! >>> 4, 4)
  t.equal(bytes[8]! >>> 6, 2)
  t.end()
})
