import type { ErrorCode } from '../../protocol/errors.ts'

/** What was asked for may be quoted, and be longer than any text in an answer can be. */
const MAX_MESSAGE_LENGTH = 2000

/** Why something was not decided as asked: a value, told apart by its class. */
export class Refusal {
  readonly code: ErrorCode
  /** For people. */
  readonly message: string

  constructor(code: ErrorCode, message: string) {
    this.code = code
    this.message = message.slice(0, MAX_MESSAGE_LENGTH)
  }
}
