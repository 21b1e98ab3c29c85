/** Whom a quota is for: names by type, sorted by type; null is the default of that type (KIP-546). */
export type QuotaEntity = ReadonlyMap<string, string | null>

export const QUOTA_ENTITY = { USER: 'user', CLIENT_ID: 'client-id', IP: 'ip' } as const

interface EntityPart {
  readonly entityType: string
  readonly entityName: string | null
}

export const quotaEntityOf = (parts: readonly EntityPart[]): QuotaEntity =>
  new Map(
    parts
      .map(({ entityType, entityName }) => [entityType, entityName] as const)
      .sort(([one], [other]) => (one < other ? -1 : 1)),
  )

/** The key that the image has quotas of an entity under. */
export const quotaKey = (entity: QuotaEntity): string => JSON.stringify([...entity])

/** The inverse of `quotaKey`. */
export const entityOfQuotaKey = (key: string): QuotaEntity => new Map(JSON.parse(key) as [string, string | null][])

/** An entity as requests and records have it. */
export const quotaEntityParts = (entity: QuotaEntity): { entityType: string; entityName: string | null }[] =>
  [...entity].map(([entityType, entityName]) => ({ entityType, entityName }))
