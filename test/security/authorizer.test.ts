import fc from 'fast-check'
import t from 'tap'
import { ErrorCode } from '../../protocol/errors.ts'
import { ACL_CODES, type Acl } from '../../src/metadata/acls.ts'
import { PersistentMap } from '../../src/metadata/persistent-map.ts'
import { Authorizer, type AuthorizerOptions, type Operation } from '../../src/security/authorizer.ts'
import { userPrincipal } from '../../src/security/principal.ts'

const { RESOURCE_TYPE, PATTERN_TYPE, OPERATION, PERMISSION } = ACL_CODES
const { ALLOW, DENY } = PERMISSION
const { LITERAL, PREFIXED } = PATTERN_TYPE

const READ_T: Acl = {
  resourceType: RESOURCE_TYPE.TOPIC,
  resourceName: 't',
  patternType: LITERAL,
  principal: 'User:alice',
  host: '*',
  operation: OPERATION.READ,
  permissionType: ALLOW,
}

const mapOf = (acls: readonly Acl[]) => PersistentMap.from(acls.map((acl, i) => [String(i), acl] as const))

function authorizerOf(acls: readonly Partial<Acl>[], options: Partial<AuthorizerOptions> = {}) {
  const map = mapOf(acls.map((acl) => ({ ...READ_T, ...acl })))
  return new Authorizer({ superUsers: new Set(), allowsUnlisted: false, acls: () => map, ...options })
}

const alice = { principal: userPrincipal('alice'), host: '10.0.0.1' }
const bob = { principal: userPrincipal('bob'), host: '10.0.0.2' }

t.test('nobody may do what no entry allows, unless allow.everyone.if.no.acl.found; super users may', async (t) => {
  t.notOk(authorizerOf([]).isAllowed(alice, 'READ', 'TOPIC', 't'))
  const lenient = authorizerOf([{}], { allowsUnlisted: true })
  t.ok(lenient.isAllowed(bob, 'READ', 'TOPIC', 'unlisted'))
  t.notOk(lenient.isAllowed(bob, 'READ', 'TOPIC', 't'), 'an entry about it, of whomever, ends that')
  t.notOk(lenient.isAllowed(alice, 'ALTER', 'TOPIC', 't'))
  const strict = authorizerOf([{ permissionType: DENY, principal: 'User:*', operation: OPERATION.ALL }], {
    superUsers: new Set(['User:bob']),
  })
  t.ok(strict.isAllowed(bob, 'READ', 'TOPIC', 't'))
  t.notOk(strict.isAllowed({ ...bob, principal: { ...bob.principal, type: 'Robot' } }, 'READ', 'TOPIC', 't'))
})

t.test('literal, prefixed and wildcard names', async (t) => {
  const names = (acl: Partial<Acl>) =>
    ['', 't', 'tt', 'ttt', 'u', '*'].filter((name) => authorizerOf([acl]).isAllowed(alice, 'READ', 'TOPIC', name))
  t.same(names({}), ['t'])
  t.same(names({ resourceName: 'tt', patternType: PREFIXED }), ['tt', 'ttt'])
  t.same(names({ resourceName: '*' }), ['', 't', 'tt', 'ttt', 'u', '*'])
  t.same(names({ resourceName: '*', patternType: PREFIXED }), ['*'])
  t.same(names({ resourceName: '*', resourceType: RESOURCE_TYPE.GROUP }), [])
})

t.test('principals and hosts', async (t) => {
  const may = (acl: Partial<Acl>, who = alice) => authorizerOf([acl]).isAllowed(who, 'READ', 'TOPIC', 't')
  t.ok(may({ principal: 'User:*' }, bob))
  t.notOk(may({ principal: 'Group:alice' }))
  t.notOk(may({ principal: 'User:ali' }))
  t.ok(may({ host: '10.0.0.1' }))
  t.notOk(may({ host: '10.0.0.2' }))
  t.notOk(may({ host: '10.0.0.' }))
  t.ok(may({ host: '0:0:0:0:0:0:0:1' }, { ...alice, host: '::1' }), 'as Java writes it')
  t.ok(may({ host: '::1' }, { ...alice, host: '0:0:0:0:0:0:0:1' }))
})

