/** Reply bytes of all connections of a server that their peers have not taken yet. */
export class UnsentBytes {
  total = 0
}
