/** `--bootstrap-server`, as every client command takes it. */
export const bootstrapServer = {
  'bootstrap-server': {
    alias: ['b', 'bootstrap-servers', 'brokers'],
    type: 'string',
    default: 'localhost:9092',
    describe: 'host:port of a broker, or several, comma-separated',
  },
} as const

export interface BootstrapArguments {
  bootstrapServer: string
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
