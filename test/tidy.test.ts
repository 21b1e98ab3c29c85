import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join, posix } from 'node:path'
import t from 'tap'

/**
 * The floor plan of ARCHITECTURE.md as a table: a folder may import itself, protocol/, and the folders listed here,
 * types included. `types` may be imported as types only: the room declares what it needs, src/node plugs it in.
 */
const FLOORS: Readonly<Record<string, { imports: readonly string[]; types?: readonly string[] }>> = {
  protocol: { imports: [] },
  'src/base': { imports: [] },
  'src/log': { imports: ['src/base'] },
  'src/raft': { imports: ['src/base'] },
  'src/metadata': { imports: ['src/base'] },
  'src/quorum': { imports: ['src/base', 'src/log', 'src/raft', 'src/metadata'] },
  'src/controller': { imports: ['src/base', 'src/metadata'] },
  'src/replica': { imports: ['src/base', 'src/log', 'src/metadata'] },
  'src/coordinator': { imports: ['src/base', 'src/metadata'] },
  'src/security': { imports: ['src/base', 'src/metadata'] },
  'src/api': {
    imports: ['src/base', 'src/metadata', 'src/security'],
    types: ['src/replica', 'src/coordinator', 'src/controller', 'src/quorum'],
  },
  'src/net': { imports: ['src/base'] },
  'src/console': { imports: ['src/base', 'src/metadata', 'src/net/peer.ts', 'src/net/listener.ts'] },
  'src/node': {
    imports: ['base', 'log', 'raft', 'metadata', 'quorum', 'controller', 'replica', 'coordinator', 'security']
      .concat('api', 'net', 'console')
      .map((folder) => `src/${folder}`),
  },
  'src/cli': { imports: ['src/base', 'src/net/peer.ts', 'src/net/listener.ts', 'src/node', 'src/log'] },
  /** Files directly in src/: the package's own face. */
  src: { imports: ['src/base', 'src/node'] },
}

/** The outside, which only the real ports may touch; the process as such, where a process is meant. */
const PORTS: readonly [what: string, pattern: RegExp][] = [
  ['the wall clock', /\bDate\s*\.\s*now\b|\bnew\s+Date\s*\(\s*\)|\bDate\s*\(\s*\)/],
  ['the monotonic clock', /\bperformance\s*\.\s*now\b|\bhrtime\b/],
  ['timers', /\b(?:set|clear)(?:Timeout|Interval|Immediate)\b/],
  ['chance', /\bMath\s*\.\s*random\b|\brandom(?:Bytes|UUID|Int|FillSync|Fill)\b|\bgetRandomValues\b/],
]
const PORT_MODULES = ['fs', 'fs/promises', 'net', 'tls', 'dgram', 'child_process', 'timers', 'timers/promises', 'dns']
const PROCESS = /\bprocess\s*\.|\bconsole\s*\./
const REAL_PORTS = /^src\/base\/system[^/]*\.ts$/
const PROCESS_FOLDERS = /^src\/(?:node|console|cli)\//

/** Files that load code of a package in a way that `import` does not know: no I/O of the broker. */
const PACKAGE_LOADERS = ['protocol/compression/zstd-wasm.ts']

const MAX_HANDLER_LINES = 160

interface Import {
  specifier: string
  typeOnly: boolean
}

/** The text without comments, and with or without what stands in quotes. A regular expression may confuse it, briefly. */
function codeOf(source: string, { strings }: { strings: boolean }): string {
  const pattern = /'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|\/\/[^\n]*|\/\*[\s\S]*?\*\//g
  return source.replace(pattern, (token) => (token.startsWith('/') ? '' : strings ? token : "''"))
}

