/**
 * DescribeClientQuotas: v0-1
 *
 * Behavior
 * - Quotas as the image has them, of entities that match all components; strict: and that have no other part (KIP-546).
 * - A component of no type, a type twice, a match that does not fit its kind, and addresses together with users or
 *   clients are INVALID_REQUEST; a type that does not exist is UNSUPPORTED_VERSION.
 * - Quotas are kept and told, and not enforced yet.
 *
 * Version notes
 * - v1 flexible.
 */
import {
  DescribeClientQuotasRequest,
  DescribeClientQuotasResponse,
} from '../../protocol/api/48-describe-client-quotas.ts'
import { ErrorCode, errorMessage, ProtocolError } from '../../protocol/errors.ts'
import { entityOfQuotaKey, QUOTA_ENTITY, type QuotaEntity, quotaEntityParts } from '../metadata/client-quotas.ts'
import { handlerFor } from './handler.ts'
import type { Services } from './services.ts'

type Component = DescribeClientQuotasRequest['components'][number]

const MATCH = { EXACT: 0, DEFAULT: 1, ANY: 2 } as const
const TYPES: readonly string[] = Object.values(QUOTA_ENTITY)

export const describeClientQuotas = (services: Services) =>
  handlerFor(DescribeClientQuotasRequest, DescribeClientQuotasResponse, {
    key: 48,
    versions: [0, 1],
    needs: 'DESCRIBE_CONFIGS',

    handle({ components, strict }) {
      check(components)
      const found = [...services.image().security.quotas].flatMap(([key, values]) => {
        const entity = entityOfQuotaKey(key)
        if (!matches(entity, components, strict)) return []
        return { entity: quotaEntityParts(entity), values: [...values].map(([key, value]) => ({ key, value })) }
      })
      // Without components, strict asks for entities without parts, of which there are none.
      return { throttleTimeMs: 0, errorCode: ErrorCode.NONE, errorMessage: null, entries: found }
    },

    refuse: (_request, errorCode) => ({
      throttleTimeMs: 0,
      errorCode,
      errorMessage: errorMessage(errorCode),
      entries: null,
    }),
  })

function check(components: readonly Component[]): void {
  const { INVALID_REQUEST, UNSUPPORTED_VERSION } = ErrorCode
  const types = new Set(components.map(({ entityType }) => entityType))
  if (types.has('') || types.size < components.length) throw new ProtocolError(INVALID_REQUEST)
  for (const { entityType, matchType, match } of components) {
    if (!TYPES.includes(entityType)) throw new ProtocolError(UNSUPPORTED_VERSION)
    const known = matchType >= MATCH.EXACT && matchType <= MATCH.ANY
    if (!known || (matchType === MATCH.EXACT) === (match === null)) throw new ProtocolError(INVALID_REQUEST)
  }
  if (types.has(QUOTA_ENTITY.IP) && types.size > 1) throw new ProtocolError(INVALID_REQUEST)
}

function matches(entity: QuotaEntity, components: readonly Component[], strict: boolean): boolean {
  if (strict && entity.size !== components.length) return false
  return components.every(({ entityType, matchType, match }) => {
    const name = entity.get(entityType)
    return name !== undefined && (matchType === MATCH.ANY || name === match)
  })
}
