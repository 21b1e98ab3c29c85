import type { Random } from '../base/random.ts'
import { SECURITY_PROTOCOLS } from '../net/listener.ts'
import type { Login } from '../net/login.ts'
import { saslLogin } from '../security/login.ts'
import { clientCredentials, SaslConfigError } from '../security/sasl-settings.ts'
import { ConfigError } from './config-error.ts'

/**
 * How a client comes in, from the properties that Apache Kafka's tools take as --command-config; undefined where it is
 * asked nothing. Keys that say nothing of it are passed over. Throws ConfigError.
 */
export function clientLogin(properties: Readonly<Record<string, string>>, random: Random): Login | undefined {
  const protocol = (properties['security.protocol'] ?? 'PLAINTEXT').trim().toUpperCase()
  if (protocol === 'PLAINTEXT') return undefined
  if (protocol !== 'SASL_PLAINTEXT') {
    const known = (SECURITY_PROTOCOLS as readonly string[]).includes(protocol)
    throw new ConfigError(
      `security.protocol=${protocol} ${known ? 'is not spoken yet' : 'is none'}: PLAINTEXT and SASL_PLAINTEXT are.`,
    )
  }
  try {
    return saslLogin(clientCredentials(properties), random)
  } catch (cause) {
    if (!(cause instanceof SaslConfigError)) throw cause
    throw new ConfigError(cause.message, { cause })
  }
}
