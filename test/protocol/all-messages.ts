import { readdirSync } from 'node:fs'
import { type AnyMessage, Message } from '../../protocol/schema/message.ts'

const ROOT = new URL('../../protocol/', import.meta.url)
const NOT_DEFINITIONS = ['schema/', 'wire/', 'compression/', 'records/', 'index.']

/** Every message that a file of `protocol/` exports, by name. */
export async function allMessages(): Promise<Map<string, AnyMessage>> {
  const messages = new Map<string, AnyMessage>()
  const files = readdirSync(ROOT, { recursive: true, encoding: 'utf8' }).filter((file) => /(?<!\.d)\.[jt]s$/.test(file))
  for (const file of files) {
    if (NOT_DEFINITIONS.some((part) => file.includes(part))) continue
    const exported = (await import(new URL(file, ROOT).href)) as Record<string, unknown>
    for (const value of Object.values(exported)) if (value instanceof Message) messages.set(value.name, value)
  }
  return messages
}

export const versionsOf = (message: AnyMessage): number[] =>
  Array.from({ length: message.newest - message.oldest + 1 }, (_, i) => message.oldest + i)
