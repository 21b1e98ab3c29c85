/** An impossible state was reached: the node must stop, because what it would do next cannot be trusted. */
export class AssertionFailure extends Error {
  override name = 'AssertionFailure'
}

/** States what must hold. Stays on in production. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionFailure(message)
}

/** Marks a branch that the types rule out. */
export function unreachable(value: never): never {
  throw new AssertionFailure(`unreachable: ${String(value)}`)
}
