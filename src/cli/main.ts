import { readFileSync } from 'node:fs'
import yargs from 'yargs'
import { hideBin } from 'yargs/helpers'

/** A mistake of whoever typed the command, or something that the broker answered: one plain sentence, exit 1. */
export class CommandError extends Error {
  override name = 'CommandError'
}
