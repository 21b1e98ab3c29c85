import t from 'tap'
import { ControlType } from '../../protocol/records/control.ts'
import { DiskError } from '../../src/base/disk.ts'
import { MemoryDisk } from '../../src/base/memory-disk.ts'
import { parseBootstrapServers, parseStaticVoters } from '../../src/quorum/addresses.ts'
import { ElectionStore } from '../../src/quorum/election-store.ts'
import { parseInitialControllers } from '../../src/quorum/format.ts'
import { VoterHistory } from '../../src/quorum/voter-history.ts'
import { votersRecords } from '../../src/raft/voters.ts'
import { directoryOf } from '../controller/harness.ts'
import { voterOf } from './cluster.ts'

const ZERO = 'AAAAAAAAAAAAAAAAAAAAAA'

t.test('A21, A23, N-A12: quorum-state, byte for byte', async (t) => {
  const disk = new MemoryDisk()
  disk.makeDir('/log')
  const store = new ElectionStore(disk, '/log')
  t.equal(store.read(), undefined)
  const state = { epoch: 7, leaderId: 3, votedKey: { id: 2, directoryId: directoryOf(2) } }
  const nobody = { epoch: 8, leaderId: -1, votedKey: undefined }
  const text = () => disk.readFile('/log/quorum-state').toString()
  store.write(state, { kraftVersion: 1, voterIds: [1, 2] }, true)
  t.equal(text(), `{"leaderId":3,"leaderEpoch":7,"votedId":2,"votedDirectoryId":"${directoryOf(2)}","data_version":1}`)
  t.strictSame(store.read(), state)
  store.write(state, { kraftVersion: 0, voterIds: [1, 2] }, true)
  t.equal(
    text(),
    '{"clusterId":"","leaderId":3,"leaderEpoch":7,"votedId":2,"appliedOffset":0,' +
      '"currentVoters":[{"voterId":1},{"voterId":2}],"data_version":0}',
  )
  t.strictSame(store.read(), { ...state, votedKey: { id: 2, directoryId: ZERO } })
  store.write(nobody, { kraftVersion: 1, voterIds: [] }, true)
  t.equal(text(), `{"leaderId":-1,"leaderEpoch":8,"votedId":-1,"votedDirectoryId":"${ZERO}","data_version":1}`)
  t.strictSame(store.read(), nobody)
})

t.test('A16, A22: an old state or the new one, whenever the machine stops', async (t) => {
  for (let stopAt = 0; ; stopAt++) {
    const disk = new MemoryDisk()
    disk.makeDir('/log')
    const store = new ElectionStore(disk, '/log')
    const state = (epoch: number) => ({ epoch, leaderId: -1, votedKey: undefined })
    store.write(state(1), { kraftVersion: 1, voterIds: [] }, true)
    let steps = 0
    disk.hook = () => (steps++ >= stopAt ? new DiskError('EIO', 'the machine has stopped') : undefined)
    let isWritten = false
    try {
      store.write(state(2), { kraftVersion: 1, voterIds: [] }, true)
      isWritten = true
    } catch (error) {
      if (!(error instanceof DiskError)) throw error
    }
    disk.hook = undefined
    disk.crash('synced')
    const { epoch } = store.read()!
    t.ok(isWritten ? epoch === 2 : epoch <= 2, `step ${stopAt}: epoch ${epoch}`)
    if (isWritten) break
  }
})

t.test('A83: the newest voters hold, and those before them when the log is cut', async (t) => {
  const history = new VoterHistory()
  t.strictSame([history.latest, history.kraftVersion], [undefined, 0])
  history.restart(votersRecords([voterOf(1)]), 0)
  const first = history.latest
  t.match(first, { offset: -1, voters: [{ id: 1 }] })
  t.equal(history.kraftVersion, 1)
  history.add(votersRecords([voterOf(1), voterOf(2)]), 5)
  history.add([{ type: ControlType.SNAPSHOT_FOOTER, value: { version: 0 } }], 7)
  history.add(votersRecords([voterOf(2)]), 9)
  t.match(history.latest, { offset: 9, voters: [{ id: 2 }] })
  t.strictSame(history.below(9), [voterOf(1), voterOf(2)])
  history.truncateTo(9)
  t.match(history.latest, { offset: 5, voters: [{ id: 1 }, { id: 2 }] })
  history.truncateTo(3)
  t.equal(history.latest, first, 'the same object')
  history.restart([], 20)
  t.strictSame([history.latest, history.kraftVersion], [undefined, 0])
})

t.test('A1, A97: addresses', async (t) => {
  t.match(parseStaticVoters(['1@a:9093', '2@[::1]:9094'], 'C'), [
    { id: 1, directoryId: ZERO, endpoints: [{ name: 'C', host: 'a', port: 9093 }] },
    { id: 2, endpoints: [{ name: 'C', host: '::1', port: 9094 }] },
  ])
  t.strictSame(parseBootstrapServers(['a:1', '[fe80::1]:2']), [
    { host: 'a', port: 1 },
    { host: 'fe80::1', port: 2 },
  ])
  for (const text of ['a', 'a:', 'a:x', 'a:70000', ':9', '::1:9'])
    t.throws(() => parseBootstrapServers([text]), /expected host:port/, text)
  t.strictSame(parseInitialControllers(`1@c1:9091:${directoryOf(1)},2@c2:9092:${directoryOf(2)}`, 'CONTROLLER'), [
    voterOf(1),
    voterOf(2),
  ])
  t.match(parseInitialControllers('1@c1:9091', 'C'), /expected id@host:port:directoryId, not 1@c1:9091/)
  t.match(parseInitialControllers(`1@c1:9091:${ZERO}`, 'C'), /needs a directory id/)
  const twice = `1@a:1:${directoryOf(1)}`
  t.match(parseInitialControllers(`${twice},${twice}`, 'C'), /named twice/)
})
