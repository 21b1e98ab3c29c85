/** What a login module is told, as one entry of a JAAS configuration says it. */
export interface JaasEntry {
  /** Name of a Java class. */
  readonly module: string
  readonly options: ReadonlyMap<string, string>
}

/** A text that is no JAAS configuration. The message leaves out what may be secret. */
export class JaasError extends Error {
  override name = 'JaasError'
}

const FLAGS = ['required', 'requisite', 'sufficient', 'optional']
/** Blanks and comments. One blank at a time: there is one way only to read many of them. */
const BLANKS = /(?:\s|\/\/[^\n]*|\/\*[\s\S]*?\*\/)*/y
/** A word, what stands in quotes, or one character. */
const TOKEN = /([\w.$+/:@-]+)|"((?:\\[\s\S]|[^"\\\n])*)"|'((?:\\[\s\S]|[^'\\\n])*)'|([\s\S])/y
/** Names that are told back; what stands in their place by mistake may be a part of a password. */
const TOLD = /^(?:username|password|user_[\w.@-]+)$/
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f' }

interface Token {
  /** Without quotes. */
  readonly name: string | undefined
  /** With or without; undefined for a sign that stands for itself. */
  readonly word: string | undefined
  readonly sign: string | undefined
}

/**
 * Reads `<module> <flag> (<option>=<value>)*;`, the one entry that sasl.jaas.config holds (KIP-85). Throws JaasError.
 */
export function parseJaas(text: string): JaasEntry {
  const tokens = tokensOf(text)
  const module = tokens.shift()?.name
  if (module === undefined) throw new JaasError('expected a login module, such as PlainLoginModule, first')
  const flag = tokens.shift()?.name?.toLowerCase()
  if (flag === undefined || !FLAGS.includes(flag))
    throw new JaasError(`expected one of ${FLAGS.join(', ')} behind the login module`)
  const options = new Map<string, string>()
  for (;;) {
    const token = tokens.shift()
    if (token?.sign === ';') break
    if (token === undefined) throw new JaasError(`the entry of ${module} does not end with a semicolon`)
    const { name } = token
    if (name === undefined) throw new JaasError(`expected an option of ${module}, or a semicolon`)
    const isAssigned = tokens.shift()?.sign === '='
    const value = isAssigned ? tokens.shift()?.word : undefined
    if (value === undefined) throw new JaasError(withoutValue(name))
    options.set(name, value)
  }
  if (tokens.length > 0) throw new JaasError(`there is more than one login module; only ${module} was expected`)
  return { module, options }
}

const withoutValue = (name: string): string =>
  TOLD.test(name)
    ? `the option ${name} has no value; write ${name}="..."`
    : 'an option has no value; write option="..."'

function tokensOf(text: string): Token[] {
  const tokens: Token[] = []
  for (let at = behind(BLANKS, text, 0); at < text.length; at = behind(BLANKS, text, TOKEN.lastIndex)) {
    TOKEN.lastIndex = at
    const [, name, double, single, sign] = TOKEN.exec(text)!
    if (sign === '"' || sign === "'") throw new JaasError('a quotation mark is not closed')
    const quoted = double ?? single
    tokens.push({ name, word: name ?? (quoted === undefined ? undefined : unescaped(quoted)), sign })
  }
  return tokens
}

function behind(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at
  pattern.test(text)
  return pattern.lastIndex
}

const unescaped = (text: string): string =>
  text.replace(/\\([0-7]{1,3}|[\s\S])/g, (_, what: string) =>
    /^[0-7]/.test(what) ? String.fromCharCode(Number.parseInt(what, 8) & 0xff) : (ESCAPES[what] ?? what),
  )
