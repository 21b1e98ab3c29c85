// A group member that says when it has a partition and then waits to be killed.  node ghost.js BOOTSTRAP GROUP TOPIC
import { connect } from './client.js'

const [bootstrap, groupId, topic] = process.argv.slice(2)
const consumer = connect(bootstrap).consumer({
  groupId,
  sessionTimeout: 6000,
  heartbeatInterval: 300,
  maxWaitTimeInMs: 100,
})
consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
  if (payload.memberAssignment[topic]?.length) console.log('joined')
})
await consumer.connect()
await consumer.subscribe({ topic, fromBeginning: true })
await consumer.run({ eachMessage: async () => {} })
