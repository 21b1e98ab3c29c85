/** A mistake of whoever typed the command, or something that the broker answered: one plain sentence, exit code 1. */
export class CommandError extends Error {
  override name = 'CommandError'
}
