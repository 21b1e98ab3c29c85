#!/usr/bin/env node
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

const bundle = new URL('../dist/odradek.cjs', import.meta.url)
if (!existsSync(bundle)) {
  process.stderr.write('odradek is not built yet: run `npm ci && npm run build`, or `npm start`, which does both.\n')
  process.exit(1)
}
createRequire(import.meta.url)(fileURLToPath(bundle))
