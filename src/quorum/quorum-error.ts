/** The directory is damaged, or does not fit to the configured quorum. The message is one plain sentence. */
export class QuorumError extends Error {
  override name = 'QuorumError'
}
