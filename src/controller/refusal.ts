import type { ErrorCode } from '../../protocol/errors.ts'

/** Why something was not decided as asked: a value, told apart by its class. */
export class Refusal {
  readonly code: ErrorCode
  /** For people. */
  readonly message: string

  constructor(code: ErrorCode, message: string) {
    this.code = code
    this.message = message
  }
}
