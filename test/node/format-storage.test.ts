import t from 'tap'
import { createMemorySystem } from '../../src/base/memory-system.ts'
import { resolveConfig } from '../../src/node/config.ts'
import { formatStorage, storageInfo } from '../../src/node/format-storage.ts'

t.test('A96, A98: what was formatted outlives a loss of power, all of it', async (t) => {
  const system = createMemorySystem(1)
  const { disk } = system
  const flags = {
    'node.id': '1',
    'process.roles': 'controller',
    listeners: 'CONTROLLER://n1:9093',
    'controller.listener.names': 'CONTROLLER',
    'log.dirs': '/a,/b',
  }
  const config = resolveConfig({ flags }).values
  const clusterId = Buffer.alloc(16, 1).toString('base64url')
  formatStorage(system, { config, clusterId, firstVoters: { kind: 'standalone' }, ignoreFormatted: false })
  const before = disk.files()
  t.same(
    [...before.keys()],
    [
      '/a/__cluster_metadata-0/00000000000000000000-0000000000.checkpoint',
      '/a/bootstrap.checkpoint',
      '/a/meta.properties',
      '/b/bootstrap.checkpoint',
      '/b/meta.properties',
    ],
  )
  disk.crash('synced')
  t.same(disk.files(), before)
  t.equal(storageInfo(system, config).length, 2)
})
