import type { HostPort } from '../base/network.ts'

export const SECURITY_PROTOCOLS = ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'] as const
export type SecurityProtocol = (typeof SECURITY_PROTOCOLS)[number]

/** One entry of `listeners` with what belongs to it. */
export interface ListenerSpec {
  /** Upper case, as Kafka normalises it. */
  readonly name: string
  readonly securityProtocol: SecurityProtocol
  /** Empty: all interfaces. `localhost`: both loopback addresses. */
  readonly host: string
  /** 0: the system chooses. */
  readonly port: number
  /** What `advertised.listeners` says; port 0 stands for the bound one, an empty host for this machine's name. */
  readonly advertised?: HostPort
}

export interface ListenerTexts {
  readonly listeners: readonly string[]
  readonly 'advertised.listeners'?: readonly string[] | null
  readonly 'listener.security.protocol.map': string
}

/**
 * The security protocol of a listener that may be another node's, by the map alone; PLAINTEXT for one of controllers of
 * which it says nothing.
 */
export function securityProtocolOf(map: string, name: string): SecurityProtocol {
  return parseProtocolMap(map, []).get(normalName(name)) ?? 'PLAINTEXT'
}

interface Endpoint {
  name: string
  host: string
  port: number
}

/** Reads `listeners` and what refers to it (KIP-103, facts I22 and I23). Errors are one sentence each. */
export function parseListeners(
  texts: ListenerTexts,
  /** Listeners that carry the controller: PLAINTEXT unless the map says otherwise, and never advertised to clients. */
  controllerNames: readonly string[] = [],
): { listeners: ListenerSpec[]; errors: string[] } {
  const errors: string[] = []
  const protocols = parseProtocolMap(texts['listener.security.protocol.map'], errors)
  for (const name of controllerNames.map(normalName)) if (!protocols.has(name)) protocols.set(name, 'PLAINTEXT')
  const endpoints = parseEndpoints('listeners', texts.listeners, errors)
  const advertised = parseEndpoints('advertised.listeners', texts['advertised.listeners'] ?? [], errors)

  for (const [i, { port, host, name }] of endpoints.entries()) {
    const twin = endpoints.slice(0, i).find((other) => other.port === port && port !== 0 && clash(other.host, host))
    if (twin !== undefined) errors.push(`listeners: ${twin.name} and ${name} have the same port ${port}`)
  }
  for (const { name, host } of advertised) {
    if (!endpoints.some((listener) => listener.name === name)) {
      errors.push(`advertised.listeners: there is no listener ${name}; listeners has ${names(endpoints)}`)
    }
    if (isWildcard(host) && host !== '') {
      errors.push(
        `advertised.listeners: ${name} says ${host}, which no client can connect to; give a host name or address`,
      )
    }
  }
  const listeners = endpoints.flatMap(({ name, host, port }): ListenerSpec[] => {
    const securityProtocol = protocols.get(name)
    if (securityProtocol === undefined) {
      errors.push(
        `listeners: ${name} has no security protocol; add ${name}:PLAINTEXT to listener.security.protocol.map`,
      )
      return []
    }
    const told = advertised.find((other) => other.name === name)
    const base = { name, securityProtocol, host, port }
    return [told === undefined ? base : { ...base, advertised: { host: told.host, port: told.port } }]
  })
  return { listeners, errors }
}

/** The texts of `0.0.0.0`, `::` and nothing: every interface there is. */
export function isWildcard(host: string): boolean {
  return host === '' || host === '0.0.0.0' || host === '::'
}

/** `host:port`, with brackets around an IPv6 address. */
export function formatHostPort({ host, port }: HostPort): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

function parseProtocolMap(text: string, errors: string[]): Map<string, SecurityProtocol> {
  const protocols = new Map<string, SecurityProtocol>()
  for (const pair of text.split(',').filter((item) => item.trim() !== '')) {
    const [name = '', protocol = ''] = pair.split(':').map((part) => part.trim())
    const known = SECURITY_PROTOCOLS.find((candidate) => candidate === protocol.toUpperCase())
    if (name === '' || known === undefined) {
      errors.push(
        `listener.security.protocol.map: '${pair}' is not NAME:PROTOCOL with one of ${SECURITY_PROTOCOLS.join(', ')}`,
      )
    } else {
      protocols.set(normalName(name), known)
    }
  }
  return protocols
}

function parseEndpoints(key: string, texts: readonly string[], errors: string[]): Endpoint[] {
  const endpoints: Endpoint[] = []
  for (const text of texts) {
    const [, name = '', bracketed, plain = '', port = ''] =
      /^([A-Za-z0-9_.-]+):\/\/(?:\[([0-9a-fA-F:.%]*)\]|([^[\]/]*)):(\d+)$/.exec(text.trim()) ?? []
    if (name === '' || Number(port) > 65535) {
      errors.push(`${key}: '${text}' is not NAME://host:port, such as PLAINTEXT://localhost:9092`)
    } else if (endpoints.some((other) => other.name === normalName(name))) {
      errors.push(`${key}: the name ${normalName(name)} appears twice`)
    } else {
      endpoints.push({ name: normalName(name), host: bracketed ?? plain, port: Number(port) })
    }
  }
  return endpoints
}

function normalName(name: string): string {
  return name.trim().toUpperCase()
}

/** Two listeners may share a port when one is for IPv4 addresses and the other for IPv6. */
function clash(one: string, other: string): boolean {
  const family = (host: string) => (host.includes(':') ? 6 : /^\d+\.\d+\.\d+\.\d+$/.test(host) ? 4 : undefined)
  const [first, second] = [family(one), family(other)]
  return first === undefined || second === undefined || first === second
}

function names(endpoints: readonly Endpoint[]): string {
  return endpoints.map(({ name }) => name).join(', ')
}