t.test('DENY outweighs ALLOW, however each of them names the resource', async (t) => {
  for (const resourceName of ['t', '*'] as const) {
    const deny = { resourceName, permissionType: DENY }
    for (const acls of [
      [{}, deny],
      [deny, { resourceName: '*' }],
      [deny, { patternType: PREFIXED }],
    ])
      t.notOk(authorizerOf(acls).isAllowed(alice, 'READ', 'TOPIC', 't'))
  }
  const others = authorizerOf([
    {},
    { principal: 'User:bob', permissionType: DENY },
    { host: '1.1.1.1', permissionType: DENY },
  ])
  t.ok(others.isAllowed(alice, 'READ', 'TOPIC', 't'))
})

t.test('what an allowed operation implies, and a denied one does not', async (t) => {
  const implied = (operation: number, permissionType: number = ALLOW) => {
    const all = { resourceName: '*', operation: OPERATION.ALL }
    const authorizer = authorizerOf(permissionType === ALLOW ? [{ operation }] : [all, { operation, permissionType }])
    return (['READ', 'DESCRIBE', 'DESCRIBE_CONFIGS', 'ALTER_CONFIGS'] as const).filter((asked) =>
      authorizer.isAllowed(alice, asked, 'TOPIC', 't'),
    )
  }
  for (const name of ['WRITE', 'DELETE', 'ALTER', 'DESCRIBE'] as const)
    t.same(implied(OPERATION[name]), ['DESCRIBE'], name)
  t.same(implied(OPERATION.READ), ['READ', 'DESCRIBE'])
  t.same(implied(OPERATION.ALTER_CONFIGS), ['DESCRIBE_CONFIGS', 'ALTER_CONFIGS'])
  t.same(implied(OPERATION.CREATE), [])
  t.same(implied(OPERATION.ALL), ['READ', 'DESCRIBE', 'DESCRIBE_CONFIGS', 'ALTER_CONFIGS'])
  t.same(implied(OPERATION.READ, DENY), ['DESCRIBE', 'DESCRIBE_CONFIGS', 'ALTER_CONFIGS'])
  t.same(implied(OPERATION.ALL, DENY), [])
})

t.test('before the entries are known only super users may do anything', async (t) => {
  const starting = authorizerOf([], { superUsers: new Set(['User:bob']), allowsUnlisted: true, acls: () => undefined })
  t.ok(starting.isAllowed(bob, 'CLUSTER_ACTION', 'CLUSTER', 'kafka-cluster'))
  t.ok(starting.isAllowedSomewhere(bob, 'WRITE', 'TOPIC'))
  t.throws(() => starting.isAllowed(alice, 'READ', 'TOPIC', 't'), { code: ErrorCode.UNKNOWN_SERVER_ERROR })
  t.throws(() => starting.isAllowedSomewhere(alice, 'WRITE', 'TOPIC'), { code: ErrorCode.UNKNOWN_SERVER_ERROR })
})

t.test('an image with other entries is answered by those', async (t) => {
  let acls = mapOf([READ_T])
  const authorizer = authorizerOf([], { acls: () => acls })
  t.ok(authorizer.isAllowed(alice, 'READ', 'TOPIC', 't'))
  acls = acls.without('0')
  t.notOk(authorizer.isAllowed(alice, 'READ', 'TOPIC', 't'))
})

t.test('ten thousand entries: a question looks at those of its resource and principal', async (t) => {
  const acls = Array.from({ length: 10_000 }, (_, i) => ({
    ...READ_T,
    resourceName: `topic-${i % 1000}`,
    principal: `User:${i}`,
    patternType: i % 2 === 0 ? LITERAL : PREFIXED,
  }))
  let looks = 0
  const entries = mapOf(acls)
  const values = entries.values.bind(entries)
  entries.values = () => {
    looks++
    return values()
  }
  const authorizer = authorizerOf([], { acls: () => entries })
  for (let i = 0; i < 10_000; i++) {
    const requester = { principal: userPrincipal(String(i)), host: '1.1.1.1' }
    if (!authorizer.isAllowed(requester, 'DESCRIBE', 'TOPIC', `topic-${i % 1000}`)) return t.fail(`user ${i}`)
    if (authorizer.isAllowed(requester, 'DESCRIBE', 'TOPIC', `copit-${i % 1000}`)) return t.fail(`user ${i}`)
  }
  t.equal(looks, 1)
})

