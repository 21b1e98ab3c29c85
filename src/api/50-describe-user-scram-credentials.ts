/**
 * DescribeUserScramCredentials: v0
 *
 * Behavior
 * - Mechanisms and iterations of the named users, null or none for all; never their keys (KIP-554).
 * - A user without credentials is RESOURCE_NOT_FOUND, one that is named twice DUPLICATE_RESOURCE; each by itself.
 */
import {
  DescribeUserScramCredentialsRequest,
  DescribeUserScramCredentialsResponse,
} from '../../protocol/api/50-describe-user-scram-credentials.ts'
import { ErrorCode, errorMessage } from '../../protocol/errors.ts'
import type { MetadataImage } from '../metadata/image.ts'
import type { RecordValue } from '../metadata/record.ts'
import { handlerFor } from './handler.ts'
import type { Services } from './services.ts'

const { NONE, RESOURCE_NOT_FOUND, DUPLICATE_RESOURCE } = ErrorCode

export const describeUserScramCredentials = (services: Services) =>
  handlerFor(DescribeUserScramCredentialsRequest, DescribeUserScramCredentialsResponse, {
    key: 50,
    versions: [0, 0],
    needs: 'DESCRIBE',

    handle({ users }) {
      const byUser = credentialsOf(services.image())
      const times = new Map<string, number>()
      for (const { name } of users ?? []) times.set(name, (times.get(name) ?? 0) + 1)
      const wanted = times.size > 0 ? times.keys() : byUser.keys()
      const results = [...wanted].map((user) => {
        const credentialInfos = times.get(user)! > 1 ? undefined : byUser.get(user)
        const missing = times.get(user)! > 1 ? DUPLICATE_RESOURCE : RESOURCE_NOT_FOUND
        const errorCode = credentialInfos === undefined ? missing : NONE
        const message = errorCode === NONE ? null : errorMessage(errorCode)
        return { user, errorCode, errorMessage: message, credentialInfos: credentialInfos ?? [] }
      })
      return { throttleTimeMs: 0, errorCode: NONE, errorMessage: null, results }
    },

    refuse: (_request, errorCode) => ({
      throttleTimeMs: 0,
      errorCode,
      errorMessage: errorMessage(errorCode),
      results: [],
    }),
  })

type CredentialInfo = { mechanism: number; iterations: number }

function credentialsOf({ security }: MetadataImage): Map<string, CredentialInfo[]> {
  const byUser = new Map<string, CredentialInfo[]>()
  for (const value of security.scram.values()) {
    const { name, mechanism, iterations } = value as RecordValue<'UserScramCredentialRecord'>
    byUser.set(name, [...(byUser.get(name) ?? []), { mechanism, iterations }])
  }
  for (const infos of byUser.values()) infos.sort((one, other) => one.mechanism - other.mechanism)
  return byUser
}
