import { saslScenarios } from '../lib/sasl.js'
import { connect } from './client.js'

const asUser = ({ mechanism, username, password }) => {
  if (mechanism !== 'OAUTHBEARER') return { mechanism: mechanism.toLowerCase(), username, password }
  return { mechanism: 'oauthbearer', oauthBearerProvider: async () => ({ value: 'token' }) }
}

await saslScenarios('kafkajs', {
  async roundTrip(bootstrap, topic, sasl, values) {
    const kafka = connect(bootstrap, { sasl: asUser(sasl) })
    const producer = kafka.producer()
    await producer.connect()
    await producer.send({ topic, messages: values.map((value) => ({ value })) })
    await producer.disconnect()
    const consumer = kafka.consumer({ groupId: topic })
    await consumer.connect()
    await consumer.subscribe({ topic, fromBeginning: true })
    const received = []
    await new Promise((resolve, reject) => {
      const eachMessage = async ({ message }) => {
        if (received.push(message.value.toString()) === values.length) resolve()
      }
      consumer.run({ eachMessage }).catch(reject)
    })
    await consumer.disconnect()
    return received
  },

  async refusal(bootstrap, sasl) {
    const admin = connect(bootstrap, { sasl: asUser(sasl), retry: { retries: 0 } }).admin()
    try {
      await admin.connect()
    } catch (error) {
      return error.message
    } finally {
      await admin.disconnect()
    }
    throw new Error(`kafkajs came in as ${sasl.username}`)
  },
})
