import { canonicalAddress } from '../base/ip-address.ts'
import { ACL_CODES, type Acl } from '../metadata/acls.ts'

const { PATTERN_TYPE, OPERATION, PERMISSION, WILDCARD } = ACL_CODES

/** What an allowed operation allows beside itself. A denied one denies nothing else (KIP-11, KIP-133). */
const ALLOWED_BY: ReadonlyMap<number, ReadonlySet<number>> = new Map([
  [OPERATION.DESCRIBE, new Set<number>([OPERATION.READ, OPERATION.WRITE, OPERATION.DELETE, OPERATION.ALTER])],
  [OPERATION.DESCRIBE_CONFIGS, new Set<number>([OPERATION.ALTER_CONFIGS])],
])

/** Who asks, as entries name it. */
export interface Asker {
  /** `User:alice`, and `User:*` for everybody. */
  readonly principals: readonly string[]
  readonly host: string
}

/** What the entries of a resource say to a question; `unknown`: there are none at all for this resource. */
export type Verdict = 'allowed' | 'denied' | 'unknown'

interface Rule {
  readonly name: string
  readonly isPrefix: boolean
  readonly host: string
  readonly operation: number
  readonly allows: boolean
}

type ByPrincipal = Map<string, Rule[]>

/** Entries about one type of resource. */
class TypeIndex {
  readonly literal = new Map<string, ByPrincipal>()
  readonly prefixed = new Map<string, ByPrincipal>()
  readonly byPrincipal: ByPrincipal = new Map()
  /** Lengths of the prefixes: a name is looked up once for each. */
  readonly prefixLengths = new Set<number>()

  add(principal: string, rule: Rule): void {
    const { name, isPrefix } = rule
    const byName = isPrefix ? this.prefixed : this.literal
    if (isPrefix) this.prefixLengths.add(name.length)
    let ofResource = byName.get(name)
    if (ofResource === undefined) {
      ofResource = new Map()
      byName.set(name, ofResource)
    }
    push(ofResource, principal, rule)
    push(this.byPrincipal, principal, rule)
  }

  /** The entries that apply to a resource of this name, whomever they are about. */
  *of(name: string): Generator<ByPrincipal> {
    const literal = this.literal.get(name)
    if (literal) yield literal
    const wildcard = name === WILDCARD ? undefined : this.literal.get(WILDCARD)
    if (wildcard) yield wildcard
    for (const length of this.prefixLengths) {
      const prefixed = length <= name.length ? this.prefixed.get(name.slice(0, length)) : undefined
      if (prefixed) yield prefixed
    }
  }
}

function push(map: ByPrincipal, principal: string, rule: Rule): void {
  const rules = map.get(principal)
  if (rules) rules.push(rule)
  else map.set(principal, [rule])
}

const NONE: readonly Rule[] = []

/** All entries of a cluster, so that a question looks at those of its resource and its principal alone. */
export class AclIndex {
  readonly #types = new Map<number, TypeIndex>()

  constructor(acls: Iterable<Acl>) {
    for (const { resourceType, resourceName, patternType, principal, host, operation, permissionType } of acls) {
      let type = this.#types.get(resourceType)
      if (type === undefined) {
        type = new TypeIndex()
        this.#types.set(resourceType, type)
      }
      type.add(principal, {
        name: resourceName,
        isPrefix: patternType === PATTERN_TYPE.PREFIXED,
        host: canonicalAddress(host),
        operation,
        allows: permissionType === PERMISSION.ALLOW,
      })
    }
  }

  /** One entry that denies it outweighs all that allow it. */
  verdict({ principals, host }: Asker, operation: number, resourceType: number, name: string): Verdict {
    let verdict: Verdict = 'unknown'
    for (const byPrincipal of this.#types.get(resourceType)?.of(name) ?? []) {
      if (verdict === 'unknown') verdict = 'denied'
      for (const principal of principals) {
        for (const rule of byPrincipal.get(principal) ?? NONE) {
          if (!isFrom(rule, host) || !isAbout(rule, operation)) continue
          if (!rule.allows) return 'denied'
          verdict = 'allowed'
        }
      }
    }
    return verdict
  }

  /** Whether there can be a resource of this type that no entry is about. */
  leavesOut(resourceType: number): boolean {
    return this.#types.get(resourceType)?.literal.has(WILDCARD) !== true
  }

  /** Whether there can be a resource of this type on which the operation is allowed (KIP-679). */
  isAllowedSomewhere({ principals, host }: Asker, operation: number, resourceType: number): boolean {
    const byPrincipal = this.#types.get(resourceType)?.byPrincipal
    const rules = principals
      .flatMap((principal) => byPrincipal?.get(principal) ?? NONE)
      .filter((rule) => isFrom(rule, host) && (rule.operation === operation || rule.operation === OPERATION.ALL))
    const denied = rules.filter(({ allows }) => !allows)
    if (denied.some(isWildcard)) return false
    const names = new Set(denied.flatMap(({ name, isPrefix }) => (isPrefix ? [] : name)))
    const prefixes = new Set(denied.flatMap(({ name, isPrefix }) => (isPrefix ? name : [])))
    return rules.some((rule) => {
      if (!rule.allows) return false
      return isWildcard(rule) || !((!rule.isPrefix && names.has(rule.name)) || startsWithOne(rule.name, prefixes))
    })
  }
}

const isWildcard = ({ name, isPrefix }: Rule): boolean => !isPrefix && name === WILDCARD

const isFrom = (rule: Rule, host: string): boolean => rule.host === WILDCARD || rule.host === host

function isAbout(rule: Rule, operation: number): boolean {
  if (rule.operation === operation || rule.operation === OPERATION.ALL) return true
  return rule.allows && ALLOWED_BY.get(operation)?.has(rule.operation) === true
}

function startsWithOne(name: string, prefixes: ReadonlySet<string>): boolean {
  for (let length = 1; prefixes.size > 0 && length <= name.length; length++)
    if (prefixes.has(name.slice(0, length))) return true
  return false
}