const NAMES = ['', 'a', 'b'].flatMap((x) => ['', 'a', 'b'].flatMap((y) => ['', 'a', 'b'].map((z) => x + y + z)))
const OPERATIONS = ['READ', 'WRITE', 'DESCRIBE', 'ALTER_CONFIGS', 'DESCRIBE_CONFIGS'] as const
const someAcl = fc.record({
  resourceType: fc.constantFrom(RESOURCE_TYPE.TOPIC, RESOURCE_TYPE.GROUP),
  resourceName: fc.constantFrom('a', 'b', 'aa', 'ab', 'ba', 'aab', '*'),
  patternType: fc.constantFrom(LITERAL, PREFIXED),
  principal: fc.constantFrom('User:alice', 'User:bob', 'User:*'),
  host: fc.constantFrom('*', '10.0.0.1'),
  operation: fc.constantFrom(OPERATION.ALL, ...OPERATIONS.map((name) => OPERATION[name])),
  permissionType: fc.constantFrom(ALLOW, ALLOW, DENY),
})

/** As the rules are told, entry by entry. */
function naive(acls: readonly Acl[], name: string, operation: Operation, lenient: boolean): boolean {
  const about = acls.filter(
    ({ resourceType, resourceName, patternType }) =>
      resourceType === RESOURCE_TYPE.TOPIC &&
      (patternType === PREFIXED ? name.startsWith(resourceName) : resourceName === name || resourceName === '*'),
  )
  if (about.length === 0) return lenient
  const mine = about.filter(
    ({ principal, host }) => ['User:alice', 'User:*'].includes(principal) && ['*', '10.0.0.1'].includes(host),
  )
  const has = (codes: readonly string[], permission: number) =>
    mine.some(
      (acl) =>
        acl.permissionType === permission &&
        (acl.operation === OPERATION.ALL || codes.some((code) => OPERATION[code as Operation] === acl.operation)),
    )
  const implying = { DESCRIBE: ['READ', 'WRITE', 'DELETE', 'ALTER'], DESCRIBE_CONFIGS: ['ALTER_CONFIGS'] }
  const others = implying[operation as keyof typeof implying] ?? []
  return !has([operation], DENY) && has([operation, ...others], ALLOW)
}

t.test('property: as a naive evaluator has it, entry by entry', async (t) => {
  fc.assert(
    fc.property(fc.array(someAcl, { maxLength: 8 }), fc.boolean(), (acls, allowsUnlisted) => {
      const authorizer = authorizerOf(acls, { allowsUnlisted })
      for (const operation of OPERATIONS) {
        const allowed = NAMES.filter((name) => authorizer.isAllowed(alice, operation, 'TOPIC', name))
        t.same(
          allowed,
          NAMES.filter((name) => naive(acls, name, operation, allowsUnlisted)),
          operation,
        )
      }
    }),
    { numRuns: 500 },
  )
})

t.test('KIP-679: allowed somewhere is allowed on one of all possible names', async (t) => {
  // Long enough that a name is among them which entries of up to three letters are not about, literally.
  const all = [...new Set([...NAMES.slice(1), ...NAMES.flatMap((name) => [`${name}zzzz`, `${name}abab`])])]
  fc.assert(
    fc.property(fc.array(someAcl, { maxLength: 8 }), fc.boolean(), (acls, allowsUnlisted) => {
      const authorizer = authorizerOf(acls, { allowsUnlisted })
      for (const operation of ['READ', 'WRITE'] as const) {
        const somewhere = all.some((name) => naive(acls, name, operation, allowsUnlisted))
        // A prefix `*` begins no name of these.
        const starred = acls.some(({ patternType, resourceName }) => patternType === PREFIXED && resourceName === '*')
        if (!starred) t.equal(authorizer.isAllowedSomewhere(alice, operation, 'TOPIC'), somewhere)
      }
    }),
    { numRuns: 500 },
  )
})
