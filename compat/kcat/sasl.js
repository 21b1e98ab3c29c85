import { saslScenarios } from '../lib/sasl.js'
import { kcat, startKcat } from './client.js'

const asUser = ({ mechanism, username, password }) =>
  ['security.protocol=SASL_PLAINTEXT', `sasl.mechanism=${mechanism}`]
    .concat([`sasl.username=${username}`, `sasl.password=${password}`])
    .flatMap((property) => ['-X', property])

await saslScenarios('kcat', {
  async roundTrip(bootstrap, topic, sasl, values) {
    await kcat(bootstrap, ['-P', '-t', topic, ...asUser(sasl)], { input: `${values.join('\n')}\n` })
    const text = await kcat(bootstrap, ['-C', '-t', topic, '-q', '-e', ...asUser(sasl)])
    return text.split('\n').filter(Boolean)
  },

  async refusal(bootstrap, sasl) {
    const token = sasl.mechanism === 'OAUTHBEARER' ? ['-X', 'enable.sasl.oauthbearer.unsecure.jwt=true'] : []
    const named = ['-X', 'sasl.oauthbearer.config=principal=alice']
    const more = token.length > 0 ? [...token, ...named] : []
    const { code, stderr } = await startKcat(bootstrap, ['-L', '-m', '1', ...asUser(sasl), ...more]).result
    if (code === 0) throw new Error(`kcat came in as ${sasl.username}`)
    return /SASL \S+ error: .*?(?= \(after)/.exec(stderr)?.[0] ?? stderr
  },
})
