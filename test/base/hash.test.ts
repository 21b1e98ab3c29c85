import t from 'tap'
import { coordinatorPartition, javaHash } from '../../src/base/hash.ts'

t.test('javaHash is String.hashCode', async (t) => {
  t.equal(javaHash(''), 0)
  t.equal(javaHash('a'), 97)
  t.equal(javaHash('hello'), 99162322)
  t.equal(javaHash('polygenelubricants'), -2147483648)
  t.equal(javaHash('é'), 233)
})

t.test('E1: a coordinator key belongs to the partition abs(hash) mod partitions, and MIN_VALUE to 0', async (t) => {
  t.equal(coordinatorPartition('hello', 50), 99162322 % 50)
  t.equal(coordinatorPartition('polygenelubricants', 50), 0)
})
