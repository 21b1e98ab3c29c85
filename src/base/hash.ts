/** Java's String.hashCode: over UTF-16 units, as a signed 32-bit number. */
export function javaHash(text: string): number {
  let hash = 0
  for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0
  return hash
}

/**
 * The partition of an internal topic that a coordinator key belongs to: of __consumer_offsets for a group id, of
 * __transaction_state for a transactional id. The one hash without a positive counterpart goes to partition 0.
 */
export function coordinatorPartition(key: string, partitions: number): number {
  const hash = javaHash(key)
  return (hash === -(2 ** 31) ? 0 : Math.abs(hash)) % partitions
}
