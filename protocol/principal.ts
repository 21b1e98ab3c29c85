import { message } from './schema/message.ts'
import { boolean, string } from './schema/types.ts'

/**
 * The principal inside an Envelope, as Kafka's default principal builder serializes it: an int16 version, then this
 * (KIP-590).
 */

export const DefaultPrincipalData = message(
  'DefaultPrincipalData',
  { versions: [0, 0], flexible: 0 },
  {
    type: string,
    name: string,
    tokenAuthenticated: boolean,
  },
)
export type DefaultPrincipalData = typeof DefaultPrincipalData.T
