import { createSystem } from '../base/system.ts'
import type { PeerOptions } from '../net/peer.ts'
import { clientLogin } from '../node/client-login.ts'
import { readPropertiesFile } from '../node/config.ts'

type Login = PeerOptions['login']

/** `--bootstrap-server`, as every client command takes it. */
export const bootstrapServer = {
  'bootstrap-server': {
    alias: ['b', 'bootstrap-servers', 'brokers'],
    type: 'string',
    default: 'localhost:9092',
    describe: 'host:port of a broker, or several, comma-separated',
  },
  'command-config': {
    type: 'string',
    describe: 'a properties file that says as whom: security.protocol, sasl.mechanism, sasl.jaas.config',
  },
} as const

/** Where to connect, and as whom. */
export interface Bootstrap {
  readonly servers: string
  readonly login: Login
}

export interface BootstrapArguments {
  bootstrapServer: Bootstrap
}

/** Makes one of the two options. What is in the file is said wrongly before anything is connected. */
export function readBootstrap(args: Record<string, unknown>): void {
  const { bootstrapServer: servers, commandConfig } = args
  if (typeof servers !== 'string') return
  const file = typeof commandConfig === 'string' ? readPropertiesFile(commandConfig) : {}
  args.bootstrapServer = { servers, login: clientLogin(file, createSystem().random) } satisfies Bootstrap
}

type Rows = readonly (readonly (string | number)[])[]

/** Rows under a header, columns as wide as their widest cell: for people, and for `awk`. */
export function table(header: readonly string[], rows: Rows): string {
  return padded(header, rows)
    .map((row) => `${row.join('  ').trimEnd()}\n`)
    .join('')
}

/** The same as some of Kafka's own tools print it: a tab behind every cell. */
export function tabbedTable(header: readonly string[], rows: Rows): string {
  return padded(header, rows)
    .map((row) => `${row.map((cell) => `${cell}\t`).join('')}\n`)
    .join('')
}

function padded(header: readonly string[], rows: Rows): string[][] {
  const cells = [header, ...rows.map((row) => row.map(String))]
  const widths = header.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)))
  return cells.map((row) => row.map((cell, column) => cell.padEnd(widths[column]!)))
}
