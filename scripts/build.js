// Compiles everything to dist/, then bundles the program: one file instead of hundreds is most of a quick start.
import { spawnSync } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

process.chdir(fileURLToPath(new URL('..', import.meta.url)))
rmSync('dist', { recursive: true, force: true })

const compiled = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc'], { stdio: 'inherit' })
if (compiled.status !== 0) process.exit(compiled.status ?? 1)

/** Prebuilt native and WebAssembly packages stay outside: they load their own files, and only when first used. So does what few ask for. */
const external = ['lz4-napi', 'snappy', '@node-rs/crc32', '@bokuweb/zstd-wasm', 'prom-client']
const shared = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  external,
  alias: { 'string-width': './scripts/text-width.js' },
  // Half the text to parse at each start; names stay, so that stack traces can be read.
  minifyWhitespace: true,
  minifySyntax: true,
  legalComments: 'none',
  logLevel: 'warning',
  define: { 'import.meta.url': 'bundleUrl' },
  banner: { js: "const bundleUrl = require('node:url').pathToFileURL(__filename).href;" },
}
await build({ ...shared, entryPoints: ['dist/src/cli/main.js'], outfile: 'dist/odradek.cjs' })
await build({ ...shared, entryPoints: ['dist/src/index.js'], outfile: 'dist/index.cjs' })
writeFileSync('dist/.built', '')
