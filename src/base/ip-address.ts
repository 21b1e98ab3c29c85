/** An address as its four or sixteen bytes; what is none is 0.0.0.0. One of IPv4 in IPv6 is the former, as in Java. */
export function addressBytes(host: string): Buffer {
  if (/^\d+\.\d+\.\d+\.\d+$/.test(host)) return Buffer.from(host.split('.').map(Number))
  return ipv6Bytes(host) ?? Buffer.alloc(4)
}

/** Four or sixteen bytes of an address as Java's getHostAddress writes them: nothing is left out of an IPv6 one. */
export function addressText(address: Buffer): string {
  if (address.length === 4) return [...address].join('.')
  return Array.from({ length: address.length >> 1 }, (_, i) => address.readUInt16BE(2 * i).toString(16)).join(':')
}

/** The one text of an address that can be written in several ways; anything else is left as it is. */
export function canonicalAddress(host: string): string {
  const bytes = host.includes(':') ? ipv6Bytes(host) : undefined
  return bytes ? addressText(bytes) : host
}

const GROUPS = 8
const MAPPED_PREFIX = '00000000000000000000ffff'

function ipv6Bytes(host: string): Buffer | undefined {
  const [address = ''] = host.split('%')
  const [front, back, ...more] = address
    .replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, asGroups)
    .split('::')
    .map(groupsOf)
  if (front === undefined || more.length > 0) return undefined
  const missing = GROUPS - front.length - (back?.length ?? 0)
  if (back === undefined ? missing !== 0 : missing < 1) return undefined
  const groups = [...front, ...Array<string>(missing).fill('0'), ...(back ?? [])]
  if (!groups.every((group) => /^[\da-f]{1,4}$/i.test(group))) return undefined
  const bytes = Buffer.from(groups.map((group) => group.padStart(4, '0')).join(''), 'hex')
  return bytes.toString('hex', 0, 12) === MAPPED_PREFIX ? bytes.subarray(12) : bytes
}

const groupsOf = (text: string): string[] => (text === '' ? [] : text.split(':'))

function asGroups(_all: string, ...octets: string[]): string {
  const [a = 0, b = 0, c = 0, d = 0] = octets.slice(0, 4).map(Number)
  return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`
}
