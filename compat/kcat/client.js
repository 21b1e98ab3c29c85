// kcat as a child process.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export const name = 'kcat'
export const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd']

/** Starts kcat; `result` resolves with { code, signal, stdout, stderr } when it ends. `lines` is what it has printed so far. */
export function startKcat(bootstrap, args, { input } = {}) {
  const child = spawn('kcat', ['-b', bootstrap, '-X', 'socket.timeout.ms=20000', ...args.map(String)], {
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  })
  const chunks = []
  let stderr = ''
  const running = { child, lines: [], stderr: () => stderr }
  let rest = ''
  child.stdout.on('data', (chunk) => {
    chunks.push(chunk)
    const lines = (rest + chunk.toString()).split('\n')
    rest = lines.pop()
    running.lines.push(...lines)
  })
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text
  })
  running.result = new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve({ code, signal, stdout: Buffer.concat(chunks), stderr }))
  })
  if (input !== undefined) {
    child.stdin.on('error', () => {})
    child.stdin.end(input)
  }
  return running
}

/** Runs kcat to its end and returns its output as text; a non-zero exit is an error with what it said. */
export async function kcat(bootstrap, args, options) {
  const { code, signal, stdout, stderr } = await startKcat(bootstrap, args, options).result
  if (code !== 0) throw new Error(`kcat ${args.join(' ')} ended with ${code ?? signal}: ${stderr}`)
  return stdout.toString()
}

/** kcat reads one file as one message: `use(path)` with a temporary file of that content. */
export async function withFile(content, use) {
  const dir = mkdtempSync(join(tmpdir(), 'compat-kcat-'))
  try {
    const path = join(dir, 'message')
    writeFileSync(path, content)
    return await use(path)
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

const KEY_END = '\x1f'
const MESSAGE_END = '\x1e'

/** For the cross suite: plain { key, value, headers } in, the same out, all as strings or null. */
export async function writeAll({ bootstrap, topic, messages, codec }) {
  // headers are per run of kcat, so messages go in groups that share them; one group is one batch
  const groups = []
  for (const message of messages) {
    const headers = JSON.stringify(message.headers ?? {})
    const last = groups.at(-1)
    if (last?.headers === headers) last.messages.push(message)
    else groups.push({ headers, messages: [message] })
  }
  for (const group of groups) {
    const input = group.messages.map(({ key, value }) => `${key ?? ''}${KEY_END}${value ?? ''}${MESSAGE_END}`).join('')
    const args = ['-P', '-t', topic, '-z', codec, '-Z', '-D', MESSAGE_END, '-K', KEY_END, '-X', 'linger.ms=200']
    for (const [header, value] of Object.entries(JSON.parse(group.headers))) args.push('-H', `${header}=${value}`)
    await kcat(bootstrap, args, { input })
  }
}

export async function readAll({ bootstrap, topic, count }) {
  const text = await kcat(bootstrap, [
    '-C',
    '-t',
    topic,
    '-p',
    0,
    '-o',
    'beginning',
    '-c',
    count,
    '-q',
    '-J',
    '-X',
    'check.crcs=true',
  ])
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const { offset, key, payload, headers = [] } = JSON.parse(line)
      const pairs = []
      for (let i = 0; i < headers.length; i += 2) pairs.push([headers[i], headers[i + 1]])
      return { offset, key, value: payload, headers: Object.fromEntries(pairs) }
    })
}