/** Every way to import: static, for side effects, re-exported, dynamic, `import('…').Type`, require. */
function importsOf(source: string): Import[] {
  const code = codeOf(source, { strings: true })
  const found: Import[] = []
  for (const [, clause = '', specifier = ''] of code.matchAll(
    /\b(?:import|export)\b([^;'"()]*?)\bfrom\s*['"]([^'"]+)['"]/g,
  )) {
    const named = /^\s*\{([^}]*)\}\s*$/
      .exec(clause)?.[1]
      ?.split(',')
      .filter((name) => name.trim() !== '')
    const typeOnly = /^\s*type\b/.test(clause) || named?.every((name) => /^\s*type\s/.test(name)) === true
    found.push({ specifier, typeOnly })
  }
  for (const [, specifier = ''] of code.matchAll(/\bimport\s*['"]([^'"]+)['"]/g))
    found.push({ specifier, typeOnly: false })
  for (const [, specifier = ''] of code.matchAll(/\b(?:import|require|getBuiltinModule)\s*\(\s*['"`]([^'"`]+)['"`]/g)) {
    found.push({ specifier, typeOnly: false })
  }
  return found
}

/** The row of FLOORS that a file belongs to. */
function floorOf(path: string): string {
  const [top = '', folder = ''] = path.split('/')
  return top === 'src' && path.split('/').length > 2 ? `src/${folder}` : top
}

/** Everything that is wrong with one file, a sentence each. `path` is relative to the repository, with slashes. */
function breaches(path: string, source: string): string[] {
  const found: string[] = []
  const floor = floorOf(path)
  const allowed = FLOORS[floor]
  if (allowed === undefined) return [`${path}: ${floor} is not in the floor plan`]
  for (const { specifier, typeOnly } of importsOf(source)) {
    if (specifier.startsWith('.')) {
      const target = posix.normalize(posix.join(posix.dirname(path), specifier))
      const other = floorOf(target)
      const within = (entry: string) => entry === other || entry === target
      if (other === floor || other === 'protocol' || allowed.imports.some(within)) continue
      if (allowed.types?.some(within)) {
        if (!typeOnly) found.push(`${path}: ${specifier} may be imported as a type only`)
      } else {
        found.push(`${path}: ${floor} may not import ${target}`)
      }
    } else if (PORT_MODULES.includes(specifier.replace(/^node:/, '')) && !mayTouchProcess(path)) {
      found.push(`${path}: ${specifier} is reached through a port of src/base`)
    }
  }
  const code = codeOf(source, { strings: false })
  for (const [what, pattern] of PORTS) {
    if (pattern.test(code) && !mayTouchProcess(path))
      found.push(`${path}: ${what} is reached through a port of src/base`)
  }
  if (PROCESS.test(code) && !mayTouchProcess(path))
    found.push(`${path}: the process belongs to src/node, src/console, src/cli`)
  for (const [what, pattern] of NOT_ERASABLE) if (pattern.test(code)) found.push(`${path}: ${what} is not erasable`)
  if (/\beval\s*\(/.test(code)) found.push(`${path}: eval`)
  const lines = source.split('\n').length - 1
  if (/^src\/api\/\d\d-/.test(path) && lines > MAX_HANDLER_LINES) found.push(`${path}: a handler of ${lines} lines`)
  return found
}

function mayTouchProcess(path: string): boolean {
  return REAL_PORTS.test(path) || PROCESS_FOLDERS.test(path) || PACKAGE_LOADERS.includes(path)
}

const NOT_ERASABLE: readonly [what: string, pattern: RegExp][] = [
  ['an enum', /^\s*(?:export\s+)?(?:declare\s+)?(?:const\s+)?enum\s+\w/m],
  ['a namespace', /^\s*(?:export\s+)?(?:declare\s+)?(?:namespace|module)\s+\w/m],
  [
    'a parameter property',
    /\bconstructor\s*\((?:[^)]*,)?\s*(?:(?:public|private|protected|readonly|override)\s+)+\w+\s*[:?=,)]/,
  ],
  ['import =', /^\s*(?:export\s+)?import\s+\w+\s*=/m],
]

/** `new Function`, and the ways around saying so. */
function generatesCode(source: string): boolean {
  return /\bnew\s+Function\b|[^.\w]Function\s*\(/.test(codeOf(source, { strings: false }))
}

/** Folders that exist on the author's machine and on nobody else's. */
const MACHINE_PATHS = new RegExp(
  `(?:^|[\\s'"\`(=:])/(?:${['work', 'root', 'Users', 'home/[a-z]+'].join('|')})/\\w`,
  'm',
)

function namesMachine(source: string): boolean {
  return MACHINE_PATHS.test(source)
}

function filesUnder(folder: string, ends: RegExp): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && ends.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name).replaceAll('\\', '/'))
    .filter((path) => !/(?:^|\/)(?:node_modules|dist|target|golden)\//.test(path))
    .sort()
}

const sources = [...filesUnder('protocol', /\.ts$/), ...filesUnder('src', /\.ts$/)]
const read = (path: string) => readFileSync(path, 'utf8')

t.test('the floor plan and the ports hold', async (t) => {
  t.ok(sources.length > 50, 'the sources were found')
  for (const path of sources) t.same(breaches(path, read(path)), [], path)
})

t.test('code is generated in one file', async (t) => {
  const generating = sources.filter((path) => generatesCode(read(path)))
  t.same(generating, ['protocol/schema/compile.ts'])
})

t.test('the compiler refuses what is not erasable too', async (t) => {
  const { compilerOptions } = JSON.parse(read('tsconfig.json')) as { compilerOptions: Record<string, unknown> }
  t.equal(compilerOptions.erasableSyntaxOnly, true)
})

t.test('the number of an API stands in the name of its file on every floor', async (t) => {
  const numbered = (folder: string) =>
    filesUnder(folder, /^\d+-.*\.ts$/)
      .filter((path) => dirname(path) === folder)
      .map((path) => basename(path).replace(/(\.test)?\.ts$/, ''))
  const definitions = numbered('protocol/api')
  t.ok(definitions.length > 80, 'the definitions were found')
  for (const name of definitions) {
    const key = Number(name.slice(0, 2))
    t.match(name, /^\d\d-[a-z0-9-]+$/)
    t.match(read(`protocol/api/${name}.ts`), new RegExp(`key: ${key}\\b`), `${name} defines key ${key}`)
  }
  for (const folder of ['src/api', 'test/api', 'test/protocol/api']) {
    for (const name of numbered(folder))
      t.ok(definitions.includes(name), `${folder}/${name} is named as its definition`)
  }
  for (const path of filesUnder('src/api', /\.ts$/)) {
    const claims = /\bkey:\s*(\d+)/.exec(codeOf(read(path), { strings: false }))?.[1]
    if (/\/\d\d-/.test(path) && claims !== undefined) t.equal(Number(claims), Number(basename(path).slice(0, 2)), path)
  }
})

t.test('a handler has its test beside it in the mirror', async (t) => {
  for (const path of filesUnder('test/api', /^\d\d-.*\.test\.ts$/)) {
    t.ok(existsSync(path.replace(/^test/, 'src').replace('.test.ts', '.ts')), `${path} tests a handler that exists`)
  }
})

t.test('no path of somebody’s machine', async (t) => {
  const text = /\.(?:ts|js|mjs|cjs|json|md|sh|yml|yaml)$|^Dockerfile$|^run$/
  const paths = ['protocol', 'src', 'test', 'bench', 'scripts', 'compat', 'docs', 'bin', '.ci'].flatMap((folder) =>
    filesUnder(folder, text),
  )
  for (const path of paths.concat(['README.md', 'ARCHITECTURE.md', 'package.json'].filter(existsSync))) {
    if (path !== 'test/tidy.test.ts') t.notOk(namesMachine(read(path)), path)
  }
})

t.test('planted breaches are found', async (t) => {
  const breach = (path: string, source: string, expected: RegExp | undefined) => {
    const found = breaches(path, source)
    if (expected === undefined) t.same(found, [], `${path}: ${source}`)
    else t.match(found, [expected], `${path}: ${source}`)
  }
  breach('src/log/a.ts', "import { x } from '../replica/b.ts'", /src\/log may not import src\/replica\/b.ts/)
  breach('src/log/a.ts', "import type { X } from '../metadata/b.ts'", /may not import src\/metadata/)
  breach('src/log/a.ts', "import {\n  type X,\n  y,\n} from '../net/b.ts'", /may not import src\/net/)
  breach('src/log/a.ts', "export * from '../net/b.ts'", /may not import src\/net/)
  breach('src/log/a.ts', "import '../net/b.ts'", /may not import src\/net/)
  breach('src/log/a.ts', "const b = await import('../net/b.ts')", /may not import src\/net/)
  breach('src/log/a.ts', "let b: import('../net/b.ts').B", /may not import src\/net/)
  breach('src/log/deep/a.ts', "import { x } from '../../net/b.ts'", /may not import src\/net/)
  breach('protocol/wire/a.ts', "import { assert } from '../../src/base/assert.ts'", /protocol may not import src\/base/)
  breach('src/base/a.ts', "import { x } from '../../test/b.ts'", /may not import test\/b.ts/)
  breach('src/cli/a.ts', "import { x } from '../net/server.ts'", /may not import src\/net\/server.ts/)
  breach('src/attic/a.ts', '', /src\/attic is not in the floor plan/)
  breach('src/api/a.ts', "import { x } from '../replica/b.ts'", /as a type only/)
  breach('src/api/a.ts', "import { type X, y } from '../replica/b.ts'", /as a type only/)
  breach('src/api/a.ts', "import type { X } from '../replica/b.ts'", undefined)
  breach('src/api/a.ts', "import { type X, type Y } from '../replica/b.ts'", undefined)
  breach('src/cli/a.ts', "import { x } from '../net/peer.ts'", undefined)
  breach(
    'src/log/a.ts',
    "import { x } from './b.ts'\nimport { y } from '../base/c.ts'\nimport '../../protocol/d.ts'",
    undefined,
  )
  breach('src/log/a.ts', "// import { x } from '../net/b.ts'\n/* import '../net/b.ts' */", undefined)

  breach('src/log/a.ts', "import fs from 'node:fs'", /node:fs is reached through a port/)
  breach('src/log/a.ts', "import { open } from 'fs/promises'", /fs\/promises is reached through a port/)
  breach('src/net/a.ts', "import type { Socket } from 'node:net'", /node:net is reached through a port/)
  breach('src/log/a.ts', "const fs = require('node:fs')", /node:fs is reached through a port/)
  breach('src/log/a.ts', "process.getBuiltinModule('fs')", /fs is reached through a port/)
  breach('src/log/a.ts', 'const now = Date.now()', /the wall clock/)
  breach('src/log/a.ts', 'const now = new Date()', /the wall clock/)
  breach('src/log/a.ts', 'const day = new Date(ms)', undefined)
  breach('src/log/a.ts', 'const now = performance.now()', /the monotonic clock/)
  breach('src/log/a.ts', 'setTimeout(go, 1)', /timers/)
  breach('src/log/a.ts', 'setImmediate(go)', /timers/)
  breach('src/log/a.ts', 'const x = Math.random()', /chance/)
  breach('src/log/a.ts', "import { randomBytes } from 'node:crypto'", /chance/)
  breach('src/log/a.ts', 'const id = crypto.randomUUID()', /chance/)
  breach('src/log/a.ts', "throw new Error('no Date.now here') // setTimeout", undefined)
  breach('src/log/a.ts', "process.on('exit', go)", /the process belongs to/)
  breach('src/log/a.ts', 'console.log(1)', /the process belongs to/)
  breach('src/base/system-disk.ts', "import fs from 'node:fs'\nsetTimeout(go, 1)", undefined)
  breach('src/base/memory-disk.ts', "import fs from 'node:fs'", /node:fs/)
  breach('src/node/a.ts', "process.on('SIGTERM', stop)", undefined)

  breach('src/log/a.ts', 'export enum Color { Red }', /an enum/)
  breach('src/log/a.ts', 'const enum Color { Red }', /an enum/)
  breach('src/log/a.ts', 'namespace N { }', /a namespace/)
  breach('src/log/a.ts', 'class A { constructor(private readonly x: number) {} }', /a parameter property/)
  breach('src/log/a.ts', 'class A { constructor(x: readonly number[], y: readonly X[]) {} }', undefined)
  breach('src/log/a.ts', "eval('1')", /eval/)
  breach('src/api/00-produce.ts', '\n'.repeat(MAX_HANDLER_LINES + 1), /a handler of 161 lines/)
  breach('src/api/00-produce.ts', '\n'.repeat(MAX_HANDLER_LINES), undefined)

  t.ok(generatesCode("return new Function('a', body)"))
  t.ok(generatesCode("const f = Function('a', body)"))
  t.notOk(generatesCode('// new Function\nconst f: Function'))
  t.ok(namesMachine(`const path = '${['', 'work', 'main'].join('/')}'`))
  t.ok(namesMachine(`see ${['', 'home', 'me', 'x'].join('/')}`))
  t.notOk(namesMachine("'../shared/kafka' and src/work/a and http://host/root"))
})
