/** Something that must never be has been seen. `fact` names the rule, in a word or two, for statistics over many seeds. */
export class Violation extends Error {
  override name = 'Violation'
  readonly fact: string

  constructor(fact: string, message: string) {
    super(message)
    this.fact = fact
  }
}

export function must(holds: boolean, fact: string, what: () => string): asserts holds {
  if (!holds) throw new Violation(fact, what())
}
