const PLAIN = 'org.apache.kafka.common.security.plain.PlainLoginModule required'

/** Every listener asks, and every node comes in at the others by a password; so does this user, with `<user>-secret`. */
export function saslCluster(mechanisms: string, user: string) {
  const jaas = `${PLAIN} username="node" password="node-secret" user_node="node-secret" user_${user}="${user}-secret";`
  return {
    'listener.security.protocol.map': 'PLAINTEXT:SASL_PLAINTEXT,CONTROLLER:SASL_PLAINTEXT',
    'inter.broker.listener.name': 'PLAINTEXT',
    'sasl.enabled.mechanisms': mechanisms,
    'sasl.mechanism.inter.broker.protocol': 'PLAIN',
    'sasl.mechanism.controller.protocol': 'PLAIN',
    'listener.name.plaintext.plain.sasl.jaas.config': jaas,
    'listener.name.controller.plain.sasl.jaas.config': jaas,
  }
}
