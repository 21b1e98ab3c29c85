// The broker under judgement: one of ours, started as a user would (bin/odradek.js start), or, with
// BOOTSTRAP_SERVERS set, whatever listens there. Then
//   RESTART_COMMAND  (optional) restarts that broker on its data, for the restart scenarios
//   DATA_DIR         (optional) is where its partition directories lie, for the scenarios that look at the disk
import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Skip } from './runner.js'

const BINARY = fileURLToPath(new URL('../../bin/odradek.js', import.meta.url))
const START_DEADLINE_MS = 20_000
const STOP_DEADLINE_MS = 5_000
const LOG_LINES_KEPT = 40

/**
 * `config` holds broker properties, `scramUsers` who may come in with SCRAM, as `storage format --add-scram` takes it. The
 * result has `bootstrap` ('host:port'), `dataDir` (or null), `external`,
 * `restart({ signal })` (SIGTERM or SIGKILL; same port, same data), `stop()` and `recentLog()`.
 */
export async function startBroker({ config = {}, scramUsers = [] } = {}) {
  return process.env.BOOTSTRAP_SERVERS ? externalBroker(process.env) : ownBroker(config, scramUsers)
}

function externalBroker({ BOOTSTRAP_SERVERS, RESTART_COMMAND, DATA_DIR }) {
  return {
    bootstrap: BOOTSTRAP_SERVERS,
    external: true,
    dataDir: DATA_DIR ?? null,
    recentLog: () => '',
    async stop() {},
    async restart({ signal = 'SIGTERM' } = {}) {
      if (!RESTART_COMMAND) throw new Skip('RESTART_COMMAND is not set, so this broker cannot be restarted from here')
      const child = spawn('bash', ['-c', RESTART_COMMAND], {
        stdio: ['ignore', 'ignore', 'inherit'],
        env: { ...process.env, SIGNAL: signal },
      })
      const code = await new Promise((resolve) => child.once('exit', resolve))
      if (code !== 0) throw new Error(`RESTART_COMMAND ended with ${code}`)
    },
  }
}

/** Users of SCRAM are there from the first start on. */
function format(dataDir, scramUsers) {
  const file = join(dataDir, 'format.properties')
  writeFileSync(file, `node.id=1\nlog.dirs=${dataDir}\ncontroller.quorum.voters=1@localhost:9093\n`)
  const args = [BINARY, 'storage', 'format', '--cluster-id', 'c2FzbC1vZi1jb21wYXQtdA', '--config', file]
  execFileSync(process.execPath, [...args, ...scramUsers.flatMap((user) => ['--add-scram', user])])
  rmSync(file)
}

async function ownBroker(config, scramUsers) {
  const dataDir = mkdtempSync(join(tmpdir(), 'odradek-compat-'))
  if (scramUsers.length > 0) format(dataDir, scramUsers)
  let log = []
  let running = await launch(0)
  const port = running.bootstrap.slice(running.bootstrap.lastIndexOf(':') + 1)
  process.once('exit', () => {
    running.child.kill('SIGKILL')
    rmSync(dataDir, { recursive: true, force: true })
  })

  function launch(onPort) {
    const args = [BINARY, 'start', '--port', String(onPort), '--data-dir', dataDir]
    for (const [key, value] of Object.entries(config)) args.push('-c', `${key}=${value}`)
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    const exited = new Promise((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })))
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        child.kill('SIGKILL')
        reject(new Error(`no 'bootstrap: HOST:PORT' within ${START_DEADLINE_MS} ms; it said:\n${log.join('\n')}`))
      }, START_DEADLINE_MS)
      exited.then(({ code, signal }) => {
        clearTimeout(timer)
        log.push(`(the broker ended: code ${code}, signal ${signal})`)
        reject(new Error(`the broker ended before it was ready; it said:\n${log.join('\n')}`))
      })
      let rest = ''
      const onText = (text) => {
        const lines = (rest + text).split('\n')
        rest = lines.pop()
        log = [...log, ...lines].slice(-LOG_LINES_KEPT)
        for (const line of lines) {
          const match = /bootstrap: (\S+:\d+)/.exec(line)
          if (match) pending.bootstrap = match[1]
          if (pending.bootstrap && /ready in/.test(line)) {
            clearTimeout(timer)
            resolve(pending)
          }
        }
      }
      const pending = { child, exited, bootstrap: null }
      child.stdout.setEncoding('utf8').on('data', onText)
      child.stderr.setEncoding('utf8').on('data', onText)
    })
  }

  async function end(signal) {
    running.child.kill(signal)
    let timer
    const late = new Promise((resolve) => {
      timer = setTimeout(() => resolve(null), STOP_DEADLINE_MS)
    })
    const result = await Promise.race([running.exited, late])
    clearTimeout(timer)
    if (!result) {
      running.child.kill('SIGKILL')
      throw new Error(`the broker did not end within ${STOP_DEADLINE_MS} ms after ${signal}`)
    }
    if (signal === 'SIGTERM' && result.code !== 0) {
      throw new Error(`after SIGTERM the broker ended with code ${result.code}, signal ${result.signal}`)
    }
  }

  return {
    bootstrap: running.bootstrap,
    external: false,
    dataDir,
    recentLog: () => log.join('\n'),
    stop: () => end('SIGTERM'),
    async restart({ signal = 'SIGTERM' } = {}) {
      await end(signal)
      running = await launch(port)
    },
  }
}
