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
/** Blanks and comments, then a word, what stands in quotes, or one character. */
const TOKEN =
  /(?:\s+|\/\/[^\n]*|\/\*[\s\S]*?\*\/)*(?:([\w.$+/:@-]+)|"((?:\\[\s\S]|[^"\\\n])*)"|'((?:\\[\s\S]|[^'\\\n])*)'|([\s\S]))/y
const REST = /(?:\s+|\/\/[^\n]*|\/\*[\s\S]*?\*\/)*$/y
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f' }

interface Token {
  /** Undefined for a sign that stands for itself. */
  readonly word: string | undefined
  readonly sign: string | undefined
}

/**
 * Reads `<module> <flag> (<option>=<value>)*;`, the one entry that sasl.jaas.config holds (KIP-85). Throws JaasError.
 */
export function parseJaas(text: string): JaasEntry {
  const tokens = tokensOf(text)
  const module = tokens.shift()?.word
  if (module === undefined) throw new JaasError('expected a login module, such as PlainLoginModule, first')
  const flag = tokens.shift()?.word?.toLowerCase()
  if (flag === undefined || !FLAGS.includes(flag))
    throw new JaasError(`expected one of ${FLAGS.join(', ')} behind ${module}`)
  const options = new Map<string, string>()
  for (;;) {
    const token = tokens.shift()
    if (token?.sign === ';') break
    if (token === undefined) throw new JaasError(`the entry of ${module} does not end with a semicolon`)
    if (token.word === undefined) throw new JaasError(`expected an option of ${module}, or a semicolon`)
    const isAssigned = tokens.shift()?.sign === '='
    const value = isAssigned ? tokens.shift()?.word : undefined
    if (value === undefined) throw new JaasError(`the option ${token.word} has no value; write ${token.word}="..."`)
    options.set(token.word, value)
  }
  if (tokens.length > 0) throw new JaasError(`there is more than one login module; only ${module} was expected`)
  return { module, options }
}

function tokensOf(text: string): Token[] {
  const tokens: Token[] = []
  let at = 0
  for (;;) {
    REST.lastIndex = at
    if (REST.test(text)) return tokens
    TOKEN.lastIndex = at
    const [, word, double, single, sign] = TOKEN.exec(text)!
    at = TOKEN.lastIndex
    if (sign === '"' || sign === "'") throw new JaasError('a quotation mark is not closed')
    const quoted = double ?? single
    tokens.push({ word: word ?? (quoted === undefined ? undefined : unescaped(quoted)), sign })
  }
}

const unescaped = (text: string): string =>
  text.replace(/\\([0-7]{1,3}|[\s\S])/g, (_, what: string) =>
    /^[0-7]/.test(what) ? String.fromCharCode(Number.parseInt(what, 8) & 0xff) : (ESCAPES[what] ?? what),
  )
