import { existsSync, readFileSync } from 'node:fs'
import t from 'tap'
import { netConfig } from '../../src/net/config.ts'

const FACTS = '../shared/kafka/broker-configs.json'

/** Ours on purpose: we listen on the loopback addresses unless told otherwise. */
const DIFFERENT_DEFAULT = ['listeners']
/** Changed in 4.0 (fact N-H11) or 4.2 (fact N-H2). Listeners neither come nor go while we run, so those are fixed. */
const DIFFERENT_SINCE: Record<string, { type?: string; update?: string }> = {
  listeners: { type: 'list', update: 'read-only' },
  'listener.security.protocol.map': { update: 'read-only' },
  'advertised.listeners': { type: 'list', update: 'read-only' },
}

interface Fact {
  name: string
  type: string
  default: string | null
  update: string
  validator?: { kind: string; min?: number; max?: number }
}

t.test('keys are as Kafka has them', { skip: !existsSync(FACTS) }, async (t) => {
  const facts = new Map((JSON.parse(readFileSync(FACTS, 'utf8')) as Fact[]).map((fact) => [fact.name, fact]))
  for (const [name, key] of Object.entries(netConfig)) {
    const fact = facts.get(name)
    if (!t.ok(fact, `${name} is Kafka's`) || fact === undefined) continue
    t.equal(key.type, DIFFERENT_SINCE[name]?.type ?? fact.type, `${name}: type`)
    t.equal(key.update, DIFFERENT_SINCE[name]?.update ?? fact.update, `${name}: update`)
    if (!DIFFERENT_DEFAULT.includes(name)) t.equal(key.format(key.default as never), fact.default, `${name}: default`)
    if (fact.validator?.kind === 'range') t.equal(key.min, fact.validator.min, `${name}: min`)
  }
})
