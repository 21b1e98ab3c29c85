import type {
  AlterUserScramCredentialsRequest,
  AlterUserScramCredentialsResponse,
} from '../../protocol/api/51-alter-user-scram-credentials.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import type { MetadataRecord } from '../../protocol/metadata/index.ts'
import { METADATA_VERSION } from '../metadata/features.ts'
import type { MetadataImage } from '../metadata/image.ts'
import { record } from '../metadata/record.ts'
import { credentialOf, SCRAM_ITERATIONS, scramMechanism } from '../metadata/scram.ts'
import { scramKey } from '../metadata/security-delta.ts'
import type { Decision } from './ports.ts'
import { Refusal } from './refusal.ts'

type Response = typeof AlterUserScramCredentialsResponse.Input
type Upsertion = AlterUserScramCredentialsRequest['upsertions'][number]
type Named = AlterUserScramCredentialsRequest['deletions'][number]

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
  if (scramMechanism(mechanism) === undefined)
    return new Refusal(ErrorCode.UNSUPPORTED_SASL_MECHANISM, `there is no SCRAM mechanism ${mechanism}`)
  return undefined
}

function problemOfDeletion({ security }: MetadataImage, named: Named): Refusal | undefined {
  if (security.scram.has(scramKey(named))) return undefined
  return new Refusal(ErrorCode.RESOURCE_NOT_FOUND, 'the user has no such credential')
}

function problemOfIterations({ iterations }: Upsertion): Refusal | undefined {
  const { min, max } = SCRAM_ITERATIONS
  if (iterations >= min && iterations <= max) return undefined
  return new Refusal(ErrorCode.UNACCEPTABLE_CREDENTIAL, `${iterations} iterations: expected ${min} to ${max}`)
}

/** Of a mechanism that there is. */
function credential({ name, mechanism, iterations, salt, saltedPassword }: Upsertion): MetadataRecord {
  const kept = credentialOf(scramMechanism(mechanism)!, saltedPassword, salt, iterations)
  return record('UserScramCredentialRecord', 0, { name, mechanism, ...kept })
}
