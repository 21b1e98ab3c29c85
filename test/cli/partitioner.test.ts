import t from 'tap'
import { murmur2, partitionOfKey } from '../../src/cli/partitioner.ts'

/** What Kafka's Java producer computes for these keys. */
const HASHES: Readonly<Record<string, number>> = {
  '21': -973932308,
  foobar: -790332482,
  'a-little-bit-long-string': -985981536,
  'a-little-bit-longer-string': -1486304829,
  lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8: -58897971,
  abc: 479470107,
}

t.test('murmur2 is that of the Java producer', async (t) => {
  for (const [key, hash] of Object.entries(HASHES)) t.equal(murmur2(Buffer.from(key)), hash, key)
})

t.test('the partition of a key is never negative', async (t) => {
  t.equal(partitionOfKey(Buffer.from('21'), 50), (-973932308 & 0x7fffffff) % 50)
  for (let partitions = 1; partitions < 20; partitions++) {
    const partition = partitionOfKey(Buffer.from('foobar'), partitions)
    t.ok(partition >= 0 && partition < partitions)
  }
})
