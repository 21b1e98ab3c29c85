const HIGH = 2 ** 32
const MAX_INT64 = 2n ** 63n - 1n

/** A signed 64-bit integer as a number: exact within 2^53, the nearest double beyond. */
export function readInt64(buffer: Buffer, at: number): number {
  return buffer.readInt32BE(at) * HIGH + buffer.readUInt32BE(at + 4)
}

export function writeInt64(buffer: Buffer, value: number, at: number): void {
  if (Number.isSafeInteger(value)) {
    const high = Math.floor(value / HIGH)
    buffer.writeInt32BE(high, at)
    buffer.writeUInt32BE(value - high * HIGH, at + 4)
    return
  }
  // A double that was read from the far end of the range may have been rounded past it.
  const exact = BigInt(value)
  buffer.writeBigInt64BE(exact > MAX_INT64 ? MAX_INT64 : exact, at)
}
