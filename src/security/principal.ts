import { DecodeError, ErrorCode, ProtocolError } from '../../protocol/errors.ts'
import { DefaultPrincipalData } from '../../protocol/principal.ts'
import { Reader } from '../../protocol/wire/reader.ts'
import { Writer } from '../../protocol/wire/writer.ts'

/** Who asks: what ACLs, quotas and the controller know a client by. */
export interface Principal {
  /** `User`, unless a name is looked up in another way. */
  readonly type: string
  readonly name: string
  /** It proved its name by a delegation token, which may not be used to get another one (KIP-48). */
  readonly tokenAuthenticated: boolean
}

export const USER_TYPE = 'User'

export const userPrincipal = (name: string): Principal => ({ type: USER_TYPE, name, tokenAuthenticated: false })

/** Who a client is that nobody asked for its name. */
export const ANONYMOUS: Principal = Object.freeze(userPrincipal('ANONYMOUS'))

/** `User:alice`, as ACLs, super.users and quotas write it. */
export const principalText = ({ type, name }: Principal): string => `${type}:${name}`

/** Reads `User:alice`: all behind the first colon is the name. Undefined where it is not of that form. */
export function parsePrincipal(text: string): Principal | undefined {
  const colon = text.indexOf(':')
  if (colon <= 0 || colon === text.length - 1) return undefined
  return { type: text.slice(0, colon), name: text.slice(colon + 1), tokenAuthenticated: false }
}

/** Two principals are the same whether or not one of them came by a token. */
export const isSamePrincipal = (one: Principal, other: Principal): boolean =>
  one.type === other.type && one.name === other.name

/** As it travels in an Envelope: an int16 version, then DefaultPrincipalData (KIP-590). */
export function encodePrincipal(principal: Principal): Buffer {
  const version = DefaultPrincipalData.newest
  const writer = new Writer()
  writer.int16(version)
  DefaultPrincipalData.encode(writer, version, principal)
  return Buffer.concat(writer.finish())
}

/** @throws ProtocolError PRINCIPAL_DESERIALIZATION_FAILURE, for bytes that are no principal and for none at all */
export function decodePrincipal(bytes: Buffer | null): Principal {
  try {
    const reader = new Reader(bytes ?? Buffer.alloc(0))
    const version = reader.int16()
    if (version < DefaultPrincipalData.oldest || version > DefaultPrincipalData.newest)
      throw new DecodeError(`there is no version ${version} of a principal`)
    const { type, name, tokenAuthenticated } = DefaultPrincipalData.decode(reader, version)
    return { type, name, tokenAuthenticated }
  } catch (cause) {
    if (!(cause instanceof DecodeError)) throw cause
    throw new ProtocolError(ErrorCode.PRINCIPAL_DESERIALIZATION_FAILURE, cause.message, { cause })
  }
}
