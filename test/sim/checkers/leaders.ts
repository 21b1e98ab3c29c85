import { must } from '../violation.ts'

/** At most one leader an epoch: of the quorum, or of one partition. */
export class Leaders {
  readonly #byEpoch = new Map<string, number>()

  /** Somebody says that `leader` leads `what` in `epoch`. */
  claim(what: string, epoch: number, leader: number, who: string): void {
    const key = `${what}/${epoch}`
    const known = this.#byEpoch.get(key)
    if (known === undefined) this.#byEpoch.set(key, leader)
    must(
      known === undefined || known === leader,
      'two leaders in one epoch',
      () => `${who} says that ${leader} leads ${what} in epoch ${epoch}; ${known} does`,
    )
  }
}
