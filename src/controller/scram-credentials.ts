import { createHash, createHmac } from 'node:crypto'
import type {
  AlterUserScramCredentialsRequest,
  AlterUserScramCredentialsResponse,
} from '../../protocol/api/51-alter-user-scram-credentials.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import type { MetadataRecord } from '../../protocol/metadata/index.ts'
import { METADATA_VERSION } from '../metadata/features.ts'
import type { MetadataImage } from '../metadata/image.ts'
import { record } from '../metadata/record.ts'
import { scramKey } from '../metadata/security-delta.ts'
import type { Decision } from './ports.ts'
import { Refusal } from './refusal.ts'

type Response = typeof AlterUserScramCredentialsResponse.Input
type Upsertion = AlterUserScramCredentialsRequest['upsertions'][number]
type Named = AlterUserScramCredentialsRequest['deletions'][number]

/** Hash functions by mechanism, as KIP-554 numbers them. */
const HASH: ReadonlyMap<number, 'sha256' | 'sha512'> = new Map([
  [1, 'sha256'],
  [2, 'sha512'],
])
const ITERATIONS = { min: 4096, max: 16_384 }

/** Sets and removes SCRAM credentials, each user whole or not at all (fact B86). */
export function alterUserScramCredentials(
  image: MetadataImage,
  { deletions, upsertions }: AlterUserScramCredentialsRequest,
): Decision<Response> {
  const problems = new Map<string, Refusal>()
  const seen = new Set<string>()
  const check = (named: Named, problemOf: () => Refusal | undefined): void => {
    const problem = seen.has(scramKey(named)) ? twice : (problemOfMechanism(image, named) ?? problemOf())
    seen.add(scramKey(named))
    if (problem !== undefined && !problems.has(named.name)) problems.set(named.name, problem)
  }
  for (const deletion of deletions) check(deletion, () => problemOfDeletion(image, deletion))
  for (const upsertion of upsertions) check(upsertion, () => problemOfIterations(upsertion))

  const fine = ({ name }: Named) => !problems.has(name)
  const records: MetadataRecord[] = [
    ...deletions
      .filter(fine)
      .map(({ name, mechanism }) => record('RemoveUserScramCredentialRecord', 0, { name, mechanism })),
    ...upsertions.filter(fine).map(credential),
  ]
  const users = new Set([...deletions, ...upsertions].map(({ name }) => name))
  const results = [...users].map((user) => {
    const { code, message } = problems.get(user) ?? { code: ErrorCode.NONE, message: null }
    return { user, errorCode: code, errorMessage: message }
  })
  return { records, response: { throttleTimeMs: 0, results } }
}

const twice = new Refusal(ErrorCode.DUPLICATE_RESOURCE, 'the request changes this credential more than once')

function problemOfMechanism({ features }: MetadataImage, { name, mechanism }: Named): Refusal | undefined {
  if (features.metadataVersion < METADATA_VERSION.SCRAM)
    return new Refusal(ErrorCode.UNSUPPORTED_VERSION, 'the metadata.version of this cluster has no SCRAM credentials')
  if (name === '') return new Refusal(ErrorCode.UNACCEPTABLE_CREDENTIAL, 'the name of the user is empty')
  if (!HASH.has(mechanism))
    return new Refusal(ErrorCode.UNSUPPORTED_SASL_MECHANISM, `there is no SCRAM mechanism ${mechanism}`)
  return undefined
}

function problemOfDeletion({ security }: MetadataImage, named: Named): Refusal | undefined {
  if (security.scram.has(scramKey(named))) return undefined
  return new Refusal(ErrorCode.RESOURCE_NOT_FOUND, 'the user has no such credential')
}

function problemOfIterations({ iterations }: Upsertion): Refusal | undefined {
  const { min, max } = ITERATIONS
  if (iterations >= min && iterations <= max) return undefined
  return new Refusal(ErrorCode.UNACCEPTABLE_CREDENTIAL, `${iterations} iterations: expected ${min} to ${max}`)
}

/** What the server needs to check a client by (RFC 5802): the salted password itself is not kept. */
function credential({ name, mechanism, iterations, salt, saltedPassword }: Upsertion): MetadataRecord {
  const hash = HASH.get(mechanism)!
  const keyed = (text: string) => createHmac(hash, saltedPassword).update(text).digest()
  const storedKey = createHash(hash).update(keyed('Client Key')).digest()
  const serverKey = keyed('Server Key')
  return record('UserScramCredentialRecord', 0, { name, mechanism, salt, storedKey, serverKey, iterations })
}
