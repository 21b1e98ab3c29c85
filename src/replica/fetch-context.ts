import { ErrorCode } from '../../protocol/errors.ts'
import {
  type FetchContext,
  hasRecords,
  keyOf,
  NO_SESSION,
  note,
  type Session,
  type SessionAnswer,
  type SessionPartition,
  type SessionRequest,
  type SessionResult,
} from './session.ts'

function answer<Result extends SessionResult>(
  errorCode: number,
  sessionId: number,
  results: readonly Result[],
): SessionAnswer<Result> {
  const responses: SessionAnswer<Result>['responses'] = []
  let last: SessionAnswer<Result>['responses'][number] | undefined
  for (const result of results) {
    if (last === undefined || last.topicId !== result.topicId || last.topic !== result.topic) {
      last = { topic: result.topic, topicId: result.topicId, partitions: [] }
      responses.push(last)
    }
    last.partitions.push(result)
  }
  return { errorCode, sessionId, responses }
}

/** The request does not fit its session, or there is none. */
export class ErrorContext implements FetchContext {
  readonly errorCode: number
  readonly partitions: readonly SessionPartition[] = []

  constructor(errorCode: number) {
    this.errorCode = errorCode
  }

  build(): SessionAnswer<never> {
    return answer(this.errorCode, NO_SESSION, [])
  }

  throttled(): SessionAnswer<never> {
    return this.build()
  }
}

/** Everything is asked for and answered, and forgotten. */
export class SessionlessContext implements FetchContext {
  readonly errorCode = ErrorCode.NONE
  readonly partitions: readonly SessionPartition[]

  constructor(request: SessionRequest) {
    this.partitions = request.partitions
  }

  build<Result extends SessionResult>(results: readonly Result[]): SessionAnswer<Result> {
    return answer(ErrorCode.NONE, NO_SESSION, results)
  }

  throttled(): SessionAnswer<never> {
    return answer(ErrorCode.NONE, NO_SESSION, [])
  }
}

/** Makes a session of what was asked and answered; gives its id, 0 where there is no room. */
export type OpenSession = (request: SessionRequest, results: readonly SessionResult[]) => number

/** Everything is asked for and answered, and remembered where there is room. */
export class FullContext extends SessionlessContext {
  readonly #request: SessionRequest
  readonly #open: OpenSession

  constructor(request: SessionRequest, open: OpenSession) {
    super(request)
    this.#request = request
    this.#open = open
  }

  override build<Result extends SessionResult>(results: readonly Result[]): SessionAnswer<Result> {
    return answer(ErrorCode.NONE, this.#open(this.#request, results), results)
  }
}

/** Only changes are asked for, and only changes are answered. */
export class IncrementalContext implements FetchContext {
  readonly errorCode = ErrorCode.NONE
  readonly partitions: readonly SessionPartition[]
  readonly #session: Session
  readonly #epoch: number

  constructor(session: Session) {
    this.#session = session
    this.#epoch = session.epoch
    // In the order of now: a later request of the session may add, forget and reorder meanwhile.
    this.partitions = [...session.partitions.values()]
  }

  build<Result extends SessionResult>(results: readonly Result[]): SessionAnswer<Result> {
    const session = this.#session
    if (session.epoch !== this.#epoch) return answer(ErrorCode.INVALID_FETCH_SESSION_EPOCH, session.id, [])
    const changed: Result[] = []
    for (const result of results) {
      const key = keyOf(result)
      const partition = session.partitions.get(key)
      if (partition === undefined) continue
      if (!note(partition, result)) continue
      changed.push(result)
      if (!hasRecords(result)) continue
      session.partitions.delete(key)
      session.partitions.set(key, partition)
    }
    return answer(ErrorCode.NONE, session.id, changed)
  }

  throttled(): SessionAnswer<never> {
    const stale = this.#session.epoch !== this.#epoch
    return answer(stale ? ErrorCode.INVALID_FETCH_SESSION_EPOCH : ErrorCode.NONE, this.#session.id, [])
  }
}
