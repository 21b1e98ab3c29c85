import type { AskedApi, Peer } from '../raft/types.ts'

type RequestOf<Key extends AskedApi['apiKey']> = Extract<AskedApi, { readonly apiKey: Key }>['request']
type ResponseOf<Key extends AskedApi['apiKey']> = Extract<AskedApi, { readonly apiKey: Key }>['response']

/** The way to the other nodes of the quorum. */
export interface QuorumPeers {
  /**
   * Sends in the highest version that both sides know, and resolves with the answer. Rejects after `timeoutMs`, or when
   * there is no connection; with ProtocolError UNSUPPORTED_VERSION where the request cannot be said in any common one,
   * with NetworkError ECONNREFUSED where nobody listens.
   */
  send<Key extends AskedApi['apiKey']>(
    to: Peer,
    apiKey: Key,
    body: RequestOf<Key>,
    options: { readonly timeoutMs: number },
  ): Promise<ResponseOf<Key>>
  close(): void
}
