import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { silentLogger } from '../../src/base/logger.ts'
import { createSystem } from '../../src/base/system.ts'
import { Broker } from '../../src/node/broker.ts'
import { readPropertiesFile } from '../../src/node/config.ts'
import { setUp } from '../../src/node/options.ts'
import { run } from '../node/broker-process.ts'

t.setTimeout(120_000)
const CLUSTER_ID = 'MkU3OEVBNTcwNTJENDM2Qg'
const DIRECTORY_ID = 'AAECAwQFRgeICQoLDA0ODw'

function configFile(t: Test, change: Record<string, string> = {}): { file: string; dir: string } {
  const dir = mkdtempSync(join(tmpdir(), 'odradek-storage-'))
  t.teardown(() => rmSync(dir, { recursive: true, force: true }))
  const config = {
    'process.roles': 'broker,controller',
    'node.id': '7',
    'controller.listener.names': 'CONTROLLER',
    listeners: 'PLAINTEXT://127.0.0.1:0,CONTROLLER://127.0.0.1:19993',
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'log.dirs': join(dir, 'data'),
    ...change,
  }
  const file = join(dir, 'server.properties')
  writeFileSync(
    file,
    Object.entries(config)
      .map(([key, value]) => `${key}=${value}\n`)
      .join(''),
  )
  return { file, dir: join(dir, 'data') }
}

const storage = (verb: string, ...args: string[]) => run(['storage', verb, ...args])
const format = (file: string, ...args: string[]) => storage('format', '-t', CLUSTER_ID, '-c', file, ...args)

t.test('A97: a directory is formatted once, and says whose it is', async (t) => {
  const { file, dir } = configFile(t)
  t.match(await storage('info', '-c', file), { code: 0, stdout: `${dir}: not formatted\n` })
  t.match(await format(file), { code: 1, stderr: /--standalone, --initial-controllers or --no-initial-controllers/ })
  t.match(await format(file, '--standalone'), { code: 0, stdout: `Formatted ${dir}.\n`, stderr: '' })
  t.same(readdirSync(dir).sort(), ['__cluster_metadata-0', 'bootstrap.checkpoint', 'meta.properties'])
  const info = await storage('info', '-c', file)
  t.match(info.stdout, new RegExp(`cluster\\.id=${CLUSTER_ID}, directory\\.id=.{22}, node\\.id=7, version=1`))
  t.match(await format(file, '--standalone'), { code: 1, stderr: /formatted already/ })
  t.match(await format(file, '--standalone', '-g'), { code: 0, stdout: /All of the log directories are already/ })
})

t.test('A98: a node starts on what was formatted, with the voters that it says', async (t) => {
  const { file, dir } = configFile(t, { 'controller.quorum.bootstrap.servers': '127.0.0.1:19993' })
  const voters = `7@127.0.0.1:19993:${DIRECTORY_ID}`
  t.match(await format(file, '--initial-controllers', voters), { code: 0, stderr: '' })
  const setup = setUp({ file: readPropertiesFile(file) })
  const broker = new Broker(createSystem(), setup, silentLogger, (error) => {
    throw error
  })
  t.teardown(() => broker.stop())
  await broker.start()
  t.equal(broker.clusterId, CLUSTER_ID)
  t.match(broker.rooms!.quorum.voters, [{ id: 7, directoryId: DIRECTORY_ID }])
  t.equal(broker.rooms!.quorum.kraftVersion, 1)
  t.equal(dir, setup.dataDirs[0])
})

t.test('N-B22: with voters in the configuration there are none to name', async (t) => {
  const { file } = configFile(t, { 'controller.quorum.voters': '7@127.0.0.1:19993' })
  t.match(await format(file, '--standalone'), { code: 1, stderr: /controller\.quorum\.voters says who votes/ })
  t.match(await format(file), { code: 0, stdout: /^Formatted / })
})

t.test('what cannot be formatted', async (t) => {
  const { file } = configFile(t)
  const wrong: [string[], RegExp][] = [
    [['-I', 'nonsense'], /id@host:port:directoryId/],
    [['-I', `8@127.0.0.1:1:${DIRECTORY_ID}`], /does not name node 7/],
    [['-s', '-N'], /Say one of/],
  ]
  for (const [args, stderr] of wrong) t.match(await format(file, ...args), { code: 1, stdout: '', stderr })
  t.match(await storage('format', '-t', 'short', '-c', file, '-s'), { code: 1, stderr: /expected a UUID/ })
  t.match(await format(file, '--no-initial-controllers'), { code: 0, stdout: /^Formatted / })
})

t.test('a cluster id', async (t) => {
  t.match(await storage('random-uuid'), { code: 0, stdout: /^[\w-]{22}\n$/ })
})
