import type { MetadataRecord } from '../../protocol/metadata/index.ts'
import type { Random } from '../base/random.ts'
import { record } from '../metadata/record.ts'
import { credentialOf, isScram, SCRAM_ITERATIONS, SCRAM_NUMBER } from '../metadata/scram.ts'
import { randomText, saltedPassword } from './scram.ts'

const KNOWN = ['name', 'password', 'saltedpassword', 'salt', 'iterations']

/** Text that is no credential: a sentence that leaves out what may be secret. */
export class ScramArgumentError extends Error {
  override name = 'ScramArgumentError'
}

/**
 * The credential of a user as `kafka-storage format --add-scram` takes it, `SCRAM-SHA-256=[name=alice,password=secret]`
 * (KIP-900), with `iterations` and a `salt` in base64 if wanted, or a `saltedpassword` in base64 instead of a password.
 * Throws ScramArgumentError.
 */
export function parseScramArgument(text: string, random: Random): MetadataRecord {
  const [, mechanism = '', list] = /^\s*([^=]+)=\[(.*)\]\s*$/s.exec(text) ?? []
  if (list === undefined)
    throw new ScramArgumentError('expected a credential such as SCRAM-SHA-256=[name=alice,password=secret]')
  if (!isScram(mechanism))
    throw new ScramArgumentError(`there is no mechanism ${mechanism}; ${Object.keys(SCRAM_NUMBER).join(' and ')} are`)
  const parts = partsOf(list)
  const name = parts.get('name')
  if (!name) throw new ScramArgumentError('the user has no name')
  const iterations = iterationsOf(parts.get('iterations'))
  const givenSalt = bytesOf(parts, 'salt')
  const salt = givenSalt ?? Buffer.from(randomText(random))
  const password = parts.get('password')
  const given = bytesOf(parts, 'saltedpassword')
  if (!password && given === undefined) throw new ScramArgumentError(`${name} has neither password nor saltedpassword`)
  if (!password && givenSalt === undefined) throw new ScramArgumentError(`${name} has a saltedpassword and no salt`)
  const salted = password ? saltedPassword(mechanism, password, salt, iterations) : given!
  const credential = credentialOf(mechanism, salted, salt, iterations)
  return record('UserScramCredentialRecord', 0, { name, mechanism: SCRAM_NUMBER[mechanism], ...credential })
}

function partsOf(list: string): Map<string, string> {
  const parts = new Map<string, string>()
  for (const part of list.split(',')) {
    const [, key = '', quoted, plain = ''] = /^\s*([a-z]+)=(?:"(.*)"|(.*))$/s.exec(part) ?? []
    if (!KNOWN.includes(key)) throw new ScramArgumentError(`expected ${KNOWN.join('=, ')}= between the brackets`)
    parts.set(key, quoted ?? plain)
  }
  return parts
}

function iterationsOf(text: string | undefined): number {
  const { min, max } = SCRAM_ITERATIONS
  const iterations = text === undefined ? min : /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (iterations >= min && iterations <= max) return iterations
  throw new ScramArgumentError(`iterations=${text}: expected ${min} to ${max}`)
}

function bytesOf(parts: ReadonlyMap<string, string>, key: string): Buffer | undefined {
  const text = parts.get(key)
  if (text === undefined) return undefined
  const bytes = Buffer.from(text, 'base64')
  if (bytes.length === 0 || bytes.toString('base64') !== text) throw new ScramArgumentError(`${key} is not base64`)
  return bytes
}
