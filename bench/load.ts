import { apiByKey } from '../protocol/api/index.ts'
import { decodeResponse } from '../protocol/frame.ts'
import { Connection } from './connection.ts'

/**
 * The load generator; a process of its own. It sends one encoded request again and again, `inFlight` of them at a time
 * on each of `connections`, and reads the answers: as fast as it can until `requests` are answered, or `perSecond` of
 * them, whatever becomes of the ones before (an open loop), and then it times each.
 */
export interface LoadOptions {
  address: string
  /** The request, base64, with its size. */
  request: string
  requests: number
  warmUpRequests: number
  connections: number
  inFlight: number
  /** Leave out for as fast as it can. */
  perSecond?: number
  /** Decode each answer and look for errors; false for raw servers. */
  check: { apiKey: 0 | 1; version: number } | null
}

export interface LoadResult {
  seconds: number
  answers: number
  answerBytes: number
  /** Time of each request in ms, in order of sending; only with perSecond. */
  latenciesMs: number[]
  /** The worst delay of the generator itself behind its plan, in ms. */
  lateMs: number
  /** CPU time of the generator, in seconds. */
  cpuSeconds: number
}

const options = await new Promise<LoadOptions>((resolve) => process.once('message', resolve))
const request = Buffer.from(options.request, 'base64')

function checkAnswer(frame: Buffer): void {
  if (!options.check) return
  const { apiKey, version } = options.check
  const { body } = decodeResponse(apiByKey(apiKey), version, frame)
  if ('responses' in body) {
    for (const topic of body.responses) {
      const partitions = 'partitionResponses' in topic ? topic.partitionResponses : topic.partitions
      for (const { errorCode } of partitions) if (errorCode !== 0) throw new Error(`answered with error ${errorCode}`)
    }
  }
}

const connections = await Promise.all(
  Array.from({ length: options.connections }, () => Connection.open(options.address)),
)
function fail(error: unknown): void {
  console.error(error)
  process.exit(1)
}

/** Sends `count` requests over all connections, as fast as they are answered. */
function flood(count: number): Promise<{ seconds: number; answerBytes: number }> {
  const startedAt = performance.now()
  let sent = 0
  let answered = 0
  let answerBytes = 0
  return new Promise((resolve) => {
    for (const connection of connections) {
      const send = () => {
        if (sent >= count) return
        sent += 1
        connection.write(request)
      }
      connection.listen((frame) => {
        checkAnswer(frame)
        answerBytes += frame.length
        answered += 1
        if (answered === count) resolve({ seconds: (performance.now() - startedAt) / 1000, answerBytes })
        else send()
      }, fail)
      for (let i = 0; i < options.inFlight; i++) send()
    }
  })
}

/** Sends `count` requests at a steady rate over the first connection, and times each. */
function steady(count: number, perSecond: number): Promise<{ latenciesMs: number[]; lateMs: number; seconds: number }> {
  const connection = connections[0]!
  const startedAt = performance.now()
  const sentAt: number[] = []
  const latenciesMs: number[] = []
  let lateMs = 0
  return new Promise((resolve) => {
    connection.listen((frame) => {
      latenciesMs.push(performance.now() - sentAt[latenciesMs.length]!)
      checkAnswer(frame)
      if (latenciesMs.length === count) {
        resolve({ latenciesMs, lateMs, seconds: (performance.now() - startedAt) / 1000 })
      }
    }, fail)
    const tick = () => {
      const now = performance.now()
      while (sentAt.length < count) {
        const plannedAt = startedAt + (sentAt.length * 1000) / perSecond
        if (plannedAt > now) break
        lateMs = Math.max(lateMs, now - plannedAt)
        sentAt.push(performance.now())
        connection.write(request)
      }
      if (sentAt.length < count) setTimeout(tick, 1)
    }
    tick()
  })
}

await flood(options.warmUpRequests)
const cpuBefore = process.cpuUsage()
const result: LoadResult = {
  seconds: 0,
  answers: options.requests,
  answerBytes: 0,
  latenciesMs: [],
  lateMs: 0,
  cpuSeconds: 0,
}
if (options.perSecond === undefined) Object.assign(result, await flood(options.requests))
else Object.assign(result, await steady(options.requests, options.perSecond))
const { user, system } = process.cpuUsage(cpuBefore)
result.cpuSeconds = (user + system) / 1e6
process.send!(result, () => process.exit(0))
