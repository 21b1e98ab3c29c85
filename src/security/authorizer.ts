import { ErrorCode, ProtocolError } from '../../protocol/errors.ts'
import { canonicalAddress } from '../base/ip-address.ts'
import { ACL_CODES, type Acl } from '../metadata/acls.ts'
import type { SecurityImage } from '../metadata/image.ts'
import { AclIndex, type Asker } from './acl-index.ts'
import { type SecurityConfig, superUsersOf } from './config.ts'
import { type Principal, principalText } from './principal.ts'

const { OPERATION, RESOURCE_TYPE } = ACL_CODES
/** What may be allowed or not; `ALL` is for entries. */
export type Operation = Exclude<keyof typeof OPERATION, 'ANY' | 'ALL' | 'LAST'>
export type ResourceType = Exclude<keyof typeof RESOURCE_TYPE, 'ANY' | 'LAST'>

/** In the principal of an entry: everybody. */
const EVERYBODY = 'User:*'

/** Who asks, and from where. */
export interface Requester {
  readonly principal: Principal
  readonly host: string
}

export interface AuthorizerOptions {
  /** `User:alice`: may do everything, whatever the entries say. */
  readonly superUsers: ReadonlySet<string>
  /** allow.everyone.if.no.acl.found: what no entry is about may be done by anybody. */
  readonly allowsUnlisted: boolean
  /** The entries as this node knows them now; undefined as long as it has not read them all. */
  acls(): SecurityImage['acls'] | undefined
}

/** What the configuration asks for; undefined where everybody may do everything. */
export function authorizerOf(config: SecurityConfig, acls: AuthorizerOptions['acls']): Authorizer | undefined {
  if (config['authorizer.class.name'] === '') return undefined
  return new Authorizer({
    superUsers: new Set(superUsersOf(config['super.users'])),
    allowsUnlisted: config['allow.everyone.if.no.acl.found'],
    acls,
  })
}

/** Apache Kafka's StandardAuthorizer (KIP-801): who may do what, by the entries in the metadata image. */
export class Authorizer {
  readonly #options: AuthorizerOptions
  #indexed: SecurityImage['acls'] | undefined
  #index = new AclIndex([])

  constructor(options: AuthorizerOptions) {
    this.#options = options
  }

  /** @throws ProtocolError where the entries are not known yet, for all but super users */
  isAllowed(requester: Requester, operation: Operation, resourceType: ResourceType, name: string): boolean {
    if (this.#isSuperUser(requester)) return true
    const verdict = this.#acls().verdict(askerOf(requester), OPERATION[operation], RESOURCE_TYPE[resourceType], name)
    return verdict === 'allowed' || (verdict === 'unknown' && this.#options.allowsUnlisted)
  }

  /** Whether it is allowed on any resource of the type, existing or not (KIP-679). */
  isAllowedSomewhere(requester: Requester, operation: Operation, resourceType: ResourceType): boolean {
    if (this.#isSuperUser(requester)) return true
    const acls = this.#acls()
    const type = RESOURCE_TYPE[resourceType]
    if (this.#options.allowsUnlisted && acls.leavesOut(type)) return true
    return acls.isAllowedSomewhere(askerOf(requester), OPERATION[operation], type)
  }

  #isSuperUser({ principal }: Requester): boolean {
    return this.#options.superUsers.has(principalText(principal))
  }

  /** Images are immutable: equal entries are the same map. */
  #acls(): AclIndex {
    const acls = this.#options.acls()
    // As AuthorizerNotReadyException shows to a client.
    if (acls === undefined) throw new ProtocolError(ErrorCode.UNKNOWN_SERVER_ERROR, 'the ACLs are not known yet')
    if (acls !== this.#indexed) {
      this.#index = new AclIndex(acls.values() as Iterable<Acl>)
      this.#indexed = acls
    }
    return this.#index
  }
}

const askerOf = ({ principal, host }: Requester): Asker => ({
  principals: [principalText(principal), EVERYBODY],
  host: canonicalAddress(host),
})
