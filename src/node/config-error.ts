/** A configuration that cannot be used. The message is one plain sentence for whoever started the broker. */
export class ConfigError extends Error {
  override name = 'ConfigError'
}
