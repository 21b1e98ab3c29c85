/** The only source of chance. */
export interface Random {
  /** `length` random bytes. */
  bytes(length: number): Buffer
  /** A whole number in [0, bound). */
  below(bound: number): number
}

/** A random version 4 UUID in Kafka's text form: 22 characters of URL-safe base64, never one that starts with `-`. */
export function randomUuid(random: Random): string {
  for (;;) {
    const bytes = random.bytes(16)
    bytes[6] = (bytes[6]! & 0x0f) | 0x40
    bytes[8] = (bytes[8]! & 0x3f) | 0x80
    const text = bytes.toString('base64url')
    // Kafka's tools take a leading dash for an option, so Uuid.randomUuid avoids it; we do the same.
    if (!text.startsWith('-')) return text
  }
}
