/** Lines of a byte stream without their ends, as bytes: what is not UTF-8 passes through unharmed. */
export async function* linesOf(stream: AsyncIterable<Buffer>): AsyncGenerator<Buffer[], void, void> {
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of stream) {
    const data = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    const lines: Buffer[] = []
    let start = 0
    for (let end = data.indexOf(0x0a); end >= 0; end = data.indexOf(0x0a, start)) {
      const carriage = end > start && data[end - 1] === 0x0d
      lines.push(data.subarray(start, carriage ? end - 1 : end))
      start = end + 1
    }
    rest = data.subarray(start)
    if (lines.length > 0) yield lines
  }
  if (rest.length > 0) yield [rest]
}

/** A line on the terminal that is written over; nothing at all where standard error is no terminal. */
export function progress(text: string, { last = false } = {}): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}${last ? '\n' : ''}`)
}
