import type { HostPort } from '../base/network.ts'

/** `host:port`, or a port of 127.0.0.1 alone; undefined where it is neither. */
export function parseAdminListener(text: string): HostPort | undefined {
  const match = /^(?:http:\/\/)?(?:(?:\[([^\]]+)\]|([^:[\]/]+)):)?(\d{1,5})\/?$/.exec(text.trim())
  const port = Number(match?.[3])
  if (!match || port > 65_535) return undefined
  return { host: match[1] ?? match[2] ?? '127.0.0.1', port }
}
