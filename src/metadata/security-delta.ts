import { quotaEntityOf, quotaKey } from './client-quotas.ts'
import type { SecurityImage } from './image.ts'
import type { PersistentMap } from './persistent-map.ts'
import type { RecordValue } from './record.ts'

/** Quotas, credentials, ACL entries and tokens. Few change at a time, so each record makes a new image. */
export class SecurityDelta {
  #quotas: PersistentMap<ReadonlyMap<string, number>>
  #scram: PersistentMap<unknown>
  #acls: PersistentMap<unknown>
  #tokens: PersistentMap<unknown>

  constructor(image: SecurityImage) {
    this.#quotas = image.quotas as PersistentMap<ReadonlyMap<string, number>>
    this.#scram = image.scram as PersistentMap<unknown>
    this.#acls = image.acls as PersistentMap<unknown>
    this.#tokens = image.tokens as PersistentMap<unknown>
  }

  setQuota({ entity, key, value, remove }: RecordValue<'ClientQuotaRecord'>): void {
    const name = quotaKey(quotaEntityOf(entity))
    const values = new Map(this.#quotas.get(name))
    if (remove) values.delete(key)
    else values.set(key, value)
    this.#quotas = values.size === 0 ? this.#quotas.without(name) : this.#quotas.with(name, values)
  }

  setScram(record: RecordValue<'UserScramCredentialRecord'>): void {
    this.#scram = this.#scram.with(scramKey(record), record)
  }

  removeScram(record: { name: string; mechanism: number }): void {
    this.#scram = this.#scram.without(scramKey(record))
  }

  setAcl(record: RecordValue<'AccessControlEntryRecord'>): void {
    this.#acls = this.#acls.with(record.id, record)
  }

  removeAcl({ id }: { id: string }): void {
    this.#acls = this.#acls.without(id)
  }

  setToken(record: RecordValue<'DelegationTokenRecord'>): void {
    this.#tokens = this.#tokens.with(record.tokenId, record)
  }

  removeToken({ tokenId }: { tokenId: string }): void {
    this.#tokens = this.#tokens.without(tokenId)
  }

  apply(): SecurityImage {
    return { quotas: this.#quotas, scram: this.#scram, acls: this.#acls, tokens: this.#tokens }
  }
}

/** The key that the image has a credential under. */
export const scramKey = ({ name, mechanism }: { name: string; mechanism: number }): string => `${mechanism}:${name}`
