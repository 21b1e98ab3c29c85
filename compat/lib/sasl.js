// What every client has to get out of a listener that asks who comes: in with the right password, and told why not.
import assert from 'node:assert/strict'
import { run, Skip, scenario } from './runner.js'

const PLAIN = 'org.apache.kafka.common.security.plain.PlainLoginModule required'
const PASSWORD = 'p=ss, w"rd'
const QUOTED = PASSWORD.replaceAll('"', '\\"')

export const MECHANISMS = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512']

/**
 * `roundTrip(bootstrap, topic, sasl, values)` produces and gives what was consumed; `refusal(bootstrap, sasl)` gives
 * what the client says when it is not let in. `sasl`: { mechanism, username, password }.
 */
export async function saslScenarios(client, { roundTrip, refusal }) {
  const needsOwnBroker = ({ external }) => {
    if (external) throw new Skip('this needs a broker whose listener asks for SASL')
  }
  for (const mechanism of MECHANISMS) {
    const right = { mechanism, username: 'alice', password: mechanism === 'PLAIN' ? PASSWORD : 'wonderland' }
    scenario(`${mechanism}: produce and consume with the right password`, async ({ broker, bootstrap, unique }) => {
      needsOwnBroker(broker)
      const values = Array.from({ length: 50 }, (_, i) => `value ${i}`)
      assert.deepEqual(await roundTrip(bootstrap, unique('sasl'), right, values), values)
    })
    scenario(`${mechanism}: a wrong password and an unknown user are told the same`, async ({ broker, bootstrap }) => {
      needsOwnBroker(broker)
      const wrong = await refusal(bootstrap, { ...right, password: 'guess' })
      assert.match(wrong, /Authentication failed/)
      assert.equal(await refusal(bootstrap, { ...right, username: 'nobody' }), wrong)
    })
  }
  scenario('a mechanism that is not enabled is refused', async ({ broker, bootstrap }) => {
    needsOwnBroker(broker)
    const said = await refusal(bootstrap, { mechanism: 'OAUTHBEARER', username: 'alice', password: 'x' })
    assert.match(said, /mechanism/)
  })
  await run(`${client} with SASL`, {
    brokerConfig: {
      'listener.security.protocol.map': 'PLAINTEXT:SASL_PLAINTEXT',
      'sasl.enabled.mechanisms': MECHANISMS.join(),
      'connections.max.reauth.ms': '30000',
      'listener.name.plaintext.plain.sasl.jaas.config': `${PLAIN} user_alice="${QUOTED}";`,
    },
    scramUsers: ['SCRAM-SHA-256', 'SCRAM-SHA-512'].map((name) => `${name}=[name=alice,password=wonderland]`),
  })
}
