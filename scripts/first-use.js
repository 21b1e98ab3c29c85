// What `npm start` and `npm test` do on a fresh clone: install and build, once, and again only when something changed.
// Install scripts are off: nothing that the broker needs has one, and a laptop without a compiler must not fail here.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const modifiedMs = (path) => (existsSync(join(root, path)) ? statSync(join(root, path)).mtimeMs : 0)

function newestMs(folder) {
  let newest = 0
  for (const entry of readdirSync(join(root, folder), { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) newest = Math.max(newest, statSync(join(entry.parentPath, entry.name)).mtimeMs)
  }
  return newest
}

function run(command, args, what) {
  process.stderr.write(`${what} ...\n`)
  const { status } = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32',
  })
  if (status !== 0) {
    process.stderr.write(`${what}: failed (${[command, ...args].join(' ')})\n`)
    process.exit(1)
  }
}

const sources = ['protocol', 'src', 'test', 'bench', 'scripts']
if (modifiedMs('node_modules/.package-lock.json') < modifiedMs('package-lock.json')) {
  run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], 'installing')
}
if (
  modifiedMs('dist/.built') <
  Math.max(...sources.filter((folder) => existsSync(join(root, folder))).map(newestMs), modifiedMs('package.json'))
) {
  run('npm', ['run', 'build'], 'building')
}
// tap puts itself together from its plugins, and leaves out the one that .taprc says no to.
if (
  process.argv[2] === 'test' &&
  modifiedMs('node_modules/.tap-built') < Math.max(modifiedMs('.taprc'), modifiedMs('node_modules/.package-lock.json'))
) {
  run('npx', ['tap', 'build'], 'preparing tap')
  writeFileSync(join(root, 'node_modules/.tap-built'), '')
}
