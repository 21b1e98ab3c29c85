/** Where a client's side of an exchange has led to. */
export type SaslStep =
  | { readonly kind: 'challenge'; readonly token: Buffer }
  | { readonly kind: 'done'; readonly token: Buffer; readonly user: string }
  /** `message`: what the client may know; undefined where it is told no more than that its credentials are wrong. */
  | { readonly kind: 'failed'; readonly message?: string }

/** The server's side of one SASL exchange: takes the client's tokens, one after the other. */
export interface SaslExchange {
  step(token: Buffer): SaslStep
}

export const failed = (message?: string): SaslStep =>
  message === undefined ? { kind: 'failed' } : { kind: 'failed', message }
