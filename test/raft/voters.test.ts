import t from 'tap'
import { ZERO_UUID } from '../../protocol/wire/uuid.ts'
import { isDescribed, isVoter, votersIn, votersRecords, withoutVoter, withVoter } from '../../src/raft/voters.ts'
import { directoryId, staticVoter, voter } from './cluster.ts'

t.test('A91: under kraft.version 0 the id counts alone, under 1 the directory too', async (t) => {
  const key = { id: 1, directoryId: directoryId(7) }
  t.equal(isVoter([staticVoter(1)], key), true)
  t.equal(isVoter([voter(1)], key), false)
  t.equal(isVoter([voter(1, directoryId(7))], key), true)
  t.equal(isVoter([voter(1)], { id: 1, directoryId: ZERO_UUID }), false, 'no directory is another one')
  t.equal(isVoter([voter(2)], key), false)
})

t.test('a voter set comes back from its records', async (t) => {
  const voters = [voter(1), voter(2)]
  t.same(votersIn(votersRecords(voters)), voters)
  t.same(votersIn([...votersRecords(voters), ...votersRecords([voter(3)])]), [voter(3)], 'the newest')
  t.equal(votersIn([]), undefined)
})

t.test('one voter more, less, or elsewhere', async (t) => {
  const voters = [voter(1), voter(2)]
  const moved = { ...voter(2), endpoints: [{ name: 'CONTROLLER', host: 'other', port: 9 }] }
  t.equal(isDescribed(voters, voter(2)), true)
  t.equal(isDescribed(voters, moved), false)
  t.equal(
    isDescribed(voters, { ...voter(2), kRaftVersionFeature: { minSupportedVersion: 0, maxSupportedVersion: 2 } }),
    false,
  )
  t.same(withVoter(voters, moved), [voter(1), moved])
  t.same(withVoter(voters, voter(3)), [...voters, voter(3)])
  t.same(withoutVoter(voters, voter(1)), [voter(2)])
  t.same(withoutVoter(voters, voter(1, directoryId(9))), voters, 'another directory')
})
